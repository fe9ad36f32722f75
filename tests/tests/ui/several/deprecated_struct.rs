#![deny(warnings)]

use varpack::Varpack;

#[deprecated]
#[derive(Varpack)]
pub struct Run {
    #[varpack(mapp)]
    pub x: u64,
}

fn main() {}
