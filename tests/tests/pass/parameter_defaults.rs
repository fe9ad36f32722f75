use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run<T: std::marker::Copy = f32> {
    #[varpack(mmap)]
    array: MmapArray1<T>,
}

fn is_varpack<T: varpack::PackFields>() {}

fn main() {
    is_varpack::<Run>();
}
