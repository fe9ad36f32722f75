use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C, align(16))]
struct Epoch {
    loss: f64,
}

fn main() {}
