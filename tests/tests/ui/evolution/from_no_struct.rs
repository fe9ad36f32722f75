use varpack::Varpack;

struct Older {
    x: u64,
}

impl From<Older> for Run {
    fn from(older: Older) -> Self {
        Self { x: older.x }
    }
}

#[derive(Varpack)]
#[varpack(from = "Older")]
struct Run {
    x: u64,
}

fn main() {}
