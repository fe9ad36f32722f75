use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    a: Option<&'static str>,
    #[varpack(separate)]
    b: HashMap<&'static str, Vec<&'static [u8]>>,
    #[varpack(skip_save)]
    c: Box<(u64, [&'static OsStr; 3])>,
    d: Vec<&'static Path>,
    e: HashSet<&'static str>,
}

fn main() {}
