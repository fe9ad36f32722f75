use std::collections::BTreeMap;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(flatten)]
    a: String,
    #[varpack(flatten)]
    b: BTreeMap<String, String>,
}

fn main() {}
