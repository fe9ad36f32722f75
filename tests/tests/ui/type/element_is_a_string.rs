use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<String>,
}

fn main() {}
