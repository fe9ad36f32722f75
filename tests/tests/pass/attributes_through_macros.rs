use std::boxed::Box;
use std::collections::BTreeMap;
use std::option::Option;
use std::string::String;
use std::vec::Vec;
use varpack::{MmapArray1, Varpack};

// What a macro takes as `meta`, `literal` or `expr` reaches the derive in groups without delimiters.
macro_rules! run {
    ($name:ident, $($above:meta),*; $value:literal, $min:expr; $($(#[both($attr:meta)])* $field:ident: $ty:ty),*) => {
        #[derive(serde::Serialize, serde::Deserialize, Varpack)]
        $(#[serde($above)] #[varpack($above)])*
        struct $name {
            $($(#[serde($attr)] #[varpack($attr)])* $field: $ty,)*
            #[serde(rename = $value)]
            #[varpack(rename = $value)]
            step: u64,
            #[serde(skip)]
            #[varpack(skip)]
            cache: Vec<u8>,
            #[varpack(mmap(min_len = $min))]
            #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "map")]
            map: BTreeMap<String, MmapArray1<f32>>,
        }
    };
}

run! {
    Run, rename_all = "camelCase"; "global step", 2 * 5;
    #[both(default)] first_word: u64,
    #[both(default = "BTreeMap::<String, u8>::new")] words: BTreeMap<String, u8>,
    #[both(rename = "x")] #[both(alias = "y")] renamed: Option<Box<u8>>,
    #[both(skip)] skipped: u8
}

fn map<K, A, S: serde::Serializer>(_: &BTreeMap<K, A>, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_unit()
}

// Of serde alone.
macro_rules! of_serde {
    ($name:ident, $above:meta, $attr:meta) => {
        #[derive(serde::Serialize, serde::Deserialize, Varpack)]
        #[serde($above)]
        struct $name<T: serde::Serialize + serde::de::DeserializeOwned> {
            #[serde($attr)]
            x: T,
        }
    };
}

of_serde!(Bound, bound = "", bound = "");
of_serde!(Crate, crate = "serde", bound(serialize = "", deserialize = ""));

macro_rules! whole {
    ($(#[$above:meta])* $name:ident, $(#[$attr:meta])*) => {
        #[derive(serde::Serialize, serde::Deserialize, Varpack)]
        $(#[$above])*
        struct $name {
            $(#[$attr])*
            x: u64,
        }
    };
}

whole!(
    #[serde(rename_all = "UPPERCASE", rename = "whole")]
    #[varpack(rename_all = "UPPERCASE")]
    Whole,
    #[serde(default, alias = "y")]
    #[varpack(default, alias = "y")]
);

fn main() {}
