use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    x: Vec<String>,
}

fn main() {}
