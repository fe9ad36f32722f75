use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = ".hidden")]
    x: u64,
}

fn main() {}
