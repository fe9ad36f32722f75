use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    loss: f64,
    step: u16,
}

fn main() {}
