use varpack::Varpack;

#[derive(serde::Serialize)]
struct Epoch;

#[derive(Varpack)]
struct Run {
    x: Epoch,
}

fn main() {}
