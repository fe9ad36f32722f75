use varpack::{MmapArray1, Varpack};

/// Documented.
#[derive(Varpack)]
#[varpack()]
#[varpack(rename_all = "camelCase",)]
#[allow(dead_code)]
struct Run {
    /// Documented too.
    #[varpack(mmap,)]
    #[varpack(rename = "x", alias = "y",)]
    #[allow(dead_code)]
    #[varpack(skip_load)]
    a: MmapArray1<f32>,
    #[cfg_attr(all(), varpack(separate))]
    #[cfg_attr(any(), varpack(nonsense))]
    b: u64,
    #[cfg(any())]
    #[varpack(nonsense)]
    c: u64,
}

fn main() {}
