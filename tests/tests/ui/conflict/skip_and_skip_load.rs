use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(skip, skip_load)]
    x: u64,
}

fn main() {}
