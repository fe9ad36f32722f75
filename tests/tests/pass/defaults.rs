use std::string::String;
use varpack::Varpack;

struct Settings;

impl Settings {
    fn rate() -> f64 {
        0.1
    }
}

mod defaults {
    pub fn seed<T: std::convert::From<u8>>() -> T {
        T::from(7)
    }
}

#[derive(Varpack)]
struct Run {
    #[varpack(default)]
    a: u64,
    #[varpack(default = "Settings::rate")]
    b: f64,
    #[varpack(default = "self::defaults::seed::<u64>")]
    c: u64,
    #[varpack(default = "defaults::seed")]
    d: u32,
    #[varpack(separate, default = "String::new")]
    e: String,
    #[varpack(skip, default = "Self::step")]
    f: u8,
}

impl Run {
    fn step() -> u8 {
        1
    }
}

fn main() {}
