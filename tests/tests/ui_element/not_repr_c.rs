use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
struct Epoch {
    step: u32,
    loss: f32,
}

fn main() {}
