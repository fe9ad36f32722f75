#![forbid(unsafe_code)]

use varpack::npy::bytemuck::{CheckedBitPattern, NoUninit, Zeroable};
use varpack::npy::{Dtype, Element};

#[derive(Clone, Copy, NoUninit, Zeroable, CheckedBitPattern)]
#[bytemuck(crate = "varpack::npy::bytemuck")]
#[repr(u8)]
enum Light {
    Red = 0,
    Green = 1,
}

impl Element for Light {
    fn dtype() -> Dtype {
        u8::dtype()
    }

    fn is_mappable() -> bool {
        true
    }
}

fn main() {}
