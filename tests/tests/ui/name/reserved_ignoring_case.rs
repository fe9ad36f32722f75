use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "__Misc_Vars__")]
    x: u64,
}

fn main() {}
