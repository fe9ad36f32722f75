use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(alias = "__internal__")]
    x: u64,
}

fn main() {}
