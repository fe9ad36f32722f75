use varpack::Varpack;

fn reader() -> u64 {
    1
}

fn writer() -> u64 {
    2
}

#[derive(Varpack)]
struct Run {
    #[varpack(default = "reader")]
    a: u64,
    #[varpack(skip_load, default = "writer")]
    b: u64,
    #[varpack(skip, default = "reader")]
    c: u64,
}

fn main() {}
