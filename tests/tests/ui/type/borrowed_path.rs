use std::ffi::{CStr, OsStr};
use std::path::Path;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    a: &'static Path,
    b: &'static OsStr,
    #[varpack(separate)]
    c: &'static CStr,
    d: &'static std::path::Path,
}

fn main() {}
