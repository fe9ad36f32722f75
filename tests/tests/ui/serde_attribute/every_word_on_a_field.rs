use varpack::Varpack;

// Without serde's derives: the attribute is known all the same, and does not lead to them.
#[derive(Varpack)]
struct Run {
    #[serde(skip)]
    a: String,
    #[serde(skip_serializing, skip_deserializing)]
    b: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<u64>,
    #[serde(rename = "lr", alias = "rate")]
    d: f64,
    #[serde(rename(serialize = "one", deserialize = "two"))]
    e: f64,
    #[serde(default)]
    f: u64,
    #[serde(default = "ten")]
    g: u64,
    #[serde(flatten)]
    h: std::collections::BTreeMap<String, u64>,
    #[serde(with = "module")]
    i: u64,
    #[serde(serialize_with = "path", deserialize_with = "path")]
    j: u64,
    #[serde(no_word_of_serde)]
    k: u64,
    #[serde = "skip"]
    l: u64,
}

fn main() {}
