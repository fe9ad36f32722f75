use varpack::Varpack;

struct Run {
    step: u64,
}

fn keep(run: impl Varpack) {
    run.save("runs/7").unwrap();
}

fn main() {
    keep(Run { step: 7 });
}
