use varpack::Varpack;

#[derive(Varpack)]
struct Run<T> {
    #[varpack(skip)]
    x: T,
}

struct NoDefault;

fn load() -> varpack::Result<Run<NoDefault>> {
    Run::load("runs/7")
}

fn main() {}
