use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(compress)]
    x: String,
}

fn main() {}
