use varpack::NpyElement;

#[derive(NpyElement, Clone, Copy)]
struct Row<T> {
    valid: bool,
    #[varpack(nam = "b")]
    x: f32,
    #[varpack(rename = "x")]
    y: f32,
    z: T,
}

fn main() {}
