use varpack::Varpack;

#[derive(serde::Serialize)]
struct Config;

#[derive(Varpack)]
struct Run<'a> {
    #[varpack(separate)]
    x: &'a mut Config,
}

fn main() {}
