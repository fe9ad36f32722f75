#![forbid(unsafe_code)]

use varpack::npy::record::implement;

#[derive(Clone, Copy)]
struct Partly {
    step: u32,
    on: bool,
}

implement! { Partly { step: u32 = "step", } }

#[derive(Clone, Copy)]
struct Wrongly {
    on: bool,
}

implement! { Wrongly { on: u8 = "on", } }

#[derive(Clone, Copy)]
struct Refused {
    on: bool,
}

implement! { refused Refused (), }

fn main() {}
