use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: MmapArray1<char>,
    #[varpack(mmap)]
    b: MmapArray1<Option<f32>>,
    #[varpack(mmap)]
    c: MmapArray1<(u32, f32)>,
    #[varpack(mmap)]
    d: MmapArray1<[bool; 3]>,
    #[varpack(mmap)]
    e: MmapArray1<Vec<f32>>,
    #[varpack(mmap)]
    f: MmapArray1<&'static str>,
    #[varpack(mmap)]
    g: MmapArray1<[[usize; 3]; 2]>,
    #[varpack(npy)]
    h: Vec<[isize; 3]>,
    #[varpack(mmap)]
    i: Vec<[f32; 3]>,
}

fn main() {}
