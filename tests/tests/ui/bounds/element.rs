use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run<T> {
    #[varpack(mmap)]
    x: MmapArray1<T>,
}

fn save<T>(run: &Run<T>) {
    run.save("runs/7").unwrap();
}

fn main() {}
