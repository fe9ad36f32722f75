use varpack::Varpack;

#[derive(Varpack)]
pub struct Run {
    #[deprecated]
    #[varpack(default)]
    pub old: u64,
    #[allow(non_snake_case)]
    pub New: u64,
}

fn main() {}
