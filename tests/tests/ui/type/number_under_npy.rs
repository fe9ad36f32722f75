use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    x: f64,
}

fn main() {}
