#![deny(warnings)]

use varpack::NpyElement;

#[deprecated]
#[derive(NpyElement, Clone, Copy)]
pub struct Epoch {
    pub step: u32,
}

fn main() {}
