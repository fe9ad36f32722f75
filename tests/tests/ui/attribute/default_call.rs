use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(default = Vec::new())]
    x: Vec<u64>,
}

fn main() {}
