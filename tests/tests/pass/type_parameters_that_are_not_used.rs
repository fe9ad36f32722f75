use std::marker::PhantomData;
use varpack::Varpack;

#[derive(Varpack)]
struct Run<T, U: std::default::Default> {
    marker: PhantomData<T>,
    #[varpack(skip)]
    cache: U,
}

struct Anything;

fn is_varpack<T: varpack::PackFields>() {}

fn no_bound_on_a_marker<U: std::default::Default>() {
    is_varpack::<Run<Anything, U>>();
}

fn main() {}
