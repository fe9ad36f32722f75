#![forbid(unsafe_code)]

use varpack::NpyElement;

// Under other names, so that the derive cannot tell.
type Flag = bool;

mod fake {
    pub mod npy {
        pub mod record {
            pub use varpack::npy::record::*;

            pub struct Member;

            pub const fn assert_alignment<T>() {}
            pub const fn assert_layout<T>() {}
            pub const fn assert_no_padding_before(_: &str, _: &str, _: usize, _: usize) {}
            pub const fn assert_no_padding_after(_: &str, _: &str, _: usize, _: usize) {}
        }
    }
}

#[derive(NpyElement, Clone, Copy)]
#[varpack(crate = "crate::fake")]
#[repr(C)]
struct Switch {
    on: Flag,
}

#[derive(NpyElement, Clone, Copy)]
#[varpack(crate = "crate::fake")]
#[repr(C)]
struct Padded {
    step: u32,
    loss: f64,
}

#[derive(NpyElement, Clone, Copy)]
#[varpack(crate = "crate::fake")]
#[repr(C, align(64))]
struct Aligned {
    values: [f64; 8],
}

fn main() {}
