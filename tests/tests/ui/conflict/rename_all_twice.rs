use varpack::Varpack;

#[derive(Varpack)]
#[varpack(rename_all = "camelCase")]
#[varpack(rename_all = "UPPERCASE")]
struct Run {
    x: u64,
}

fn main() {}
