use std::collections::BTreeMap;
use varpack::{ArrayOr, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: BTreeMap<String, ArrayOr<f64, u8>>,
    #[varpack(mmap)]
    b: BTreeMap<String, ArrayOr<String, u8>>,
}

fn main() {}
