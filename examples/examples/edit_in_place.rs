//! The modes of a load: edit the file itself (`r+`), edit a private copy and save it (`c`), only read
//! (`r`), or read into memory.

use ndarray::Array1;
use std::error::Error;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Varpack};

#[derive(Varpack)]
struct Signal {
    #[varpack(mmap)]
    samples: MmapArray1<f64>,
    rate: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().join("signal");
    Signal { samples: Array1::linspace(0.0, 1.0, 1_000_000).into(), rate: 48_000 }.save(&folder)?;
    let first = || Ok::<_, varpack::Error>(Signal::load(&folder)?.samples[0]);

    // r+, the default: what is written is in the file at once, and on the disk after `flush`.
    let mut signal = Signal::load(&folder)?;
    assert!(signal.samples.is_mapped());
    signal.samples.view_mut()?[0] = 7.0;
    signal.samples.view_mut()?.slice_mut(ndarray::s![1..]).mapv_inplace(|sample| -sample);
    signal.flush()?;
    drop(signal);
    println!("r+: the file's first sample is {}", first()?);

    // c: what is written stays here until a save, which brings all of it to the folder or nothing.
    let options = LoadOptions::new().mode(Mode::CopyOnWrite);
    let mut signal = Signal::load_with(&folder, &options)?;
    signal.samples.view_mut()?[0] = 8.0;
    signal.rate = 96_000;
    println!("c:  before the save it is {}", first()?);
    signal.save()?;
    println!("c:  after the save it is {}", first()?);
    drop(signal);

    // r: nothing can be written.
    let options = LoadOptions::new().mode(Mode::ReadOnly);
    let mut signal = Signal::load_with(&folder, &options)?;
    if let Err(refused) = signal.samples.view_mut() {
        assert_eq!(refused.kind(), ErrorKind::ReadOnly);
        println!("r:  {refused}");
    }
    println!("    {} samples at {} Hz", signal.samples.len(), signal.rate);
    Ok(())
}
