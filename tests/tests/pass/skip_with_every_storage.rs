use std::string::String;
use std::vec::Vec;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap, skip_load)]
    a: MmapArray1<f32>,
    #[varpack(npy, skip_load)]
    b: Vec<f32>,
    #[varpack(separate, skip_load)]
    c: String,
    #[varpack(skip_save, mmap)]
    d: MmapArray1<f32>,
    #[varpack(skip_save, npy)]
    e: Vec<f32>,
    // It says that the array is a value.
    #[varpack(skip_save, separate)]
    f: MmapArray1<f32>,
}

fn main() {}
