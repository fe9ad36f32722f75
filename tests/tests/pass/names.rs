use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "with space")]
    a: u64,
    #[varpack(rename = "\u{e4}rger")]
    b: u64,
    #[varpack(rename = "layer.0.weight", alias = "layer0", alias = "w0")]
    c: u64,
    #[varpack(rename = "type")]
    d: u64,
    #[varpack(rename = "d", alias = "A")]
    e: u64,
    größe: u64,
}

fn main() {}
