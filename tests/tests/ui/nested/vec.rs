use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: Vec<String>,
}

fn main() {}
