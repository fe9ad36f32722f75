#![forbid(unsafe_code)]

use varpack::NpyElement;
use varpack_tests_rewrite::replace;

trait Returns {
    type Value;
}

impl<T> Returns for fn() -> T {
    type Value = T;
}

type Never = <fn() -> ! as Returns>::Value;
type Empty = [u8; 0];

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
#[replace(Empty => Never)]
struct Impossible {
    step: u32,
    never: Empty,
}

fn main() {}
