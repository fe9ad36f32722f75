use varpack::Varpack;

#[derive(serde::Serialize)]
struct Epoch;

#[derive(Varpack)]
struct Run {
    #[varpack(skip_load)]
    x: Epoch,
}

fn main() {}
