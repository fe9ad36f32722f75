use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    writer: u64,
    reader: u64,
    self_: u64,
    pack: u64,
    field: u64,
    value: u64,
    default: u64,
    result: u64,
    #[allow(non_snake_case)]
    Ok: u64,
}

fn main() {}
