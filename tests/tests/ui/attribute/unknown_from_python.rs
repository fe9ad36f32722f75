use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(skip_loading)]
    x: String,
}

fn main() {}
