use std::collections::{BTreeMap, HashMap};
use varpack::{AnyArray, MmapArray1, MmapArray2, Varpack};

type Weights = MmapArray2<f32>;
type Tensors = BTreeMap<String, AnyArray>;

trait Backend {
    type Tensor;
}

struct Mapped;

impl Backend for Mapped {
    type Tensor = MmapArray1<f32>;
}

#[derive(Varpack)]
struct Run {
    a: Weights,
    b: Option<Weights>,
    c: HashMap<String, Weights>,
    d: Vec<Weights>,
    e: Tensors,
    f: <Mapped as Backend>::Tensor,
    #[varpack(skip_save, default = "no_weights")]
    g: Weights,
}

fn no_weights() -> Weights {
    Weights::default()
}

#[derive(Varpack)]
struct Generic<T> {
    value: T,
    weights: Weights,
}

fn main() {}
