use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C, align(64))]
struct Block {
    values: [f64; 8],
}

fn main() {}
