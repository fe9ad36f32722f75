use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(skip_serializing)]
    x: String,
}

fn main() {}
