//! What need not be read is not read: fields that are skipped always, or by this caller, stay in the
//! folder as they are.

use serde::{Deserialize, Serialize};
use std::error::Error;
use varpack::{LoadOptions, MmapArray2, SaveOptions, Varpack};

#[derive(Varpack)]
struct Training {
    #[varpack(mmap)]
    weights: MmapArray2<f32>,
    step: u64,
    /// In a pickle of its own, so that it can be left out of a load.
    #[varpack(separate, default)]
    history: Vec<Epoch>,
    /// Written for people and never read back.
    #[varpack(skip_load)]
    notes: String,
    /// Of this process only.
    #[varpack(skip)]
    cache: Vec<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Epoch {
    loss: f64,
    seconds: f32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("training");

    Training {
        weights: MmapArray2::from(ndarray::Array2::ones((64, 64))),
        step: 1000,
        history: vec![Epoch { loss: 0.7, seconds: 12.5 }, Epoch { loss: 0.4, seconds: 12.1 }],
        notes: "the learning rate was too high at first".to_owned(),
        cache: vec![1, 2, 3],
    }
    .save(&folder)?;

    // This caller has no use for the history: its field has its default, and the file is not opened.
    let mut training =
        Training::load_with(&folder, &LoadOptions::new().skip(["history"]))?;
    print!("{}", training.report());
    assert!(training.history.is_empty() && training.notes.is_empty() && training.cache.is_empty());

    training.step += 1;
    training.save()?; // knows what was skipped: history and notes stay in the folder
    let training = Training::load(&folder)?;
    assert_eq!(training.step, 1001);
    assert_eq!(training.history.len(), 2);
    let mean = training.history.iter().map(|epoch| epoch.loss).sum::<f64>() / 2.0;
    println!("step {}, mean loss {mean}: the history was kept", training.step);

    // A `skip_load` field is written when it has a value of its own, or when it has to be.
    training.save_with(&folder, &SaveOptions::new().overwrite_field("notes"))?;
    println!("the notes are empty now");
    Ok(())
}
