use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, skip_save)]
    x: Vec<f64>,
}

fn main() {}
