use varpack::Varpack;

#[derive(serde::Serialize, serde::Deserialize, Varpack)]
#[serde(rename_all = "camelCase")]
struct Run {
    #[serde(skip)]
    password: String,
    #[varpack(separate)]
    #[serde(skip_serializing)]
    token: String,
}

fn main() {}
