use varpack::Varpack;

#[derive(Varpack)]
#[varpack(save_only, save_only)]
struct Twice {
    a: u64,
}

#[derive(Varpack)]
#[varpack(save_only = true)]
struct Valued {
    a: u64,
}

#[derive(Varpack)]
#[varpack(write_only)]
struct Synonym {
    a: u64,
}

#[derive(Varpack)]
#[varpack(saveonly)]
struct Mistyped {
    a: u64,
}

fn main() {}
