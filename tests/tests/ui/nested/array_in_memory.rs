use std::path::PathBuf;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    array: [u64; 3],
    #[varpack(nested)]
    path: PathBuf,
}

fn main() {}
