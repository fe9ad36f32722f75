use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(flatten)]
    x: Vec<u8>,
    #[varpack(flatten)]
    y: std::collections::BTreeMap<String, Vec<f64>>,
}

fn main() {}
