use varpack::{LoadOptions, Varpack};

#[derive(Varpack)]
#[varpack(save_only)]
struct Ckpt<'a> {
    name: &'a str,
}

fn main() {
    Ckpt { name: "a" }.save("runs/7").unwrap();
    let _ = Ckpt::load("runs/7");
    let _ = Ckpt::edit("runs/7");
    let _ = Ckpt::load_with("runs/7", &LoadOptions::new());
    let _ = Ckpt::update("runs/7", |_| Ok(()));
}
