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

fn is_varpack<T: Varpack>() {}

fn main() {
    is_varpack::<Tree<u64>>();
}
