use std::collections::HashMap;
use varpack::Varpack;

struct Inner;

#[derive(Varpack)]
struct Run {
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    perhaps: Option<Inner>,
    #[serde(flatten)]
    rest: HashMap<String, u8>,
}

fn main() {}
