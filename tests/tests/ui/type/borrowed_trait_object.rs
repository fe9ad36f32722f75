use varpack::Varpack;

#[derive(Varpack)]
struct Run<'a> {
    a: &'a dyn Fn(),
    #[varpack(separate)]
    b: &'static (dyn Fn() + Send),
}

fn main() {}
