mod facade {
    pub mod storage {
        pub use varpack::*;
    }
}

use facade::storage::{MmapArray1, Varpack};

#[derive(Varpack)]
#[varpack(crate = "crate::facade::storage")]
struct Run {
    #[varpack(mmap)]
    array: MmapArray1<f32>,
    step: u64,
}

fn main() {}
