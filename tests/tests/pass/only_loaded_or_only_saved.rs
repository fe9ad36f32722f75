use std::string::String;
use varpack::Varpack;

#[derive(Varpack)]
struct OnlyLoaded {
    #[varpack(skip_save)]
    x: u64,
}

#[derive(Varpack)]
struct OnlySaved {
    #[varpack(skip_load)]
    x: String,
}

fn main() {}
