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

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct ArrayOr<A, V>(pub A, pub V);
}

mod structs {
    macro_rules! structs {
        ($($name:ident)*) => {$(
            #[derive(varpack::Varpack)]
            pub struct $name {
                pub x: u64,
            }
        )*};
    }

    structs! { Complex Bool8 f16 bf16 PathBuf String }

    macro_rules! generic_structs {
        ($($name:ident)*) => {$(
            #[derive(varpack::Varpack)]
            pub struct $name<T> {
                pub x: T,
            }
        )*};
    }

    generic_structs! { Vec Option Box Arc MmapArray1 }

    #[derive(varpack::Varpack)]
    pub struct IndexMap<K, V> {
        pub keys: K,
        pub values: V,
    }
}

mod records {
    use varpack::NpyElement;

    #[derive(NpyElement, Clone, Copy)]
    #[repr(C)]
    pub struct Box {
        pub top: f32,
    }

    #[derive(NpyElement, Clone, Copy)]
    #[repr(C)]
    pub struct String {
        pub bytes: [u8; 4],
    }

    #[derive(NpyElement, Clone, Copy)]
    #[repr(C)]
    pub struct Option {
        pub strike: f32,
    }
}

mod nested {
    use super::structs::{
        Arc, Bool8, Box, Complex, IndexMap, MmapArray1, Option, PathBuf, String, Vec, bf16, f16,
    };
    use varpack::Varpack;

    #[derive(Varpack)]
    struct Run {
        #[varpack(nested)]
        a: Complex,
        #[varpack(nested)]
        b: Bool8,
        #[varpack(nested)]
        c: f16,
        #[varpack(nested)]
        d: bf16,
        #[varpack(nested)]
        e: PathBuf,
        #[varpack(nested)]
        f: String,
        #[varpack(nested)]
        g: Vec<u8>,
        #[varpack(nested)]
        h: Option<u8>,
        #[varpack(nested)]
        i: Box<u8>,
        #[varpack(nested)]
        j: Arc<u8>,
        #[varpack(nested)]
        k: MmapArray1<f32>,
        #[varpack(nested)]
        l: IndexMap<u8, u8>,
        #[varpack(nested)]
        m: super::structs::Vec<u8>,
    }
}

#[derive(varpack::NpyElement, Clone, Copy)]
#[repr(C)]
struct Row {
    bounds: records::Box,
    option: records::Option,
    name: records::String,
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
    either: own::ArrayOr<u8, u8>,
    #[varpack(mmap)]
    rows: varpack::MmapArray1<records::String>,
}

fn main() {}
