//! What an alias hides is an array all the same; a slice of numbers may stand in a pickle.
use varpack::{MmapArray1, Varpack};

type Borrowed<'a> = &'a MmapArray1<f32>;
type Listed<'a> = Option<Vec<&'a MmapArray1<f32>>>;
type Numbers<'a> = &'a [f32];

#[derive(Varpack)]
#[varpack(save_only)]
struct Checkpoint<'a> {
    weights: Borrowed<'a>,
    all: Listed<'a>,
    numbers: Numbers<'a>,
    #[varpack(separate)]
    said: Borrowed<'a>,
}

fn main() {
    let x = MmapArray1::from(vec![1.0]);
    let checkpoint = Checkpoint { weights: &x, all: None, numbers: &[1.0], said: &x };
    let _ = checkpoint.save("run");
}
