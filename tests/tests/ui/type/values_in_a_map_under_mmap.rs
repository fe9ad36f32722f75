use std::collections::{BTreeMap, HashSet};
use varpack::{AnyArray, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: BTreeMap<String, AnyArray>,
    #[varpack(mmap)]
    y: BTreeMap<String, HashSet<u64>>,
}

fn main() {}
