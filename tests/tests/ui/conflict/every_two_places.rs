use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap, npy)]
    a: u64,
    #[varpack(mmap, separate)]
    b: u64,
    #[varpack(mmap, nested)]
    c: u64,
    #[varpack(mmap, flatten)]
    d: u64,
    #[varpack(npy, separate)]
    e: u64,
    #[varpack(npy, nested)]
    f: u64,
    #[varpack(npy, flatten)]
    g: u64,
    #[varpack(separate, nested)]
    h: u64,
    #[varpack(separate, flatten)]
    i: u64,
    #[varpack(nested, flatten)]
    j: u64,
    #[varpack(npy, npy)]
    k: u64,
    #[varpack(separate, separate)]
    l: u64,
    #[varpack(nested, nested)]
    m: u64,
    #[varpack(flatten, flatten)]
    n: u64,
}

fn main() {}
