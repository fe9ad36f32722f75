use varpack::Varpack;

#[derive(Varpack)]
enum State {
    Fresh,
    Trained { step: u64 },
}

fn main() {}
