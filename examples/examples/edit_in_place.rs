//! The ways to change an array: edit a private copy and save it (`load`, mode `c`), or edit the file itself (`edit`, mode `r+`); and
//! to be kept from it (mode `r`).

use ndarray::Array1;
use std::error::Error;
use std::thread;
use std::time::Duration;
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

    // c, the default: what is written stays here until a save, which brings all of it to the folder or nothing.
    let mut signal = Signal::load_with(&folder, &LoadOptions::new())?;
    assert!(signal.samples.is_mapped());
    signal.samples.view_mut()?[0] = 8.0;
    signal.rate = 96_000;
    println!("c:  before the save the file's first sample is {}", first()?);
    signal.save()?;
    println!("c:  after the save it is {}", first()?);
    drop(signal);

    // r+: what is written is in the file at once, and on the disk after `flush`. While others have the folder loaded, it waits.
    let reader = Signal::load(&folder)?;
    let mut signal = Signal::edit(&folder)?;
    if let Err(busy) = signal.samples.view_mut() {
        println!("r+: {busy}");
    }
    let reading = thread::spawn(move || println!("    {} samples were read", reader.samples.len()));
    let mut samples = signal.samples.view_mut_wait(Duration::from_secs(60))?;
    samples[0] = 7.0;
    samples.slice_mut(ndarray::s![1..]).mapv_inplace(|sample| -sample);
    signal.flush()?;
    drop(signal);
    reading.join().map_err(|_| "the reader panicked")?;
    println!("r+: it is {}", first()?);

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
