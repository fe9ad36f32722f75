use varpack::{AnyArray, MmapArray1, Varpack};

#[derive(Varpack)]
struct Rules {
    #[varpack(mmap(cast = "safe"))]
    a: MmapArray1<f32>,
    #[varpack(npy(cast = lossy))]
    b: Vec<f32>,
    #[varpack(npy(cast("lossy")))]
    c: Vec<f32>,
    #[varpack(npy = "cast")]
    d: Vec<f32>,
    #[varpack(npy(casts))]
    e: Vec<f32>,
    #[varpack(mmap(cast, cast = "lossy"))]
    f: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Places {
    #[varpack(mmap(cast), skip_load)]
    a: MmapArray1<f32>,
    #[varpack(mmap(cast))]
    b: Vec<AnyArray>,
    #[varpack(cast)]
    c: Vec<f32>,
}

fn main() {}
