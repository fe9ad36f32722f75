use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    board: [u8; 64],
    wide: (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8),
}

fn main() {}
