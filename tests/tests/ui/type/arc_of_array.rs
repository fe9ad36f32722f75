use std::rc::Rc;
use std::sync::Arc;
use varpack::{MmapArray2, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: Arc<MmapArray2<f32>>,
    #[varpack(mmap)]
    b: Option<Box<MmapArray2<f32>>>,
    c: Rc<MmapArray2<f32>>,
}

fn main() {}
