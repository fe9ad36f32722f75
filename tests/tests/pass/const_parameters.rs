use varpack::{MmapArray1, Varpack};

#[derive(serde::Serialize, serde::Deserialize)]
struct Window<const N: usize>;

#[derive(Varpack)]
struct Run<T, const N: usize, const FLAG: bool = true> {
    #[varpack(mmap)]
    array: MmapArray1<T>,
    window: Window<N>,
    #[varpack(skip, default = "start::<N>")]
    start: usize,
}

fn start<const N: usize>() -> usize {
    N
}

fn is_varpack<T: varpack::PackFields>() {}

fn main() {
    is_varpack::<Run<f32, 3>>();
}
