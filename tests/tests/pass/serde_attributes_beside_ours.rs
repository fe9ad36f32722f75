use varpack::{MmapArray1, Varpack};

// Each of serde's attributes has one of ours beside it that says what becomes of the field.
#[derive(serde::Serialize, serde::Deserialize, Varpack)]
#[serde(rename = "run", rename_all = "camelCase", bound = "")]
#[varpack(rename_all = "SCREAMING_SNAKE_CASE")]
struct Run {
    #[serde(skip)]
    #[varpack(skip)]
    secret: std::string::String,
    #[serde(skip_serializing, default)]
    #[varpack(skip_save)]
    seed: u64,
    #[serde(skip_deserializing)]
    #[varpack(skip_load)]
    notes: std::string::String,
    #[serde(rename = "lr", alias = "rate", alias = "learning_rate")]
    #[varpack(rename = "learning rate", alias = "rate")]
    learning_rate: f64,
    #[serde(default = "ten")]
    #[varpack(default = "ten")]
    epochs: u64,
    #[serde(with = "as_list", skip_serializing_if = "std::option::Option::is_none")]
    #[varpack(mmap)]
    weights: std::option::Option<MmapArray1<f32>>,
    #[serde(flatten)]
    #[varpack(nested)]
    model: Model,
}

#[derive(serde::Serialize, serde::Deserialize, Varpack)]
struct Model {
    depth: u64,
}

// Where `Varpack` stands alone, serde's attributes are known too.
#[derive(Varpack)]
#[varpack(ignore_serde)]
#[serde(deny_unknown_fields)]
struct Alone {
    #[serde(skip)]
    step: u64,
}

#[derive(varpack::NpyElement, std::clone::Clone, std::marker::Copy)]
#[varpack(ignore_serde)]
#[repr(C)]
struct Epoch {
    #[serde(skip)]
    step: u64,
}

fn ten() -> u64 {
    10
}

mod as_list {
    use std::option::Option;
    use std::result::Result;
    use varpack::MmapArray1;

    pub(super) fn serialize<S: serde::Serializer>(
        array: &Option<MmapArray1<f32>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(array, serializer)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<MmapArray1<f32>>, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}

fn main() {}
