use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

type Maybe = Option<BTreeMap<String, MmapArray1<f32>>>;

fn some() -> Option<MmapArray1<f32>> {
    Some(vec![1.0].into())
}

fn boxed() -> Box<Maybe> {
    Box::default()
}

#[derive(Varpack)]
struct Run {
    #[varpack(mmap, default = "some")]
    a: Option<MmapArray1<f32>>,
    #[varpack(mmap, default = "boxed")]
    b: Box<Maybe>,
    // These are not loaded, or have no other default than `None`.
    #[varpack(mmap, default = "some", skip_load)]
    c: Option<MmapArray1<f32>>,
    #[varpack(mmap, default)]
    d: Maybe,
}

fn main() {}
