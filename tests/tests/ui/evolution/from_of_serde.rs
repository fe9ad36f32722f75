use serde::{Deserialize, Serialize};
use varpack::Varpack;

#[derive(Serialize, Deserialize, Varpack)]
struct Older {
    x: u64,
}

impl From<Older> for Run {
    fn from(older: Older) -> Self {
        Self { x: older.x }
    }
}

#[derive(Serialize, Deserialize, Varpack)]
#[serde(from = "Older")]
struct Run {
    x: u64,
}

fn main() {}
