//! A training loop: a model of layers, an optimizer with moments by name, arrays of two dtypes, and a kill in between.
//! Each array has a file of its own, so that a checkpoint writes what has changed, and loads map it.

use ndarray::{Array2, ArrayView2, Zip};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use varpack::field::MapKey;
use varpack::{
    AnyArray, LoadOptions, Loaded, MmapArray1, MmapArray2, SaveAction, SaveOptions, Varpack,
};

#[derive(Varpack)]
struct Run {
    /// `model.layers.0.kernel.npy`, `model.layers.0.bias.npy`, …
    #[varpack(flatten)]
    model: Model,
    #[varpack(flatten)]
    optimizer: Adam,
    /// Whatever dtype each has.
    #[varpack(mmap)]
    data: BTreeMap<String, AnyArray>,
    step: u64,
}

#[derive(Varpack)]
struct Model {
    #[varpack(flatten)]
    layers: Vec<Layer>,
}

#[derive(Varpack)]
struct Layer {
    #[varpack(mmap)]
    kernel: MmapArray2<f32>,
    #[varpack(mmap)]
    bias: MmapArray1<f32>,
    is_frozen: bool,
}

#[derive(Varpack)]
struct Adam {
    rate: f32,
    #[varpack(mmap)]
    moments: BTreeMap<Moment, MmapArray2<f32>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    First,
    Second,
}

impl MapKey for Moment {
    fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::First => "first".into(),
            Self::Second => "second".into(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::First, Self::Second].into_iter().find(|moment| moment.to_text() == text)
    }
}

/// What another library holds is saved from where it lies.
#[derive(Varpack)]
#[varpack(save_only)]
struct Weights<'a> {
    #[varpack(mmap)]
    kernels: BTreeMap<&'a str, ArrayView2<'a, f32>>,
}

fn new_run() -> Result<Run, varpack::Error> {
    let layer = |is_frozen| Layer {
        kernel: MmapArray2::from(Array2::from_elem((64, 64), 0.5)),
        bias: MmapArray1::zeros(64),
        is_frozen,
    };
    let moment = || MmapArray2::zeros((64, 64));
    Ok(Run {
        model: Model { layers: vec![layer(true), layer(false)] },
        optimizer: Adam {
            rate: 0.01,
            moments: [(Moment::First, moment()), (Moment::Second, moment())].into(),
        },
        data: BTreeMap::from([
            ("labels".to_owned(), MmapArray1::<i64>::zeros(1000).try_into()?),
            ("images".to_owned(), MmapArray2::<u8>::zeros((1000, 784)).try_into()?),
        ]),
        step: 0,
    })
}

fn train(run: &mut Run) -> varpack::Result<()> {
    let rate = run.optimizer.rate;
    let Some(first) = run.optimizer.moments.get_mut(&Moment::First) else { return Ok(()) };
    for layer in run.model.layers.iter_mut().filter(|layer| !layer.is_frozen) {
        Zip::from(layer.kernel.view_mut()?).and(first.view_mut()?).for_each(|weight, moment| {
            *moment = 0.9 * *moment + 0.1 * *weight;
            *weight -= rate * *moment;
        });
    }
    run.step += 1;
    Ok(())
}

fn resume(folder: &Path) -> varpack::Result<Loaded<Run>> {
    if !folder.exists() {
        new_run()?.save(folder)?;
    }
    Run::load_with(folder, &LoadOptions::new())
}

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("run");
    for _ in 0..2 {
        // Maps the arrays: nothing reaches the folder but by `save`, and a run that is killed goes on from there.
        let mut run = resume(&folder)?;
        for _ in 0..5 {
            train(&mut run)?;
        }
        let report = run.save_with(&SaveOptions::new())?;
        println!("step {}:\n{report}", run.step);
        let is_kept = |name: &str| {
            report.entries().iter().any(|it| it.variable == name && it.action == SaveAction::Kept)
        };
        assert!(is_kept("model.layers.0.kernel") && is_kept("data") && run.step % 5 == 0);
    }

    let run = Run::load(&folder)?;
    let names = ["encoder", "decoder"];
    let kernels = run.model.layers.iter().map(|layer| layer.kernel.view());
    Weights { kernels: names.into_iter().zip(kernels).collect() }
        .save(temporary.path().join("weights"))?;
    let labels = run.data.get("labels").ok_or("no labels")?;
    println!("step {}, and {} labels", run.step, labels.view::<i64, ndarray::Ix1>()?.len());
    Ok(())
}
