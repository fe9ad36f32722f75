use std::collections::{BTreeMap, HashSet};
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    y: BTreeMap<String, HashSet<u64>>,
}

fn main() {}
