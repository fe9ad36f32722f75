use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: [[f32; 4]; 4],
}

fn main() {}
