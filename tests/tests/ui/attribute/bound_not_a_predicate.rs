use varpack::Varpack;

#[derive(Varpack)]
#[varpack(bound = "Clone")]
struct Run<T> {
    x: T,
}

fn main() {}
