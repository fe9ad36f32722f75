use std::boxed::Box;
use std::collections::{BTreeMap, HashMap};
use std::marker::Sized;
use std::option::Option;
use std::string::String;
use std::vec::Vec;
use varpack::{AnyArray, ArrayOr, Element, MmapArray1, Varpack};

#[derive(serde::Serialize)]
struct Notes<'n> {
    text: &'n str,
}

struct Log;

#[derive(Varpack)]
#[varpack(save_only)]
struct Layer<'pack, T: Element> {
    #[varpack(mmap)]
    weights: ndarray::ArrayView2<'pack, T>,
    #[varpack(flatten)]
    below: Vec<Layer<'pack, T>>,
}

#[derive(Varpack)]
struct Owned {
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

#[derive(Varpack)]
#[varpack(save_only, rename_all = "camelCase")]
struct Ckpt<'a, 'b: 'a, T: Element, V: ?Sized, const N: usize>
where
    V: serde::Serialize,
{
    #[varpack(mmap(min_len = N), alias = "old")]
    map: HashMap<&'a str, &'b [T]>,
    #[varpack(mmap)]
    list: Vec<ndarray::ArrayView1<'a, T>>,
    #[varpack(mmap)]
    mixed: BTreeMap<&'b String, ArrayOr<&'a AnyArray, Notes<'a>>>,
    #[varpack(mmap)]
    shared: &'a &'b Option<Box<MmapArray1<T>>>,
    #[varpack(npy)]
    vec: &'a Vec<T>,
    #[varpack(flatten)]
    layers: BTreeMap<&'a str, Layer<'b, T>>,
    #[varpack(flatten)]
    flat: Option<&'a Owned>,
    #[varpack(nested)]
    nested: &'a Owned,
    #[varpack(separate)]
    notes: &'a Notes<'b>,
    value: &'a V,
    #[varpack(skip)]
    log: &'a Log,
}

#[derive(Varpack)]
#[varpack(save_only)]
struct OwnsAll {
    step: u64,
}

fn is_varpack<T: Varpack>() {}

fn main() {
    is_varpack::<Ckpt<'_, '_, f32, str, 3>>();
    is_varpack::<&OwnsAll>();
}
