use varpack::Varpack;

#[derive(Varpack)]
struct Run<'a> {
    #[varpack(npy)]
    x: &'a [f32],
}

fn main() {}
