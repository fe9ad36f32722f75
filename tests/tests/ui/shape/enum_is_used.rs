use varpack::Varpack;

#[derive(Varpack)]
enum State {
    Fresh,
}

fn main() {
    // The stub keeps this line from giving an error of its own.
    State::Fresh.save("runs/7").unwrap();
}
