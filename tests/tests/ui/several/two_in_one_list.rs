use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmapp, alias, default = 7)]
    step: u64,
}

fn main() {}
