use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use varpack::{AnyArray, ArrayOr, MmapArray1, MmapArray2, Varpack};

#[derive(Varpack)]
struct Run {
    a: Arc<MmapArray2<f32>>,
    b: Option<Box<AnyArray>>,
    c: Vec<MmapArray2<f32>>,
    d: Option<BTreeMap<String, Rc<MmapArray2<f32>>>>,
    e: AnyArray,
    f: Vec<ArrayOr<MmapArray1<f32>, u8>>,
    #[varpack(npy)]
    g: Vec<MmapArray2<f32>>,
    #[varpack(npy)]
    h: Option<AnyArray>,
    #[varpack(flatten)]
    i: Box<MmapArray2<f32>>,
}

fn main() {}
