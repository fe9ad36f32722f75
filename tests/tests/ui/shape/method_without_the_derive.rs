use varpack::Varpack;

struct Run {
    step: u64,
}

fn main() {
    Run { step: 7 }.save("runs/7").unwrap();
}
