use varpack::Varpack;

#[derive(Varpack)]
struct Run<'a> {
    #[varpack(mmap)]
    samples: Vec<f32>,
    #[varpack(seperate)]
    history: Vec<f64>,
    #[varpack(skip_load, skip_save)]
    notes: String,
    #[varpack(separate, rename = "a/b")]
    step: u64,
    title: &'a str,
}

fn main() {
    // The uses of the struct give no errors of their own.
    let run: Run<'_> = Run::load("runs/7").unwrap();
    run.save("runs/8").unwrap();
}
