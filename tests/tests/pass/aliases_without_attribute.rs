use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::option::Option;
use std::string::String;
use std::vec::Vec;
use varpack::{MmapArray1, Varpack};

type Weights = MmapArray1<f32>;
type Samples = Vec<f32>;
type Names = BTreeMap<String, Option<Samples>>;

/// A value of its own, whatever it holds.
#[derive(Serialize, Deserialize)]
struct Table {
    weights: Weights,
    lists: Vec<Weights>,
}

#[derive(Serialize, Deserialize)]
enum Either {
    Left(Weights),
    Right(Samples),
}

#[derive(Varpack)]
struct Run {
    samples: Samples,
    names: Names,
    table: Table,
    tables: Vec<Table>,
    either: Option<Either>,
    nothing: PhantomData<Weights>,
    pair: (Weights, u8),
    #[varpack(separate)]
    weights: Weights,
    #[varpack(skip)]
    cache: Option<Weights>,
}

#[derive(Varpack)]
struct Generic<T, const N: usize> {
    value: T,
    list: Vec<T>,
    samples: Samples,
}

#[derive(Varpack)]
struct Lifetime<'a> {
    samples: Samples,
    #[varpack(skip, default = "nothing")]
    borrowed: &'a [f32],
}

fn nothing<'a>() -> &'a [f32] {
    &[]
}

#[derive(Varpack, Serialize, Deserialize)]
struct Tree {
    children: Vec<Self>,
    more: Vec<Tree>,
    samples: Samples,
}

fn main() {}
