use half::{bf16, f16};
use varpack::npy::FieldType;
use varpack::{MmapArray1, MmapArray4, MmapArray5, MmapArray6, MmapArrayD, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: MmapArray1<f16>,
    #[varpack(mmap)]
    b: MmapArray4<bf16>,
    #[varpack(mmap)]
    c: MmapArray5<bool>,
    #[varpack(mmap)]
    d: MmapArray6<i8>,
    #[varpack(mmap)]
    e: varpack::MmapArray<u64, ndarray::Ix0>,
    #[varpack(mmap)]
    f: MmapArrayD<f64>,
    #[varpack(mmap)]
    g: MmapArray1<[f32; 3]>,
    #[varpack(npy)]
    h: ndarray::Array1<[[u8; 4]; 2]>,
}

#[derive(Varpack)]
struct Generic<T: FieldType, const N: usize> {
    #[varpack(mmap)]
    a: MmapArray1<[T; N]>,
    #[varpack(npy)]
    b: ndarray::Array1<[T; 2]>,
}

fn main() {}
