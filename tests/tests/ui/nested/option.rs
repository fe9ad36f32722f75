use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: Option<String>,
}

fn main() {}
