use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: Vec<Vec<f32>>,
}

fn main() {}
