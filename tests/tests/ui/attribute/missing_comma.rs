use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate skip_load)]
    x: u64,
}

fn main() {}
