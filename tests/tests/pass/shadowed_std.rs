use varpack::Varpack;

mod core {}
mod std {}

#[allow(dead_code)]
mod types {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Result;
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Option;
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct String;
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Vec;
    pub trait Default {}
    pub trait Sized {}
    pub fn drop() {}
    #[allow(non_snake_case)]
    pub fn Ok() {}
    #[allow(non_snake_case)]
    pub fn Err() {}
}
use self::types::*;

#[derive(Varpack)]
struct Run {
    a: Result,
    b: Option,
    c: String,
    d: Vec,
    #[varpack(default)]
    e: u64,
}

fn main() {}
