use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use varpack::field::MapKey;
use varpack::{AnyArray, MmapArray1, Varpack};

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Layer(u32);

impl MapKey for Layer {
    fn to_text(&self) -> Cow<'_, str> {
        self.0.to_string().into()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok().map(Layer)
    }
}

#[derive(Varpack)]
struct Written {
    #[varpack(mmap(min_len = 5))]
    a: AnyArray,
    #[varpack(mmap(min_len = 5))]
    b: Option<MmapArray1<f32>>,
    #[varpack(mmap(min_len = 5))]
    c: Arc<MmapArray1<f32>>,
    #[varpack(mmap(int_keys))]
    d: AnyArray,
    #[varpack(mmap(int_keys))]
    e: Option<Box<AnyArray>>,
    #[varpack(mmap(int_keys))]
    f: Vec<MmapArray1<f32>>,
    #[varpack(mmap(int_keys))]
    g: Option<Vec<AnyArray>>,
    #[varpack(mmap(min_len = 5))]
    h: Option<BTreeMap<u32, MmapArray1<f32>>>,
    #[varpack(mmap(min_len = 5))]
    i: Arc<BTreeMap<i8, AnyArray>>,
    #[varpack(mmap(int_keys))]
    j: Option<Box<BTreeMap<String, MmapArray1<f32>>>>,
    #[varpack(mmap(int_keys))]
    k: BTreeMap<Arc<str>, MmapArray1<f32>>,
}

// What of these is no number the traits tell.
#[derive(Varpack)]
struct Named {
    #[varpack(mmap(int_keys))]
    a: BTreeMap<Layer, MmapArray1<f32>>,
    #[varpack(mmap(int_keys))]
    b: Option<BTreeMap<Cow<'static, str>, AnyArray>>,
}

fn main() {}
