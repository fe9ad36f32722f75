use std::vec::Vec;
use varpack::{MmapArray1, Varpack};

macro_rules! run {
    ($name:ident, $array:ty, $other:ty, $rename:literal, $min:expr, $(#[$attr:meta])* $field:ident) => {
        #[derive(Varpack)]
        struct $name {
            #[varpack(mmap)]
            array: $array,
            #[varpack(rename = $rename, alias = "vec")]
            other: $other,
            #[varpack(mmap(min_len = $min))]
            map: std::collections::BTreeMap<std::string::String, $array>,
            $(#[$attr])*
            $field: u64,
        }
    };
}

run!(First, MmapArray1<f32>, Vec<f32>, "vector", 10 * 10, #[varpack(default)] step);
run!(Second, MmapArray1<u8>, std::option::Option<u8>, "option", 7, step);

fn main() {}
