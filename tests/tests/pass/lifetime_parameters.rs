use std::borrow::Cow;
use std::option::Option;
use varpack::Varpack;

#[derive(Varpack)]
struct Run<'a, 'pack: 'a> {
    title: Cow<'a, str>,
    #[varpack(skip)]
    borrowed: Option<&'pack str>,
}

fn main() {}
