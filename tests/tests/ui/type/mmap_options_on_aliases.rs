use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

type Array = MmapArray1<f32>;
type Name = String;
type Fold = u32;
type Folds = BTreeMap<Fold, Array>;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap(min_len = 5))]
    a: Array,
    #[varpack(mmap(int_keys))]
    b: Array,
    #[varpack(mmap(int_keys))]
    c: BTreeMap<Name, Array>,
    #[varpack(mmap(min_len = 5))]
    d: Folds,
    // These have an effect.
    #[varpack(mmap(min_len = 5))]
    e: BTreeMap<Name, Array>,
    #[varpack(mmap(min_len = 5, int_keys))]
    f: Folds,
}

fn main() {}
