use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = "__Misc_Vars__")]
    x: u64,
}

fn main() {}
