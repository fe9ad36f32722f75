use varpack::NpyElement;

#[derive(NpyElement)]
#[repr(C)]
struct Epoch {
    step: u32,
}

fn main() {}
