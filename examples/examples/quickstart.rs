//! The main job: load a folder that a Python program wrote, compute on its mapped arrays, save the
//! results beside them, load again.
//!
//! ```sh
//! cargo run --example quickstart              # into target/quickstart
//! cargo run --example quickstart -- my/folder
//! ```

use ndarray::{Array2, ArrayView1, Axis, s};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use varpack::{LoadOptions, MmapArray1, MmapArray2, MmapArray3, Mode, Varpack};

/// The UCI handwritten digits, as the Python program saved them, and what we add.
#[derive(Varpack)]
struct Digits {
    /// 1,797 images of 8 x 8 pixels from 0 to 16.
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    /// The digit that each shows.
    #[varpack(mmap)]
    target: MmapArray1<i64>,
    target_names: Vec<u8>,
    description: String,
    /// In Python a dictionary: its arrays have files of their own.
    #[varpack(nested)]
    split: Split,
    /// Not in the Python program's folder: one row of 64 pixels a digit.
    #[varpack(mmap)]
    class_means: Option<MmapArray2<f32>>,
    /// What was run on the data, in a pickle of its own.
    #[varpack(separate, default)]
    runs: Vec<Run>,
}

#[derive(Varpack)]
struct Split {
    #[varpack(mmap)]
    train: MmapArray2<f32>,
    #[varpack(mmap)]
    test: MmapArray2<f32>,
    seed: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    method: String,
    images: usize,
    accuracy: f64,
    unix_time: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let input = root.join("data/digits");
    let output =
        std::env::args_os().nth(1).map_or_else(|| root.join("../target/quickstart"), PathBuf::from);

    // Read-only, for nothing is to change in the folder that came with the project.
    let mut digits = Digits::load_with(&input, &LoadOptions::new().mode(Mode::ReadOnly))?;
    println!("Loaded the Python program's folder:\n\n{}", digits.report());
    println!("{}\n", digits.description.lines().nth(2).unwrap_or_default());

    let means = class_means(&digits);
    let accuracy = accuracy(&digits, &means);
    println!(
        "The nearest class mean of {} training images names {:.1} % of {} test images right.\n",
        digits.split.train.nrows(),
        100.0 * accuracy,
        digits.split.test.nrows(),
    );

    let run = Run {
        method: "nearest class mean".to_owned(),
        images: digits.split.test.nrows(),
        accuracy,
        unix_time: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    digits.runs.push(run);
    digits.class_means = Some(means.into());
    digits.save_to(&output)?;

    let again = Digits::load(&output)?;
    assert_eq!(again.images, digits.images);
    assert_eq!(again.target, digits.target);
    assert_eq!(again.target_names, digits.target_names);
    assert_eq!(again.split.seed, digits.split.seed);
    assert_eq!(again.class_means, digits.class_means);
    assert_eq!(again.runs, digits.runs);
    println!("Saved, loaded again and compared: all is as it was. On disk:\n");
    print_folder(&output)
}

/// The mean image of each digit, over the training images: the first rows of the data.
fn class_means(digits: &Digits) -> Array2<f32> {
    let train = &digits.split.train;
    let mut means = Array2::zeros((digits.target_names.len(), train.ncols()));
    for (mut mean, &name) in means.rows_mut().into_iter().zip(&digits.target_names) {
        let mut count = 0.0;
        for (image, &digit) in train.rows().into_iter().zip(&digits.target) {
            if digit == i64::from(name) {
                mean += &image;
                count += 1.0;
            }
        }
        mean /= count;
    }
    means
}

/// The share of test images whose nearest class mean is that of the digit they show.
fn accuracy(digits: &Digits, means: &Array2<f32>) -> f64 {
    let test = &digits.split.test;
    let shown = digits.target.slice(s![digits.split.train.nrows()..]);
    let right = test
        .rows()
        .into_iter()
        .zip(shown)
        .filter(|(image, digit)| {
            let nearest = nearest(means, image);
            i64::from(digits.target_names[nearest]) == **digit
        })
        .count();
    right as f64 / test.nrows() as f64
}

fn nearest(means: &Array2<f32>, image: &ArrayView1<'_, f32>) -> usize {
    let distances = (means - image).mapv(|difference| difference * difference).sum_axis(Axis(1));
    let least = distances.iter().enumerate().min_by(|left, right| left.1.total_cmp(right.1));
    least.map_or(0, |(index, _)| index)
}

fn print_folder(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut files = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        println!("{:>9}  {}", file.metadata()?.len(), file.file_name().display());
    }
    println!("\n{}", folder.display());
    Ok(())
}
