use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
#[serde(rename_all = "camelCase", rename = "row", bound = "")]
#[serde(default)]
struct Row {
    first_name: u32,
    #[varpack(rename = "lastName")]
    last_name: u32,
}

fn main() {}
