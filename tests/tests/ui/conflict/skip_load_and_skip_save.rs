use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(skip_load, skip_save)]
    x: u64,
}

fn main() {}
