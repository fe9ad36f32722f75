use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    step: u32,
    loss: f64,
}

fn main() {}
