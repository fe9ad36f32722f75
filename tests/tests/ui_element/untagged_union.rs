use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
union Bits {
    float: f32,
    int: u32,
}

fn main() {}
