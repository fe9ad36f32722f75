use serde::{Deserialize, Serialize};
use varpack::Varpack;

macro_rules! run {
    ($above:meta, $attr:meta, $value:literal) => {
        #[derive(Serialize, Deserialize, Varpack)]
        #[serde($above)]
        struct Run {
            #[serde($attr)]
            x: u64,
            #[serde(rename = $value)]
            y: u64,
        }
    };
}

run!(rename_all = "camelCase", skip, "lr");

fn main() {}
