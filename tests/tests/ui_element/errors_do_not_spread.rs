use varpack::NpyElement;
use varpack::npy::Element;

#[derive(NpyElement, Clone, Copy)]
struct Epoch {
    step: u32,
}

fn main() {
    let _ = Epoch::dtype();
}
