//! A state that may be larger than memory: made slice by slice in files, saved by moving them, loaded,
//! edited in place and saved again.
//!
//! ```sh
//! cargo run --release --example big_state                        # 256 MiB, removed at the end
//! cargo run --release --example big_state -- 65536 /data/volume  # 64 GiB, kept
//! ```

use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{ArrayViewMut2, s};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;
use varpack::{LoadOptions, MmapArray3, Mode, Progress, SaveOptions, Varpack};

/// A volume of `slices x SIDE x SIDE` points.
#[derive(Varpack)]
struct Volume {
    #[varpack(mmap)]
    density: MmapArray3<f32>,
    /// Along each axis.
    #[varpack(mmap)]
    velocity: BTreeMap<String, MmapArray3<f32>>,
    step: u64,
}

/// Rows and columns of a slice, which has 1 MiB.
const SIDE: usize = 512;

const AXES: [&str; 3] = ["x", "y", "z"];

impl Volume {
    /// Zeros, in files of the file system that `folder` is on or will be on.
    fn zeros_in(folder: &Path, slices: usize) -> varpack::Result<Self> {
        let zeros = || MmapArray3::zeros_in(folder, (slices, SIDE, SIDE));
        let mut velocity = BTreeMap::new();
        for axis in AXES {
            velocity.insert(axis.to_owned(), zeros()?);
        }
        Ok(Self { density: zeros()?, velocity, step: 0 })
    }

    /// The arrays, in the order of [`Volume::value`].
    fn arrays_mut(&mut self) -> impl Iterator<Item = &mut MmapArray3<f32>> {
        std::iter::once(&mut self.density).chain(self.velocity.values_mut())
    }

    /// What a row of an array holds at the beginning.
    fn value(array: usize, slice: usize, row: usize) -> f32 {
        (array * 1_000_000 + slice * 10 + row % 10) as f32
    }
}

fn fill(mut points: ArrayViewMut2<'_, f32>, array: usize, slice: usize) {
    for (row, mut points) in points.rows_mut().into_iter().enumerate() {
        points.fill(Volume::value(array, slice, row));
    }
}

fn bar(action: &'static str, bytes: u64) -> ProgressBar {
    let style = "{prefix:>5} [{bar:40}] {bytes} of {total_bytes}, {bytes_per_sec}";
    let style =
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_prefix(action).with_style(style)
}

/// For `SaveOptions::progress` and `LoadOptions::progress`. Where the user may cancel,
/// `ControlFlow::Break` ends the save or load, and the folder keeps its old state.
fn advance(bar: &ProgressBar) -> impl FnMut(Progress) -> ControlFlow<()> + Send + 'static {
    let bar = bar.clone();
    move |progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_done);
        ControlFlow::Continue(())
    }
}

fn save(volume: &Volume, folder: &Path) -> varpack::Result<()> {
    let bar = bar("save", 0);
    volume.save_with(folder, &SaveOptions::new().progress(advance(&bar)))?;
    bar.finish_and_clear();
    Ok(())
}

fn load(folder: &Path) -> varpack::Result<Volume> {
    let bar = bar("load", 0);
    let options = LoadOptions::new().mode(Mode::ReadWrite); // as `Volume::edit`: it may be larger than memory
    let volume = Volume::load_with(folder, &options.progress(advance(&bar)))?;
    bar.finish_and_clear();
    Ok(volume.into_inner())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let mebibytes: usize = match arguments.next() {
        Some(size) => size.to_str().ok_or("the size is in MiB")?.parse()?,
        None => 256,
    };
    let slices = (mebibytes / 4).max(1); // of each of the four arrays
    // Not where temporary files are: that is often memory.
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    fs::create_dir_all(&target)?;
    let temporary = tempfile::tempdir_in(target)?;
    let folder = arguments.next().map_or_else(|| temporary.path().join("volume"), PathBuf::from);

    let start = Instant::now();
    let mut volume = Volume::zeros_in(&folder, slices)?;
    let total: usize = volume.arrays_mut().map(|array| array.len() * size_of::<f32>()).sum();
    let filling = bar("fill", total as u64);
    for (number, array) in volume.arrays_mut().enumerate() {
        for (slice, points) in array.view_mut()?.outer_iter_mut().enumerate() {
            fill(points, number, slice);
            filling.inc((SIDE * SIDE * size_of::<f32>()) as u64);
        }
    }
    filling.finish_and_clear();
    println!("made {} MiB in 4 arrays: {:.1?}", total >> 20, start.elapsed());

    // Brings the bytes to the disk and moves the files into the folder; copies none.
    let start = Instant::now();
    save(&volume, &folder)?;
    println!("saved them to {}: {:.1?}", folder.display(), start.elapsed());
    drop(volume);

    let start = Instant::now();
    let mut volume = load(&folder)?;
    println!("loaded, memory-mapped: {:.1?}", start.elapsed());

    // Edits are in the files at once, and on the disk after the save, which writes nothing but the step.
    let start = Instant::now();
    let part = slices / 2..(slices / 2 + slices.div_ceil(20)).min(slices);
    volume.density.view_mut()?.slice_mut(s![part.clone(), .., ..]).mapv_inplace(|point| -point);
    volume.step += 1;
    save(&volume, &folder)?;
    println!("edited {} slices in place and saved again: {:.1?}", part.len(), start.elapsed());
    drop(volume);

    let volume = load(&folder)?;
    for (slice, points) in volume.density.outer_iter().enumerate() {
        let sign = if part.contains(&slice) { -1.0 } else { 1.0 };
        assert_eq!(points[[7, 7]], sign * Volume::value(0, slice, 7));
    }
    assert_eq!(volume.velocity["z"][[slices - 1, 0, 0]], Volume::value(3, slices - 1, 0));
    println!("checked, at step {}", volume.step);
    if let Some((resident, own)) = memory() {
        println!(
            "at most {resident} MiB were resident, with the pages of the files that the system had"
        );
        println!("left there because nobody needed the memory; {own} MiB are the program's own");
    }
    Ok(())
}

/// The most that was resident, and what is resident now and no page of a file, in MiB (proc(5)).
fn memory() -> Option<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mebibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()?.div_ceil(1024))
    };
    Some((mebibytes("VmHWM:")?, mebibytes("RssAnon:")?))
}
