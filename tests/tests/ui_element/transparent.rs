use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(transparent)]
struct Loss {
    loss: f32,
}

fn main() {}
