use std::vec::Vec;
use varpack::Varpack;

mod own {
    use std::vec::Vec;

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Array<T>(pub Vec<T>);

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Array1<K, V>(pub K, pub V);

    #[derive(serde::Serialize, serde::Deserialize, varpack::Varpack)]
    pub struct Array2<T> {
        pub x: T,
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct MmapArray<T>(pub Vec<T>);

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Option<T>(pub T);
}

// The array types of the crates have as many parameters, and else an attribute tells.
#[derive(Varpack)]
struct Run {
    array: own::Array<u8>,
    pair: own::Array1<u8, u8>,
    #[varpack(separate)]
    pickled: own::Array2<u8>,
    #[varpack(nested)]
    nested: own::Array2<u8>,
    #[varpack(separate)]
    mapped: own::MmapArray<u8>,
    option: own::Option<u8>,
}

fn main() {}
