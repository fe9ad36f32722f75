use std::collections::HashMap;
use varpack::Varpack;

struct Epoch;

#[derive(Varpack)]
struct Run {
    a: Epoch,
    #[varpack(separate)]
    b: HashMap<String, Epoch>,
    #[varpack(skip_load)]
    c: Vec<Epoch>,
    #[varpack(skip_save)]
    d: Option<Epoch>,
}

fn main() {}
