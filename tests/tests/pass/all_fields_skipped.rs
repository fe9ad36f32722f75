use varpack::Varpack;

#[derive(Varpack)]
struct Cache {
    #[varpack(skip)]
    hits: u64,
    #[varpack(skip, default)]
    misses: u64,
}

fn main() {}
