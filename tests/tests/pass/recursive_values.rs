use std::boxed::Box;
use std::option::Option;
use std::vec::Vec;
use varpack::Varpack;

#[derive(serde::Serialize, serde::Deserialize, Varpack)]
struct Tree<T> {
    value: T,
    #[varpack(separate)]
    children: Vec<Tree<T>>,
    parent: Option<Box<Tree<T>>>,
}

#[derive(serde::Serialize, serde::Deserialize, Varpack)]
struct Itself<T, const N: usize> {
    value: T,
    #[varpack(separate)]
    children: Vec<Self>,
    parent: Option<Box<Self>>,
    #[varpack(nested)]
    nested: Nested<Self>,
}

#[derive(serde::Serialize, serde::Deserialize, Varpack)]
struct Nested<T> {
    list: Vec<T>,
}

#[derive(serde::Serialize, serde::Deserialize, Varpack)]
struct Borrowing<'a> {
    #[serde(skip)]
    #[varpack(skip)]
    text: Option<&'a str>,
    children: Vec<Self>,
}

fn is_varpack<T: varpack::PackFields>() {}

fn main() {
    is_varpack::<Tree<u64>>();
    is_varpack::<Itself<u64, 3>>();
    is_varpack::<Borrowing<'_>>();
}
