use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(default = "7")]
    x: u64,
}

fn main() {}
