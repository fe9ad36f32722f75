use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    kind: u8,
    step: u16,
    r#type: u64,
    _padding_after_rate: [u8; 8],
    rate: f32,
}

fn main() {}
