use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    a: Option<Vec<f32>>,
    #[varpack(npy)]
    b: [f32; 3],
}

fn main() {}
