use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Epoch {
    step: u32,
    #[varpack(padding, rename = "spare")]
    _padding: [u8; 4],
}

fn main() {}
