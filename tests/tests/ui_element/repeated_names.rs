use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    loss: f32,
    #[varpack(rename = "loss")]
    validation_loss: f32,
}

fn main() {}
