use varpack::Varpack;

#[derive(Varpack)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[serde(transparent, tag = "t", content = "c", untagged, from = "u64", into = "u64")]
#[serde(rename_all(serialize = "camelCase", deserialize = "PascalCase"))]
struct Run {
    x: u64,
}

fn main() {}
