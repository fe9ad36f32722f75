// Globs bring what is public, and hide no crate.
use bytemuck::Pod;
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
    pub(super) fn of<T: bytemuck::Pod>(_: T) {}
}

mod sync {}

mod budget {}

fn takes<T: Pod + Element>(value: T) {
    text::of(value);
}

fn main() {
    takes(1_u8);
    let _ = Dtype::Bool;
}
