use std::collections::BTreeMap;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: BTreeMap<String, Vec<f32>>,
}

fn main() {}
