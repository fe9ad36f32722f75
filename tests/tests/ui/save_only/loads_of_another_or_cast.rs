use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Older {
    step: u64,
}

#[derive(Varpack)]
#[varpack(save_only, from = "Older")]
struct Run<'a> {
    name: &'a str,
}

#[derive(Varpack)]
#[varpack(save_only)]
struct Cast<'a> {
    #[varpack(mmap(cast))]
    x: &'a MmapArray1<f32>,
}

fn main() {}
