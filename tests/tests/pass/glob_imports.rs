// Globs bring what is public, and hide no crate.
use serde::Serialize;
use varpack::npy::*;
use varpack::pickle::*;
use varpack::*;

#[derive(serde::Deserialize, Serialize)]
struct Inner {
    text: std::string::String,
}

#[derive(Varpack)]
struct Run {
    inner: Inner,
    steps: std::vec::Vec<u32>,
}

mod text {
    pub(super) fn of<T: half::slice::HalfFloatSliceExt + ?Sized>(_: &T) {}
}

mod sync {}

mod budget {}

fn takes<T: serde::Serialize + Element>(_value: T) {
    text::of([half::f16::ZERO].as_slice());
}

fn main() {
    takes(1_u8);
    let _ = Dtype::Bool;
}
