use std::collections::BTreeMap;
use varpack::Varpack;

#[derive(Varpack)]
struct Layer {
    depth: u64,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: BTreeMap<String, Layer>,
}

fn main() {}
