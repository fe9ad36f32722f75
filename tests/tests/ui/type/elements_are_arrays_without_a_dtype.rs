use varpack::{MmapArray1, Varpack};

type Sizes = [usize; 3];
type Flags = [bool; 2];

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    sizes: MmapArray1<Sizes>,
    #[varpack(mmap)]
    flags: MmapArray1<Flags>,
}

fn main() {}
