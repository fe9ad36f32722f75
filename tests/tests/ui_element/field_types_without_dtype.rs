use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Row {
    valid: bool,
    flags: [bool; 7],
    initial: char,
    index: usize,
    wide: u128,
    pair: (f32, f32),
    name: &'static str,
    tags: Vec<u8>,
    note: String,
    limit: Option<u32>,
    boxed: Box<u32>,
}

fn main() {}
