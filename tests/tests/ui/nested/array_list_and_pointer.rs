use varpack::{AnyArray, MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    step: u64,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    a: AnyArray,
    #[varpack(nested)]
    c: Box<Inner>,
    #[varpack(nested)]
    d: Vec<MmapArray1<f32>>,
}

fn main() {}
