use std::string::String;
use varpack::Varpack;

#[derive(Varpack)]
struct r#struct<r#type: std::marker::Copy> {
    r#type: String,
    r#match: u64,
    #[varpack(skip)]
    r#move: std::marker::PhantomData<r#type>,
}

fn main() {}
