use varpack::Varpack;

#[derive(Varpack)]
#[varpack(save_only)]
struct Ckpt<'a> {
    #[varpack(skip_load)]
    a: &'a str,
    #[varpack(skip_save)]
    b: &'a str,
    #[varpack(default)]
    c: &'a str,
    #[varpack(skip, default = "text")]
    d: &'a str,
    #[varpack(mmap, skip_load, default)]
    e: &'a [f32],
    #[varpack(save_only)]
    f: &'a str,
}

fn text() -> &'static str {
    "text"
}

fn main() {}
