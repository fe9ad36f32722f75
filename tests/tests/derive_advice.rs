//! Each advice of the derive, obeyed: the code compiles, or its error leads on to an advice whose code does.
//!
//! Each entry is a message as `ui` has it, and what a reader of it writes. That this file compiles is the most of the test.
#![allow(dead_code)]

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use varpack::{
    ArrayOr, MmapArray, MmapArray1, MmapArray2, NpyElement, Varpack, npy::Bool8, npy::FixedText,
};
use varpack_tests::advice::assert_all_obeyed;

varpack_tests::advice! {
    arrays_behind_others_mmap:
        "`Arc<MmapArray2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`Option<Box<AnyArray>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`Vec<MmapArray2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`Option<BTreeMap<String, Rc<MmapArray2<f32>>>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`AnyArray` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`Vec<ArrayOr<MmapArray1<f32>, u8>>` needs an attribute: `#[varpack(mmap)]`"
        "`Vec<MmapArray2<f32>>` is mapped: write `mmap` in place of `npy`"
        "`Option<AnyArray>` is mapped: write `mmap` in place of `npy`"
        "`Box<MmapArray2<f32>>` has arrays, no structs: write `mmap` in place of `flatten`"
    => {
        use std::{rc::Rc, sync::Arc};
        use varpack::AnyArray;

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            a: Arc<MmapArray2<f32>>,
            #[varpack(mmap)]
            b: Option<Box<AnyArray>>,
            #[varpack(mmap)]
            c: Vec<MmapArray2<f32>>,
            #[varpack(mmap)]
            d: Option<BTreeMap<String, Rc<MmapArray2<f32>>>>,
            #[varpack(mmap)]
            e: AnyArray,
            #[varpack(mmap)]
            f: Vec<ArrayOr<MmapArray1<f32>, u8>>,
            #[varpack(mmap)]
            g: Vec<MmapArray2<f32>>,
            #[varpack(mmap)]
            h: Option<AnyArray>,
            #[varpack(mmap)]
            i: Box<MmapArray2<f32>>,
        }
    }

    aliases_of_arrays:
        "an array, or a list or map of arrays, needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        type Weights = MmapArray2<f32>;

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            a: Weights,
            #[varpack(separate)]
            b: Option<Weights>,
            #[varpack(mmap)]
            c: HashMap<String, Weights>,
        }
    }

    arrays_behind_others_separate:
        "`Vec<MmapArray2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`Option<Box<AnyArray>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`AnyArray` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        use varpack::AnyArray;

        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            x: Vec<MmapArray2<f32>>,
            #[varpack(separate)]
            y: Option<Box<AnyArray>>,
            #[varpack(separate)]
            z: AnyArray,
        }
    }

    mapped_array:
        "`ndarray::Array2<f32>` lives in memory: use `MmapArray2<f32>`, or `npy` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray2<f32>,
        }
    }

    array_under_npy:
        "`ndarray::Array2<f32>` lives in memory: use `MmapArray2<f32>`, or `npy` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(npy)]
            x: ndarray::Array2<f32>,
        }
    }

    mapped_array_without_axes:
        "`ndarray::Array0<f32>` lives in memory: use `MmapArray<f32, ndarray::Ix0>`, or `npy` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray<f32, ndarray::Ix0>,
        }
    }

    mapped_array_with_dimension:
        "`ndarray::Array<f32, ndarray::Ix3>` lives in memory: use `MmapArray<f32, ndarray::Ix3>`, or `npy` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray<f32, ndarray::Ix3>,
        }
    }

    array_with_dimension_under_npy:
        "`ndarray::Array<f32, ndarray::Ix3>` lives in memory: use `MmapArray<f32, ndarray::Ix3>`, or `npy` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(npy)]
            x: ndarray::Array<f32, ndarray::Ix3>,
        }
    }

    attribute_mmap:
        "`MmapArray2<f32>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray2<f32>,
        }
    }

    attribute_separate:
        "`MmapArray2<f32>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            x: MmapArray2<f32>,
        }
    }

    option_mmap:
        "`Option<MmapArray2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: Option<MmapArray2<f32>>,
        }
    }

    option_separate:
        "`Option<MmapArray2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            x: Option<MmapArray2<f32>>,
        }
    }

    map_mmap:
        "`BTreeMap<String, MmapArray2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: BTreeMap<String, MmapArray2<f32>>,
        }
    }

    map_separate:
        "`BTreeMap<String, MmapArray2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            x: BTreeMap<String, MmapArray2<f32>>,
        }
    }

    borrowed_and_saved:
        "a loaded struct owns its data, it cannot borrow: use `MmapArray2<f32>`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `MmapArray<f32, Ix2>`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `Vec<f32>`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `String`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `Vec<u8>`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `std::path::PathBuf`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `Config`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        use ndarray::{ArrayView2, CowArray, Ix2};

        #[derive(Serialize)]
        struct Config;

        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Run<'a> {
            #[varpack(mmap)]
            a: ArrayView2<'a, f32>,
            #[varpack(npy)]
            b: CowArray<'a, f32, Ix2>,
            #[varpack(npy)]
            c: &'a [f32],
            d: &'a str,
            e: HashMap<&'a str, Vec<&'a [u8]>>,
            f: &'a std::path::Path,
            g: &'a Config,
        }
    }

    borrowed_arrays_owned:
        "a loaded struct owns its data, it cannot borrow: use `MmapArray2<f32>`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `MmapArray<f32, Ix2>`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        use ndarray::Ix2;

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            a: MmapArray2<f32>,
            #[varpack(mmap)]
            b: MmapArray<f32, Ix2>,
        }
    }

    owned_list:
        "a loaded struct owns its data, it cannot borrow: use `Vec<f32>`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        #[derive(Varpack)]
        struct Run {
            x: Vec<f32>,
        }
    }

    owned_text:
        "a loaded struct owns its data, it cannot borrow: use `String`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        #[derive(Varpack)]
        struct Run {
            x: String,
        }
    }

    owned_bytes:
        "a loaded struct owns its data, it cannot borrow: use `Vec<u8>`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            x: HashMap<String, Vec<Vec<u8>>>,
            #[varpack(skip)]
            y: HashMap<&'static str, Vec<&'static [u8]>>,
        }
    }

    owned_names_of_files:
        "a loaded struct owns its data, it cannot borrow: use `std::path::PathBuf`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `std::ffi::OsString`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `std::ffi::CString`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        #[derive(Varpack)]
        struct Run {
            a: std::path::PathBuf,
            b: std::ffi::OsString,
            #[varpack(separate)]
            c: std::ffi::CString,
            d: Vec<std::path::PathBuf>,
        }
    }

    borrowed_but_made:
        "a loaded struct owns its data, it cannot borrow: use `std::path::PathBuf`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `std::ffi::OsString`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `std::ffi::CString`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `Config`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        use std::ffi::{CStr, OsStr};
        use std::path::Path;

        struct Config;

        #[derive(Varpack)]
        struct Run<'a> {
            #[varpack(skip, default = "folder")]
            a: &'static Path,
            #[varpack(skip, default = "Default::default")]
            b: &'a OsStr,
            #[varpack(skip, default = "Default::default")]
            c: &'a CStr,
            #[varpack(skip, default = "config")]
            d: &'a Config,
            #[varpack(skip, default = "function")]
            e: &'a dyn Fn(),
            #[varpack(skip, default = "none")]
            f: Option<&'a dyn Fn()>,
        }

        fn folder() -> &'static Path {
            Path::new("folder")
        }

        fn config() -> &'static Config {
            &Config
        }

        fn function() -> &'static dyn Fn() {
            &|| ()
        }

        fn none() -> Option<&'static dyn Fn()> {
            None
        }
    }

    owned_struct:
        "a loaded struct owns its data, it cannot borrow: use `Config`, or leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        #[derive(Serialize, Deserialize)]
        struct Config;

        #[derive(Varpack)]
        struct Run {
            x: Config,
        }
    }

    borrowed_but_skipped:
        "a loaded struct owns its data, it cannot borrow: use `Vec<f32>`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
        "a loaded struct owns its data, it cannot borrow: use `String`, or leave the field out, `#[varpack(skip)]`; one that is saved and never loaded can: write `#[varpack(save_only)]` above it"
    => {
        #[derive(Varpack)]
        struct Run<'a> {
            #[varpack(skip)]
            x: &'a [f32],
            #[varpack(skip)]
            y: &'a str,
        }
    }

    pointers:
        "a pointer means nothing in another process: leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(skip, default = "std::ptr::null")]
            x: *const u8,
            #[varpack(skip, default = "function")]
            y: fn(f64) -> f64,
        }

        fn function() -> fn(f64) -> f64 {
            f64::abs
        }
    }

    texts:
        "`String` is not an element of a NumPy array: use `varpack::npy::FixedText<N>`, text of at most `N` characters, or a `Vec` under `separate`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<FixedText<10>>,
        }
    }

    characters:
        "`char` is not an element of a NumPy array: use `varpack::npy::FixedText<1>`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<FixedText<1>>,
        }
    }

    sizes:
        "`usize` is not an element of a NumPy array: use `u64`, which is of the same size on every machine"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<u64>,
        }
    }

    signed_sizes:
        "`isize` is not an element of a NumPy array: use `i64`, which is of the same size on every machine"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: BTreeMap<String, ArrayOr<MmapArray1<i64>, u64>>,
        }
    }

    wide_integers:
        "`u128` is not an element of a NumPy array: NumPy has no integers of 128 bits: use `[u64; 2]`, or a `Vec` under `separate`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: Option<MmapArray1<[u64; 2]>>,
        }
    }

    options:
        "`Option<f32>` is not an element of a NumPy array: use a number that stands for none, such as NaN, a second array that tells, or a `Vec` under `separate`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<f32>,
            #[varpack(mmap)]
            is_known: MmapArray1<bool>,
        }
    }

    records:
        "`(u32, f32)` is not an element of a NumPy array: use a `#[repr(C)]` struct with `#[derive(varpack::NpyElement, Clone, Copy)]`, or a `Vec` under `separate`"
        "`Epoch` is not an element of a NumPy array"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Epoch {
            step: u32,
            loss: f32,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<Epoch>,
        }
    }

    truths_in_arrays:
        "`[bool; 3]` is not an element of a NumPy array: use `varpack::npy::Bool8`, for not every byte in a file is a `bool`"
        "`[bool; 2]` is not an element of a NumPy array"
        "`[usize; 3]` is not an element of a NumPy array"
    => {
        type Flags = [Bool8; 2];
        type Sizes = [u64; 3];

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<[Bool8; 3]>,
            #[varpack(mmap)]
            flags: MmapArray1<Flags>,
            #[varpack(mmap)]
            sizes: MmapArray1<Sizes>,
        }
    }

    list_of_arrays:
        "`Vec<[f32; 3]>` lives in memory: use `MmapArray1<[f32; 3]>`, or `npy` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<[f32; 3]>,
            #[varpack(npy)]
            y: Vec<[f32; 3]>,
        }
    }

    one_more_axis:
        "`Vec<f32>` is not an element of a NumPy array: use an array with one more axis"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray2<f32>,
        }
    }

    fixed_array:
        "`[[f32; 4]; 4]` lives in memory: use `MmapArray1<[f32; 4]>`, or `separate` in place of `mmap`"
        "`Vec<Vec<f32>>` is a list of lists: use `MmapArray2<f32>`, or `separate` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<[f32; 4]>,
            #[varpack(mmap)]
            y: MmapArray2<f32>,
        }
    }

    list_of_lists_in_memory:
        "`Vec<Vec<f32>>` is a list of lists: use `ndarray::Array2<f32>`, or `separate` in place of `npy`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(npy)]
            x: ndarray::Array2<f32>,
        }
    }

    no_default_of_an_option:
        "`None` is a folder without the variable, which would load as this default: write `default` alone, or none, and give the value after the load"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap, default)]
            x: Option<MmapArray1<f32>>,
        }
    }

    int_keys_left_out:
        "`int_keys` is for a map of arrays with integer keys"
        "`min_len` is for a map of arrays: one array always has its file"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<f32>,
        }
    }

    int_keys_on_a_map:
        "`int_keys` is for a map of arrays with integer keys"
        "`int_keys` is for integer keys, not `String`"
        "`int_keys` is for integer keys, not `Arc<str>`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap(int_keys))]
            x: BTreeMap<u32, MmapArray1<f32>>,
        }
    }

    min_len_beside_int_keys:
        "`min_len` has no effect without `int_keys`: the arrays of a map with integer keys stay in its pickle"
    => {
        type Folds = BTreeMap<u32, MmapArray1<f32>>;

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap(min_len = 10, int_keys))]
            x: BTreeMap<u32, MmapArray1<f32>>,
            #[varpack(mmap)]
            y: BTreeMap<i8, ArrayOr<MmapArray1<f32>, u64>>,
            #[varpack(mmap(min_len = 10, int_keys))]
            z: Folds,
        }
    }

    min_len_on_a_map:
        "`min_len` is for a map of arrays: one array always has its file"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap(min_len = 10))]
            x: BTreeMap<String, MmapArray1<f32>>,
        }
    }

    joined_keys:
        "a map of arrays has one level: join the keys, as in `\"train.images\"`, make the outer map a struct under `flatten`, or `separate` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: BTreeMap<String, MmapArray1<f32>>,
        }
    }

    outer_struct:
        "the arrays of a map, or of another struct, in a nested struct have no files of their own: write `flatten` in place of `nested`"
        "a map of arrays has one level: join the keys, as in `\"train.images\"`, make the outer map a struct under `flatten`, or `separate` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Split {
            #[varpack(mmap)]
            train: BTreeMap<String, MmapArray1<f32>>,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(flatten)]
            x: Split,
        }
    }

    mixed_map:
        "`BTreeMap<String, ArrayOr<MmapArray1<f32>, u64>>` needs an attribute: `#[varpack(mmap)]`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: BTreeMap<String, ArrayOr<MmapArray1<f32>, u64>>,
        }
    }

    mixed_map_for_an_array_or_a_value:
        "`ArrayOr` is for what is in a list or map: use `BTreeMap<String, ArrayOr<MmapArray1<f32>, u8>>` under `mmap`"
        "a list or map of arrays and values goes under `mmap`: write it in place of `separate`"
        "a list or map of arrays and values goes under `mmap`: write it in place of `nested`"
        "a list or map of arrays and values goes under `mmap`: write it in place of `npy`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: BTreeMap<String, ArrayOr<MmapArray1<f32>, u8>>,
        }
    }

    map_without_options:
        "a list or map holds arrays, not options of them: leave out what is none, or `separate` in place of `mmap`"
        "`Vec<f32>` lives in memory: use `MmapArray1<f32>`, or `separate` in place of `mmap`"
        "`npy` is for one array: a map of them is a `BTreeMap<String, MmapArray1<f32>>` under `mmap`, or goes under `separate`"
        "`npy` is for one array: write `mmap` for a map of `MmapArray`s, `separate` for any other map"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: BTreeMap<String, MmapArray1<f32>>,
        }
    }

    keys_as_texts:
        "`Split` cannot be a key of a map of arrays"
        "`char` cannot be a key of a map of arrays"
        "`u128` cannot be a key of a map of arrays"
    => {
        enum Split {
            Train,
        }

        impl std::fmt::Display for Split {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Train => f.write_str("train"),
                }
            }
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: BTreeMap<String, MmapArray1<f32>>,
        }

        fn run(arrays: HashMap<Split, MmapArray1<f32>>) -> Run {
            Run { x: arrays.into_iter().map(|(key, array)| (key.to_string(), array)).collect() }
        }
    }

    array_is_mapped:
        "`MmapArray1<f32>` is mapped: write `mmap` in place of `npy`"
        "`Vec<f32>` lives in memory: use `MmapArray1<f32>`, or `npy` in place of `mmap`"
        "`Vec<f32>` cannot be memory-mapped"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<f32>,
        }
    }

    list_under_npy:
        "`Vec<f32>` lives in memory: use `MmapArray1<f32>`, or `npy` in place of `mmap`"
        "`Vec<f32>` cannot be memory-mapped"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(npy)]
            x: Vec<f32>,
        }
    }

    array_in_memory:
        "`ndarray::Array2<f32>` needs an attribute: `#[varpack(npy)]` for a `.npy` file, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(npy)]
            x: ndarray::Array2<f32>,
        }
    }

    own_type_named_as_an_array:
        "`ndarray::Array2<f32>` needs an attribute: `#[varpack(npy)]` for a `.npy` file, `separate` for a pickle"
    => {
        #[derive(Serialize, Deserialize)]
        struct Array2<T>(Vec<T>);

        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            x: Array2<f32>,
        }
    }

    number:
        "`u64` is not an array: leave `mmap` out, for a value in the shared pickle"
        "`u64` is not a struct: leave `nested` out, for a value in the shared pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            x: u64,
        }
    }

    real:
        "`f64` is not an array: leave `npy` out, for a value in the shared pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            x: f64,
        }
    }

    text:
        "`String` is not an array: leave `mmap` out, for a value in the shared pickle"
    => {
        #[derive(Varpack)]
        struct Run {
            x: String,
        }
    }

    option_of_array:
        "`npy` is for an array that is always there: use `Option<MmapArray1<f32>>` under `mmap`, or `separate` in place of `npy`"
        "`Option<MmapArray1<f32>>` is mapped: write `mmap` in place of `npy`"
        "`Vec<f32>` lives in memory: use `MmapArray1<f32>`, or `separate` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: Option<MmapArray1<f32>>,
        }
    }

    any_length:
        "`[f32; 3]` has a fixed length, and a `.npy` file has any: use `ndarray::Array1<f32>`, or `separate` in place of `npy`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(npy)]
            x: ndarray::Array1<f32>,
        }
    }

    struct_that_is_no_array:
        "`Model` cannot be memory-mapped"
        "`Model` cannot be a `.npy` file"
        "`Epoch` cannot be saved and loaded"
        "`HashMap<String, Epoch>` cannot be saved and loaded"
        "`Vec<Epoch>` cannot be saved and loaded"
        "`Vec<Epoch>` cannot be saved"
        "`Option<Epoch>` cannot be loaded"
    => {
        #[derive(Serialize, Deserialize)]
        struct Epoch;

        #[derive(Varpack)]
        struct Run {
            a: Epoch,
            #[varpack(separate)]
            b: HashMap<String, Epoch>,
            #[varpack(skip_load)]
            c: Vec<Epoch>,
            #[varpack(skip_save)]
            d: Option<Epoch>,
        }
    }

    array_or_of_no_array:
        "the first type of `ArrayOr` is an array, and `f64` is none: write the array first, or leave `ArrayOr` and `mmap` out"
        "the first type of `ArrayOr` is an array, and `String` is none: write the array first, or leave `ArrayOr` and `mmap` out"
    => {
        #[derive(Varpack)]
        struct Run {
            a: BTreeMap<String, f64>,
            b: BTreeMap<String, String>,
        }
    }

    left_out:
        "`Epoch` cannot be saved and loaded"
        "`Epoch` has no default value, which a field that is not loaded has"
    => {
        #[derive(Default)]
        struct Epoch;

        fn now() -> std::time::Instant {
            std::time::Instant::now()
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(skip)]
            a: Epoch,
            #[varpack(skip, default = "now")]
            started: std::time::Instant,
        }
    }

    lists_have_one_level:
        "a list or map of arrays has one level: make what is within it a struct, and let all of it go under `flatten`, or `separate` in place of `mmap`"
        "a list or map holds arrays, not options of them: leave out what is none, or `separate` in place of `mmap`"
        "`Option<Option<MmapArray1<f32>>>` is an option of an option: one is enough to be left out, or `separate` in place of `mmap`"
        "`int_keys` is for a map with integer keys: those of a list are texts"
    => {
        #[derive(Varpack)]
        struct Layer {
            #[varpack(mmap)]
            weights: Vec<MmapArray1<f32>>,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(flatten)]
            a: Vec<Layer>,
            #[varpack(flatten)]
            b: BTreeMap<String, std::sync::Arc<Layer>>,
            #[varpack(mmap)]
            c: Vec<MmapArray1<f32>>,
            #[varpack(mmap)]
            e: Option<MmapArray1<f32>>,
            #[varpack(mmap)]
            f: Vec<MmapArray1<f32>>,
        }
    }

    values:
        "`[[f32; 4]; 4]` lives in memory: use `MmapArray1<[f32; 4]>`, or `separate` in place of `mmap`"
        "`Vec<Vec<f32>>` is a list of lists: use `MmapArray2<f32>`, or `separate` in place of `mmap`"
        "`Vec<Vec<f32>>` is a list of lists: use `ndarray::Array2<f32>`, or `separate` in place of `npy`"
        "`[f32; 3]` has a fixed length, and a `.npy` file has any: use `ndarray::Array1<f32>`, or `separate` in place of `npy`"
        "`Vec<f32>` lives in memory: use `MmapArray1<f32>`, or `separate` in place of `mmap`"
        "`npy` is for an array that is always there: use `Option<MmapArray1<f32>>` under `mmap`, or `separate` in place of `npy`"
        "`npy` is for one array: a map of them is a `BTreeMap<String, MmapArray1<f32>>` under `mmap`, or goes under `separate`"
        "`npy` is for one array: write `mmap` for a map of `MmapArray`s, `separate` for any other map"
        "a list or map of arrays has one level: make what is within it a struct, and let all of it go under `flatten`, or `separate` in place of `mmap`"
        "a list or map holds arrays, not options of them: leave out what is none, or `separate` in place of `mmap`"
        "`Option<Option<MmapArray1<f32>>>` is an option of an option: one is enough to be left out, or `separate` in place of `mmap`"
        "a map of arrays has one level: join the keys, as in `\"train.images\"`, make the outer map a struct under `flatten`, or `separate` in place of `mmap`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            a: [[f32; 4]; 4],
            #[varpack(separate)]
            b: Vec<Vec<f32>>,
            #[varpack(separate)]
            c: [f32; 3],
            #[varpack(separate)]
            d: Option<Vec<f32>>,
            #[varpack(separate)]
            e: BTreeMap<String, Vec<f32>>,
            #[varpack(separate)]
            f: BTreeMap<String, u64>,
            #[varpack(separate)]
            g: Vec<Vec<MmapArray2<f32>>>,
            #[varpack(separate)]
            h: BTreeMap<String, Option<MmapArray1<f32>>>,
            #[varpack(separate)]
            j: Option<Option<MmapArray1<f32>>>,
            #[varpack(separate)]
            i: BTreeMap<String, BTreeMap<String, MmapArray1<f32>>>,
        }
    }

    lists_of_no_elements:
        "`String` is not an element of a NumPy array: use `varpack::npy::FixedText<N>`, text of at most `N` characters, or a `Vec` under `separate`"
        "`u128` is not an element of a NumPy array: NumPy has no integers of 128 bits: use `[u64; 2]`, or a `Vec` under `separate`"
        "`Option<f32>` is not an element of a NumPy array: use a number that stands for none, such as NaN, a second array that tells, or a `Vec` under `separate`"
        "`(u32, f32)` is not an element of a NumPy array: use a `#[repr(C)]` struct with `#[derive(varpack::NpyElement, Clone, Copy)]`, or a `Vec` under `separate`"
        "`Epoch` is not an element of a NumPy array"
        "`Vec<Epoch>` cannot be memory-mapped"
    => {
        #[derive(Serialize, Deserialize)]
        struct Epoch;

        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            a: Vec<String>,
            #[varpack(separate)]
            b: Vec<u128>,
            #[varpack(separate)]
            c: Vec<Option<f32>>,
            #[varpack(separate)]
            d: Vec<(u32, f32)>,
            #[varpack(separate)]
            e: Vec<Epoch>,
        }
    }

    lists_of_elements:
        "`Vec<Epoch>` cannot be memory-mapped"
        "`Vec<FixedText<10>>` cannot be memory-mapped"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Epoch {
            step: u32,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<Epoch>,
            #[varpack(mmap)]
            y: MmapArray1<FixedText<10>>,
        }
    }

    referred_to:
        "`&'static str` is not an element of a NumPy array: an array holds values, not references: for text use `varpack::npy::FixedText<N>`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<FixedText<10>>,
        }
    }

    maps_of_values:
        "`HashSet<u64>` cannot be in a map of arrays"
        "`Split` cannot be a key of a map of arrays"
        "`char` cannot be a key of a map of arrays"
        "`u128` cannot be a key of a map of arrays"
    => {
        use std::collections::HashSet;

        #[derive(Serialize, Deserialize, PartialEq, Eq, Hash)]
        enum Split {
            Train,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            b: BTreeMap<String, HashSet<u64>>,
            #[varpack(separate)]
            c: HashMap<Split, MmapArray1<f32>>,
            #[varpack(separate)]
            d: HashMap<char, MmapArray1<f32>>,
            #[varpack(separate)]
            e: BTreeMap<u128, MmapArray1<f32>>,
        }
    }

    keys_that_have_a_text:
        "`Split` cannot be a key of a map of arrays"
    => {
        #[derive(PartialEq, Eq, Hash)]
        enum Split {
            Train,
        }

        impl varpack::field::MapKey for Split {
            fn to_text(&self) -> std::borrow::Cow<'_, str> {
                "train".into()
            }

            fn from_text(text: &str) -> Option<Self> {
                (text == "train").then_some(Self::Train)
            }
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: HashMap<Split, MmapArray1<f32>>,
        }
    }

    structs_that_are_no_arrays:
        "`Model` cannot be memory-mapped"
        "`Model` cannot be a `.npy` file"
    => {
        #[derive(Varpack)]
        struct Model {
            depth: u64,
        }

        #[derive(Serialize, Deserialize)]
        struct Config;

        #[derive(Varpack)]
        struct Run {
            #[varpack(nested)]
            model: Model,
            #[varpack(separate)]
            config: Config,
        }
    }

    long_values:
        "`[u8; 64]` cannot be saved and loaded"
        "`(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8)` cannot be saved and loaded"
    => {
        #[derive(Serialize, Deserialize)]
        struct Wide(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8);

        #[derive(Varpack)]
        struct Run {
            board: Vec<u8>,
            wide: Wide,
        }
    }

    list_of_texts:
        "`Vec<String>` is not an array of numbers: use `separate`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            x: Vec<String>,
        }
    }

    arrays_for_nested:
        "`MmapArray<f32, Dim<[usize; 1]>>` cannot be nested"
        "`BTreeMap<String, MmapArray<f32, Dim<[usize; 1]>>>` cannot be nested"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            x: MmapArray1<f32>,
            #[varpack(mmap)]
            y: BTreeMap<String, MmapArray1<f32>>,
        }
    }

    values_for_nested:
        "`Vec<String>` cannot be nested"
        "`Option<String>` cannot be nested"
        "`BTreeMap<String, Layer>` cannot be nested"
        "`[u64; 3]` cannot be nested"
        "`PathBuf` cannot be nested"
    => {
        #[derive(Serialize, Deserialize, Varpack)]
        struct Layer {
            #[varpack(mmap)]
            weights: MmapArray1<f32>,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(separate)]
            a: Vec<String>,
            #[varpack(separate)]
            b: Option<String>,
            #[varpack(separate)]
            c: BTreeMap<String, Layer>,
            #[varpack(separate)]
            d: [u64; 3],
            #[varpack(separate)]
            e: std::path::PathBuf,
        }
    }

    struct_to_nest:
        "`Model` cannot be nested"
    => {
        #[derive(Varpack)]
        struct Model {
            history: Vec<f64>,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(nested)]
            x: Model,
        }
    }

    length_that_is_a_number:
        "mismatched types"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap(min_len = 10_000))]
            x: BTreeMap<String, MmapArray1<f32>>,
        }
    }

    ours_beside_serdes:
        "`Varpack` does not read serde's `skip`: write `#[varpack(skip)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `skip_serializing`: write `#[varpack(skip_save)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `skip_deserializing`: write `#[varpack(skip_load)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `rename`: write `#[varpack(rename = \"lr\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `rename`: write `#[varpack(rename = \"…\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `alias`: write `#[varpack(alias = \"rate\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `default`: write `#[varpack(default)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `default`: write `#[varpack(default = \"ten\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `flatten`: write `#[varpack(flatten)]` for a struct that derives `Varpack` too, `#[varpack(separate)]` for all else; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `rename_all`: write `#[varpack(rename_all = \"camelCase\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `rename_all`: write `#[varpack(rename_all = \"…\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `with`: give the field a type of your own, and implement serde's traits for it; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `serialize_with`: give the field a type of your own, and implement serde's traits for it; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `deserialize_with`: give the field a type of your own, and implement serde's traits for it; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(Serialize, Deserialize, Varpack)]
        #[serde(rename_all = "camelCase")]
        #[varpack(rename_all = "camelCase")]
        struct Run {
            #[serde(skip)]
            #[varpack(skip)]
            a: String,
            #[serde(skip_serializing, default)]
            #[varpack(skip_save)]
            b: u64,
            #[serde(skip_deserializing)]
            #[varpack(skip_load)]
            c: u64,
            #[serde(rename = "lr", alias = "rate")]
            #[varpack(rename = "lr", alias = "rate")]
            d: f64,
            #[serde(default)]
            #[varpack(default)]
            e: u64,
            #[serde(default = "ten")]
            #[varpack(default = "ten")]
            f: u64,
            #[serde(flatten)]
            #[varpack(flatten)]
            g: Inner,
            h: Own,
        }

        #[derive(Serialize, Deserialize, Varpack)]
        struct Inner {
            x: u64,
        }

        struct Own(u64);

        impl Serialize for Own {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0.to_string())
            }
        }

        impl<'de> Deserialize<'de> for Own {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map(Self).map_err(serde::de::Error::custom)
            }
        }

        fn ten() -> u64 {
            10
        }
    }

    flattened_values:
        "`Varpack` does not read serde's `flatten`: write `#[varpack(separate)]`, for a variable of its own, or `#[varpack(flatten)]` for a map of structs that derive `Varpack` too; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `flatten`: write `#[varpack(flatten)]` for a struct that derives `Varpack` too, `#[varpack(separate)]` for all else; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(Serialize, Deserialize)]
        struct Inner {
            x: u64,
        }

        type Rest = BTreeMap<String, u64>;

        #[derive(Serialize, Deserialize, Varpack)]
        struct Run {
            #[serde(flatten)]
            #[varpack(separate)]
            a: HashMap<String, u8>,
            #[serde(flatten)]
            #[varpack(separate)]
            b: Option<Inner>,
            #[serde(flatten)]
            #[varpack(separate)]
            c: Rest,
        }
    }

    ours_in_place_of_serdes:
        "`Varpack` does not read serde's `skip`: write `#[varpack(skip)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `skip_serializing`: write `#[varpack(skip_save)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `skip_deserializing`: write `#[varpack(skip_load)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `rename`: write `#[varpack(rename = \"lr\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(Varpack)]
        #[varpack(rename_all = "camelCase")]
        struct Run {
            #[varpack(skip)]
            a: String,
            #[varpack(skip_save)]
            b: u64,
            #[varpack(skip_load)]
            c: u64,
            #[varpack(rename = "lr", alias = "rate")]
            d: f64,
        }
    }

    serdes_left_to_serde:
        "`Varpack` does not read serde's `skip_serializing_if`: it saves every field; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `no_word_of_serde`: `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `serde`: `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `deny_unknown_fields`: it keeps variables that no field asks for, and `LoadReport` names them; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `transparent`: a struct is a folder, and its field a variable there; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `tag`: `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `content`: `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `untagged`: `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `from`: write `#[varpack(from = \"u64\")]`, if a load is to go that way; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `into`: `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(Serialize, Deserialize, Varpack)]
        #[serde(deny_unknown_fields, tag = "kind")]
        #[varpack(ignore_serde)]
        struct Run {
            #[serde(skip_serializing_if = "Option::is_none")]
            x: Option<u64>,
        }
    }

    default_on_each_field:
        "`Varpack` does not read serde's `default`: write `#[varpack(default)]` on each field; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(Serialize, Deserialize, Varpack, Default)]
        #[serde(default)]
        struct Run {
            #[varpack(default)]
            x: u64,
        }
    }

    values_in_quotes:
        "`default` takes the path of a function without arguments: `default = \"path::to\"`"
        "`default` takes a string: `default = \"seven\"`"
        "`rename` takes a string: `rename = \"7\"`"
        "`rename` takes a string: `rename = \"y\"`"
        "`rename` takes a string: `rename = \"…\"`"
        "`rename =` lacks its value"
        "`alias` takes a string: `alias = \"…\"`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(default = "seven", rename = "7")]
            a: u64,
            #[varpack(default = "path::to", rename = "y")]
            b: u64,
            #[varpack(rename = "xy", alias = "c")]
            c: u64,
        }

        fn seven() -> u64 {
            7
        }

        mod path {
            pub(super) fn to() -> u64 {
                5
            }
        }
    }

    words_above_the_struct:
        "`bound` takes what may follow `where`: `bound = \"T: Element\"`"
        "`crate` takes the path of the crate: `crate = \"::varpack\"`"
        "`rename_all` goes above the struct, not on a field"
        "unknown attribute `rename_al`: did you mean `rename_all`?"
        "unknown attribute `transparent`: a struct takes `crate`, `bound`, `rename_all`, `save_only`, `from`, `try_from`, `ignore_serde`"
        "unknown rule \"camel_case\": did you mean \"camelCase\"?"
        "unknown rule \"Title Words\": the rules are `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`"
    => {
        use varpack::npy::Element;

        #[derive(Varpack)]
        #[varpack(bound = "T: Element", crate = "::varpack", rename_all = "camelCase", ignore_serde)]
        struct Run<T> {
            #[varpack(mmap)]
            x: MmapArray1<T>,
        }

        #[derive(Varpack)]
        #[varpack(rename_all = "SCREAMING-KEBAB-CASE")]
        struct Other {
            a_b: u64,
        }
    }

    words_on_a_field:
        "unknown attribute `Mmap`: did you mean `mmap`?"
        "unknown attribute `mmapp`: did you mean `mmap`?"
        "unknown attribute `seperate`: did you mean `separate`?"
        "unknown attribute `skip_loading`: did you mean `skip_load`?"
        "unknown attribute `skip_serializing`: did you mean `skip_save`?"
        "unknown attribute `compress`: a field takes `mmap`, `npy`, `separate`, `nested`, `flatten`, `skip`, `skip_load`, `skip_save`, `default`, `rename`, `alias`"
        "`mmap` goes on a field, not above the struct"
        "`MmapArray1<f32>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`skip` takes no value"
        "`separate` takes no value"
        "write `#[varpack(…)]`, the attributes in round brackets"
        "expected a word, such as `mmap` or `rename = \"…\"`"
        "expected a comma between two attributes"
        "expected one word, such as `mmap`, not a path"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap, default)]
            a: Option<MmapArray1<f32>>,
            #[varpack(separate, skip_load)]
            b: Vec<f64>,
            #[varpack(nested)]
            c: Inner,
            #[varpack(skip_save)]
            d: u64,
            #[varpack(skip)]
            e: u64,
        }

        #[derive(Varpack)]
        struct Inner {
            x: u64,
        }
    }

    not_one_struct:
        "`AnyArray` cannot be nested"
        "`Vec<MmapArray<f32, Dim<[usize; 1]>>>` cannot be nested"
        "`Box<Inner>` cannot be nested"
        "`Vec<Option<MmapArray<f32, Dim<[usize; 1]>>>>` cannot be memory-mapped"
    => {
        use varpack::AnyArray;

        #[derive(Varpack)]
        struct Inner {
            step: u64,
        }

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            a: AnyArray,
            #[varpack(mmap)]
            b: Vec<MmapArray1<f32>>,
            #[varpack(nested)]
            c: Inner,
            #[varpack(separate)]
            d: Vec<Option<MmapArray1<f32>>>,
        }
    }

    not_one_plain_array:
        "`npy` is for an array that is always there: use `Option<MmapArray2<f32>>` under `mmap`, or `separate` in place of `npy`"
        "`AnyArray` is mapped: write `mmap` in place of `npy`"
        "`Vec<MmapArray1<f32>>` is mapped: write `mmap` in place of `npy`"
        "`String` is not an array: leave `npy` out, for a value in the shared pickle"
        "`Box<Vec<f32>>` cannot be a `.npy` file"
        "`Arc<ArrayBase<OwnedRepr<f32>, Dim<[usize; 1]>, f32>>` cannot be a `.npy` file"
    => {
        use std::sync::Arc;
        use varpack::AnyArray;

        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap)]
            a: Option<MmapArray2<f32>>,
            #[varpack(mmap)]
            b: AnyArray,
            #[varpack(mmap)]
            c: Vec<MmapArray1<f32>>,
            d: String,
            #[varpack(separate)]
            e: Box<[f32]>,
            #[varpack(mmap)]
            f: Arc<MmapArray1<f32>>,
        }
    }

    words_in_brackets:
        "`mmap` takes its options in brackets: `mmap(min_len = 10_000)`"
        "`min_len` takes a number of elements: `min_len = 10_000`"
        "`int_keys` takes no value"
        "unknown attribute `min_length`: did you mean `min_len`?"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap(min_len = 10_000))]
            a: BTreeMap<String, MmapArray1<f32>>,
            #[varpack(mmap(int_keys))]
            b: BTreeMap<u64, MmapArray1<f32>>,
        }
    }
}

#[test]
fn advice_that_is_obeyed_compiles() {
    let themes = ["ui/attribute", "ui/type", "ui/nested", "ui/serde", "ui/serde_attribute"];
    assert_all_obeyed(&themes, MESSAGES);
}
