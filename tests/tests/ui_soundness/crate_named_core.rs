#![forbid(unsafe_code)]

extern crate self as core;

use varpack::NpyElement;

pub mod mem {
    pub use crate::offset_of;

    pub const fn size_of<T>() -> usize {
        0
    }
}

#[macro_export]
macro_rules! offset_of {
    ($($anything:tt)*) => {
        0
    };
}

#[macro_export]
macro_rules! compile_error {
    ($($anything:tt)*) => {
        ()
    };
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Padded {
    step: u32,
    loss: f64,
}

// The derive refuses it, and what it says is gone.
#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Switch {
    on: bool,
}

fn main() {}
