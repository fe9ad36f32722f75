use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = "__misc_vars__")]
    x: u64,
}

fn main() {}
