use varpack::field::NestedField;
use varpack::{Element, MmapArray1, Varpack};

#[derive(Varpack)]
struct Layer<T> {
    #[varpack(mmap)]
    weights: MmapArray1<T>,
}

#[derive(Varpack)]
struct Model<T, M> {
    #[varpack(nested)]
    layer: Layer<T>,
    #[varpack(nested)]
    other: M,
}

fn is_varpack<T: varpack::PackFields>() {}

fn generic<T: Element, M: NestedField>() {
    is_varpack::<Model<T, M>>();
    is_varpack::<Model<f32, Layer<T>>>();
}

fn main() {}
