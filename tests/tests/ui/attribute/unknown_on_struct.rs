use varpack::Varpack;

#[derive(Varpack)]
#[varpack(rename_al = "camelCase")]
struct Run {
    step: u64,
}

fn main() {}
