use varpack::Varpack;

trait Meddler {
    fn field(&self, _name: &str) {}
    fn value(&self) {}
    fn default(&self) {}
    fn mmap(&self) {}
    fn alias(&self) {}
    fn skip_load(&self) {}
}

impl<T> Meddler for T {}

#[derive(Varpack)]
struct Run {
    #[varpack(default, alias = "x")]
    a: u64,
    #[varpack(skip_load)]
    b: u64,
}

fn main() {}
