use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Older {
    x: u64,
}

#[derive(Varpack)]
#[varpack(from = "Older", try_from = "Older")]
struct Both {
    x: u64,
}

#[derive(Varpack)]
#[varpack(try_from = "two words")]
struct NoType {
    x: u64,
}

#[derive(Varpack)]
#[varpack(from)]
struct NoValue {
    x: u64,
}

#[derive(Varpack)]
#[varpack(from = "Older")]
struct Idle {
    #[varpack(default)]
    a: u64,
    #[varpack(alias = "b2")]
    b: u64,
    #[varpack(mmap(cast))]
    c: MmapArray1<f32>,
    #[varpack(skip_load)]
    d: u64,
}

fn main() {}
