use std::collections::BTreeMap;
use std::boxed::Box;
use std::option::Option;
use std::string::String;
use std::vec::Vec;
use varpack::{ArrayOr, MmapArray2, Varpack};

type Images = MmapArray2<u8>;
type Split = BTreeMap<String, Images>;
type Samples = Vec<f32>;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: Images,
    #[varpack(mmap)]
    split: Split,
    #[varpack(mmap)]
    stages: Vec<Images>,
    #[varpack(mmap)]
    mixed: Option<Vec<ArrayOr<Images, u64>>>,
    #[varpack(mmap)]
    boxed: Box<Vec<Box<Images>>>,
    #[varpack(npy)]
    samples: Samples,
}

fn main() {}
