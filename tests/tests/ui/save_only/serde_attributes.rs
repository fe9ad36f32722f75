use serde::Serialize;
use varpack::Varpack;

#[derive(Varpack, Serialize)]
#[varpack(save_only)]
struct Ckpt<'a> {
    #[serde(skip_serializing)]
    a: &'a str,
    #[serde(rename = "B")]
    b: &'a str,
}

fn main() {}
