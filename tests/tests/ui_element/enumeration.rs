use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(u8)]
enum Split {
    Train,
    Test,
}

fn main() {}
