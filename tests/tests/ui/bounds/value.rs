use varpack::Varpack;

#[derive(Varpack)]
struct Run<T> {
    x: Vec<T>,
}

fn save<T>(run: &Run<T>) {
    run.save("runs/7").unwrap();
}

fn main() {}
