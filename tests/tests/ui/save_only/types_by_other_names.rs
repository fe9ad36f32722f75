use serde::Serialize;
use std::collections::BTreeMap;
use varpack::Varpack;

#[derive(Serialize)]
struct Plain;

struct NotSerialize;

type Keys<'a> = BTreeMap<(u8, u8), &'a [f32]>;

#[derive(Varpack)]
#[varpack(save_only)]
struct Ckpt<'a> {
    #[varpack(mmap)]
    a: &'a Plain,
    #[varpack(mmap)]
    b: Vec<&'a Plain>,
    #[varpack(mmap)]
    c: Keys<'a>,
    #[varpack(npy)]
    d: &'a Plain,
    #[varpack(nested)]
    e: &'a Plain,
    #[varpack(flatten)]
    f: Vec<&'a Plain>,
    g: &'a NotSerialize,
}

fn main() {}
