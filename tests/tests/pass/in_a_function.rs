use varpack::{MmapArray1, Varpack};

fn local() {
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap)]
        array: MmapArray1<f32>,
    }
    fn is_varpack<T: varpack::PackFields>() {}
    is_varpack::<Run>();
}

fn main() {}
