use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(default, default = "seven")]
    x: u64,
}

fn main() {}
