use std::fmt::Debug;
use varpack::{Element, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run<T, F>
where
    T: Element + Debug,
    for<'a> F: std::ops::Fn(&'a str) -> usize + std::default::Default,
{
    #[varpack(mmap)]
    array: MmapArray1<T>,
    #[varpack(skip)]
    measure: F,
}

fn main() {}
