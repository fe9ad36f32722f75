use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    #[varpack(rename = "")]
    loss: f32,
}

fn main() {}
