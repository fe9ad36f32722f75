use varpack::Varpack;

#[derive(Varpack)]
union Bits {
    int: u32,
    float: f32,
}

fn main() {}
