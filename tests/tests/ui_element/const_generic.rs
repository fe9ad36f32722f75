use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Vector<const N: usize> {
    values: [f32; N],
}

fn main() {}
