use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    x: Vec<Vec<f32>>,
}

fn main() {}
