use varpack::Varpack;

#[derive(Varpack)]
#[varpack(bound = T)]
struct Run<T> {
    x: T,
}

fn main() {}
