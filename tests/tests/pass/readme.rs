use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;
use varpack::{MmapArray2, MmapArray3, Varpack};

#[derive(serde::Serialize, serde::Deserialize)]
struct Epoch {
    loss: f64,
}

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray2<f32>>,
    #[varpack(separate)]
    history: Vec<Epoch>,
    #[varpack(skip_load)]
    notes: String,
    step: u64,
}

fn main() {}
