use varpack::Varpack;

macro_rules! run {
    ($field:ident) => {
        #[derive(Varpack)]
        struct Run {
            writer: u64,
            reader: u64,
            $field: u64,
        }
    };
}

mod one {
    use super::*;
    run!(step);
}

mod two {
    use super::*;
    run!(self_);
}

fn main() {}
