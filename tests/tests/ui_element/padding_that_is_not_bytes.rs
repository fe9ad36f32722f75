use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    step: u32,
    #[varpack(padding)]
    _padding: u32,
    loss: f64,
}

fn main() {}
