use std::collections::BTreeMap;
use varpack::Varpack;

#[derive(Varpack)]
#[varpack(save_only)]
struct Layer<'a> {
    #[varpack(mmap)]
    map: BTreeMap<&'a str, &'a [f32]>,
}

#[derive(Varpack)]
#[varpack(save_only)]
struct Ckpt<'a> {
    #[varpack(nested)]
    layer: &'a Layer<'a>,
}

type Array<'a> = &'a [f32];

#[derive(Varpack)]
#[varpack(save_only)]
struct Options<'a> {
    #[varpack(mmap(min_len = 3))]
    array: Array<'a>,
}

fn main() {}
