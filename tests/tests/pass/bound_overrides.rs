use varpack::{Element, MmapArray1, Varpack};

#[derive(Varpack)]
#[varpack(bound = "T: Element, U: std::default::Default")]
struct Run<T, U> {
    #[varpack(mmap)]
    array: MmapArray1<T>,
    #[varpack(skip)]
    cache: U,
}

#[derive(Varpack)]
#[varpack(bound = "")]
struct Fixed<T: Element> {
    #[varpack(mmap)]
    array: MmapArray1<T>,
}

fn main() {}
