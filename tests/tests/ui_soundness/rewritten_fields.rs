#![forbid(unsafe_code)]

use varpack::NpyElement;
use varpack_tests_rewrite::replace;

#[derive(Clone, Copy)]
#[repr(u8)]
enum Light {
    Red = 0,
    Green = 1,
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
#[replace(u8 => Light)]
struct Retyped {
    light: u8,
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
#[replace(u8 => u8, more: bool)]
struct Longer {
    light: u8,
}

fn main() {}
