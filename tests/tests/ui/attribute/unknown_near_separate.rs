use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(seperate)]
    x: String,
}

fn main() {}
