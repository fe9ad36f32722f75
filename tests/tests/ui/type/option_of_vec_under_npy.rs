use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    a: Option<Vec<f32>>,
    #[varpack(npy)]
    b: [f32; 3],
    #[varpack(npy)]
    c: Option<MmapArray1<f32>>,
}

fn main() {}
