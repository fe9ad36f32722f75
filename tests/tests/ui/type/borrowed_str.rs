use varpack::Varpack;

#[derive(Varpack)]
struct Run<'a> {
    x: &'a str,
}

fn main() {}
