use varpack::Varpack;

#[derive(Varpack)]
#[varpack(rename_all = "Title Words")]
struct Run {
    x: u64,
}

fn main() {}
