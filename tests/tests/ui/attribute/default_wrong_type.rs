use varpack::Varpack;

fn seven() -> u32 {
    7
}

#[derive(Varpack)]
struct Run {
    #[varpack(default = "seven")]
    x: u64,
}

fn main() {}
