use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    #[serde(skip)]
    step: u32,
    #[serde(rename = "l")]
    loss: f32,
    #[serde(rename = "a", default)]
    #[varpack(rename = "a")]
    accuracy: f32,
}

fn main() {}
