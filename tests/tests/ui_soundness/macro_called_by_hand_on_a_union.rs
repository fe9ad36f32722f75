#![forbid(unsafe_code)]

use std::mem::MaybeUninit;
use varpack::npy::record::implement;

// Safe code can leave its byte uninitialised.
#[derive(Clone, Copy)]
union Either {
    on: u8,
    off: MaybeUninit<u8>,
}

implement! { Either { on: u8 = "on", } }

fn main() {}
