//! Each advice of the derive on structs that are only saved, obeyed.
#![allow(dead_code)]

use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::Serialize;
use std::collections::BTreeMap;
use varpack::{ArrayOr, MmapArray2, PackFields, Varpack, npy::FixedText};
use varpack_tests::advice::assert_all_obeyed;

varpack_tests::advice! {
    loaded_as_another_struct:
        "`Ckpt<'_>` cannot be loaded from a folder"
    => {
        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            name: &'a str,
        }

        #[derive(Varpack)]
        struct Run {
            name: String,
        }

        fn resume() -> varpack::Result<(Run, varpack::Pack)> {
            Ckpt { name: "a" }.save("runs/7")?;
            Ok((Run::load("runs/7")?, varpack::Pack::open("runs/7")?))
        }
    }

    loaded_parameter:
        "`T` cannot be loaded from a folder"
    => {
        fn resume<T: PackFields>() -> T {
            T::load("runs/7").unwrap()
        }
    }

    only_in_those_that_are_only_saved:
        "`Layer` cannot be nested"
        "`Vec<Layer>` cannot be flattened"
    => {
        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Layer {
            rate: f64,
        }

        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Run {
            #[varpack(nested)]
            layer: Layer,
            #[varpack(flatten)]
            layers: Vec<Layer>,
        }
    }

    borrowed_array_that_an_alias_hides:
        "an array, or a list or map of arrays, needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        type Borrowed<'a> = &'a MmapArray2<f32>;

        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            #[varpack(mmap)]
            files: Borrowed<'a>,
            #[varpack(separate)]
            pickle: Borrowed<'a>,
        }
    }

    nothing_about_loads:
        "`skip_load` has no effect in a `save_only` struct, which is never loaded: leave it out"
        "a `save_only` struct is never loaded, so this field would be neither saved nor loaded: write `skip` in place of `skip_save`"
        "`default` has no effect in a `save_only` struct, which is never loaded: leave it out"
        "`cast` has no effect in a `save_only` struct, which is never loaded: leave it out"
        "`from` and `try_from` have no effect beside `save_only`: the struct is not loaded"
        "`save_only` goes above the struct, not on a field"
        "`save_only` is given twice"
        "`save_only` takes no value"
        "unknown attribute `write_only`: did you mean `save_only`?"
        "unknown attribute `saveonly`: did you mean `save_only`?"
    => {
        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            a: &'a str,
            #[varpack(skip)]
            b: &'a str,
            c: &'a str,
            #[varpack(skip)]
            d: &'a str,
            #[varpack(mmap)]
            e: &'a [f32],
            f: &'a str,
        }
    }

    attributes_of_serde:
        "`Varpack` does not read serde's `rename`: write `#[varpack(rename = \"B\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`Varpack` does not read serde's `skip_serializing`: write `#[varpack(skip)]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(Varpack, Serialize)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            #[serde(skip_serializing)]
            #[varpack(skip)]
            a: &'a str,
            #[serde(rename = "B", default, skip_deserializing)]
            #[varpack(rename = "B")]
            b: &'a str,
        }
    }

    arrays_that_need_an_attribute:
        "`&'a MmapArray2<f32>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`ArrayView2<'a, f32>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`BTreeMap<&'a str, ArrayView2<'a, f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        "`Option<&'a Array2<f32>>` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    => {
        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            #[varpack(mmap)]
            a: &'a MmapArray2<f32>,
            #[varpack(mmap)]
            b: ArrayView2<'a, f32>,
            #[varpack(mmap)]
            c: Option<&'a Array2<f32>>,
            #[varpack(mmap)]
            d: BTreeMap<&'a str, ArrayView2<'a, f32>>,
            #[varpack(separate)]
            e: &'a MmapArray2<f32>,
        }
    }

    one_array_or_many:
        "`Vec<f32>` is one array, and under `mmap` a `Vec` is a list of arrays: use `&[f32]`, or, of what is always there, write `npy` in place of `mmap`"
        "a slice `&[T]` is one array, with elements of type `T`: for a list of arrays use a `Vec` of them, or a reference to one, under `mmap`"
        "`npy` is for an array that is always there: write `mmap` in place of `npy`, with a slice in place of a `Vec`"
        "`npy` is for one array: write `mmap` for a map of arrays, `separate` for any other map"
        "`Vec<&'a Array2<f32>>` is a list of arrays: write `mmap` in place of `npy`"
        "`ArrayOr` is for what is in a list or map: use `BTreeMap<&str, ArrayOr<&'a Array2<f32>, u64>>` under `mmap`"
        "`Array2<f32>` is one array: write `npy` in place of `flatten`"
        "`Option<Option<&'a [f32]>>` is an option of an option: one is enough to be left out, or `separate` in place of `mmap`"
        "a map of arrays has one level: join the keys, as in `\"train.images\"`, make the outer map a struct under `flatten`, or `separate` in place of `mmap`"
        "a list or map holds arrays, not options of them: leave out what is none, or `separate` in place of `mmap`"
        "`usize` is not an element of a NumPy array: use `u64`, which is of the same size on every machine"
        "`String` is not an element of a NumPy array: use `varpack::npy::FixedText<N>`, text of at most `N` characters, or a `Vec` under `separate`"
        "`min_len` is for a map of arrays: one array always has its file"
        "`int_keys` is for integer keys, not `&'a str`"
    => {
        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            #[varpack(npy)]
            a: &'a Vec<f32>,
            #[varpack(mmap)]
            b: &'a [f32],
            #[varpack(mmap)]
            c: Option<&'a [f32]>,
            #[varpack(mmap)]
            d: BTreeMap<&'a str, &'a [f32]>,
            #[varpack(mmap)]
            e: Vec<&'a Array2<f32>>,
            #[varpack(mmap)]
            f: BTreeMap<&'a str, ArrayOr<&'a Array2<f32>, u64>>,
            #[varpack(npy)]
            g: &'a Array2<f32>,
            #[varpack(separate)]
            h: Vec<Option<&'a [f32]>>,
            #[varpack(mmap)]
            i: BTreeMap<&'a str, &'a [u64]>,
            #[varpack(mmap)]
            j: ArrayView1<'a, FixedText<8>>,
            #[varpack(mmap)]
            k: Vec<&'a MmapArray2<f32>>,
            #[varpack(mmap)]
            l: &'a Vec<Vec<f32>>,
        }
    }

    values:
        "`str` is not an array: leave `mmap` out, for a value in the shared pickle"
        "`u64` is not an array: leave `mmap` out, for a value in the shared pickle"
        "`f64` is not an array: leave `npy` out, for a value in the shared pickle"
        "`u64` is not a struct: leave `nested` out, for a value in the shared pickle"
        "`Option<u64>` has no structs in it: write `separate` in place of `flatten`"
        "`[u64]` has no structs in it: write `separate` in place of `flatten`"
        "`&'a Option<u64>` needs a prefix, by which its variables are told from others"
        "`&'a [Layer]` needs a prefix, by which its variables are told from others"
        "`(u8, u8)` cannot be a key of a map of arrays"
        "`&'a Plain` cannot be saved as arrays"
        "`&'a Plain` cannot be saved as an array"
        "`Vec<&'a Plain>` cannot be saved as arrays"
        "`&'a NotSerialize` cannot be saved"
    => {
        #[derive(Serialize)]
        struct Plain;

        #[derive(Serialize)]
        struct NotSerialize;

        #[derive(Varpack)]
        struct Layer {
            rate: f64,
        }

        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            a: &'a str,
            b: &'a u64,
            c: &'a f64,
            #[varpack(separate)]
            d: &'a Option<u64>,
            #[varpack(separate)]
            e: BTreeMap<(u8, u8), &'a [f32]>,
            #[varpack(separate)]
            f: &'a Plain,
            #[varpack(separate)]
            g: Vec<&'a Plain>,
            h: &'a NotSerialize,
            #[varpack(separate)]
            i: &'a [u64],
            #[varpack(flatten(prefix = "layer_"))]
            j: &'a [Layer],
        }
    }

    structs:
        "`&'a Plain` cannot be nested"
        "`Vec<&'a Plain>` cannot be flattened"
        "the arrays of a map, or of another struct, in a nested struct have no files of their own: write `flatten` in place of `nested`"
    => {
        #[derive(Varpack)]
        struct Plain {
            x: u64,
        }

        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Layer<'a> {
            #[varpack(mmap)]
            map: BTreeMap<&'a str, &'a [f32]>,
        }

        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Ckpt<'a> {
            #[varpack(nested)]
            a: &'a Plain,
            #[varpack(flatten)]
            b: Vec<&'a Plain>,
            #[varpack(flatten)]
            layer: &'a Layer<'a>,
        }
    }
}

#[test]
fn advice_on_structs_that_are_only_saved_that_is_obeyed_compiles() {
    assert_all_obeyed(&["ui/save_only"], MESSAGES);
}
