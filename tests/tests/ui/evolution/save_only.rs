use varpack::Varpack;

#[derive(Varpack)]
struct Older {
    x: u64,
}

#[derive(Varpack)]
#[varpack(save_only, from = "Older")]
struct Made {
    x: u64,
}

#[derive(Varpack)]
#[varpack(save_only)]
struct Casts<'a> {
    #[varpack(mmap(cast))]
    x: &'a [f32],
}

fn main() {}
