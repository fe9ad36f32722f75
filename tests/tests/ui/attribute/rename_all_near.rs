use varpack::Varpack;

#[derive(Varpack)]
#[varpack(rename_all = "camel_case")]
struct Run {
    x: u64,
}

fn main() {}
