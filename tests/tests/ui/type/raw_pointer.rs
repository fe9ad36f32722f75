use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    x: *const u8,
}

fn main() {}
