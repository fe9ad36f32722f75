use std::option::Option;
use std::string::String;
use std::vec::Vec;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    a: (u64, String, [f64; 3]),
    b: [[u8; 4]; 4],
    c: Vec<Option<(f32, bool)>>,
    d: (),
    #[varpack(separate)]
    e: std::collections::HashMap<String, Vec<u64>>,
}

fn main() {}
