use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

type Moments = BTreeMap<String, MmapArray1<f32>>;

#[derive(Varpack)]
struct Adam {
    #[varpack(mmap)]
    m: Moments,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    adam: Adam,
}

fn main() {}
