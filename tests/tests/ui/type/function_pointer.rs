use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate)]
    x: fn(f64) -> f64,
}

fn main() {}
