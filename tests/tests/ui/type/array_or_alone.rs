use varpack::{ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    a: ArrayOr<MmapArray1<f32>, u8>,
    #[varpack(mmap)]
    b: ArrayOr<MmapArray1<f32>, u8>,
    #[varpack(mmap)]
    c: Option<ArrayOr<MmapArray1<f32>, u8>>,
    #[varpack(separate)]
    d: Vec<ArrayOr<MmapArray1<f32>, u8>>,
    #[varpack(npy)]
    e: ArrayOr<MmapArray1<f32>, u8>,
    #[varpack(nested)]
    f: ArrayOr<MmapArray1<f32>, u8>,
}

fn main() {}
