use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: Option<Vec<f32>>,
}

fn main() {}
