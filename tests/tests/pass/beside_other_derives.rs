use std::string::String;
use varpack::Varpack;

#[derive(std::fmt::Debug, std::clone::Clone, std::cmp::PartialEq, serde::Serialize, serde::Deserialize)]
#[derive(Varpack)]
#[serde(rename_all = "camelCase")]
#[varpack(ignore_serde)]
struct Config {
    #[serde(default)]
    #[varpack(separate)]
    some_name: String,
    #[serde(skip)]
    step: u64,
}

fn main() {}
