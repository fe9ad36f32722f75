use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Nothing {
    #[varpack(padding)]
    _padding: [u8; 8],
}

fn main() {}
