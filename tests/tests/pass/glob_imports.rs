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
    pub(super) fn of(text: impl std::convert::AsRef<str>) -> usize {
        text.as_ref().len()
    }
}

mod sync {}

mod budget {}

fn takes<T: serde::Serialize + Element>(_value: T) {
    let _ = text::of("text");
}

fn main() {
    takes(1_u8);
    let _ = Dtype::Bool;
}
