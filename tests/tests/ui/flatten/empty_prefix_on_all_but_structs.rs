use std::collections::BTreeMap;
use std::sync::Arc;
use varpack::Varpack;

#[derive(Varpack)]
struct Inner {
    step: u64,
}

#[derive(Varpack)]
struct Run {
    #[varpack(flatten(prefix = ""))]
    a: Option<Inner>,
    #[varpack(flatten(prefix = ""))]
    b: BTreeMap<String, Inner>,
    #[varpack(flatten(prefix = ""))]
    c: Box<Vec<Inner>>,
    #[varpack(flatten(prefix = ""))]
    d: Arc<Option<Inner>>,
    // This has one struct.
    #[varpack(flatten(prefix = ""))]
    e: Arc<Inner>,
}

fn main() {}
