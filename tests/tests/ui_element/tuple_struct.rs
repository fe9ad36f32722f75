use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Point(f32, f32);

fn main() {}
