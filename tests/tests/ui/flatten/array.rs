use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(flatten)]
    inner: Inner,
    #[varpack(flatten)]
    x: MmapArray1<f32>,
    #[varpack(flatten)]
    y: Option<MmapArray1<f32>>,
    #[varpack(flatten)]
    z: std::collections::BTreeMap<String, MmapArray1<f32>>,
    #[varpack(flatten)]
    xs: Vec<MmapArray1<f32>>,
    #[varpack(flatten)]
    ys: Vec<ndarray::Array1<f32>>,
}

fn main() {}
