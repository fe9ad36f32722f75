use varpack::Varpack;

#[derive(Varpack)]
#[varpack(bound = "T: Clone")]
struct Run<T> {
    x: T,
}

fn main() {}
