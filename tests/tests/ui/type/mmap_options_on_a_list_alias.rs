use varpack::Varpack;

type Losses = Vec<f32>;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap(min_len = 5))]
    x: Losses,
}

fn main() {}
