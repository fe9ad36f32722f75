use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Pair<T> {
    left: T,
    right: T,
}

fn main() {}
