use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack("mmap")]
    x: u64,
}

fn main() {}
