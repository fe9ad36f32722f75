use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
#[varpack(rename_all = "camelCase")]
struct Epoch {
    #[varpack(mmap)]
    step: u32,
    #[varpack(rename = 3)]
    loss: f32,
    #[varpack(rename = "a", rename = "b")]
    accuracy: f32,
}

fn main() {}
