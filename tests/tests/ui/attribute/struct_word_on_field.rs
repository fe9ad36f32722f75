use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename_all = "camelCase")]
    x: u64,
}

fn main() {}
