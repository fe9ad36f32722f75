//! Each advice of `#[derive(Varpack)]` on names, on attributes that exclude each other and on what is no struct, obeyed, as
//! `derive_advice.rs` has it for the types of fields.
#![allow(dead_code)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};
use varpack_tests::advice::assert_all_obeyed;

varpack_tests::advice! {
    other_names:
        "'/' cannot be in the name of a variable with a file of its own, which has its name"
        "'\\0' cannot be in the name of a variable with a file of its own, which has its name"
        "'\\\\' cannot be in the name of a variable with a file of its own, which has its name"
        "'\\n' cannot be in the name of a variable with a file of its own, which has its name"
        "`.hidden` would be a hidden file: a name cannot start with a dot"
        "the name of a variable with a file of its own cannot be empty"
        "this name is 250 bytes long, and a file's name can have 248"
        "`__Misc_Vars__` is a name that the folder or the Python program needs: give the field another name or `rename = \"…\"`"
        "`__class__` is a name that the folder or the Python program needs: give the field another name or `rename = \"…\"`"
        "`__dict__` is a name that the folder or the Python program needs: give the field another name or `rename = \"…\"`"
        "`__misc_vars__` is a name that the folder or the Python program needs: give the field another name or `rename = \"…\"`"
        "`varpack` is a name that the folder or the Python program needs: give the field another name or `rename = \"…\"`"
        "`__internal__` is a name that the folder or the Python program needs: leave the alias out"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(separate, rename = "a-b")]
            a: u64,
            #[varpack(separate, rename = "hidden")]
            b: u64,
            #[varpack(separate)]
            c: u64,
            #[varpack(rename = "dict")]
            __dict__: u64,
        }
    }

    names_of_values:
        "'/' cannot be in the name of a variable with a file of its own, which has its name"
        "'\\0' cannot be in the name of a variable with a file of its own, which has its name"
        "'\\\\' cannot be in the name of a variable with a file of its own, which has its name"
        "'\\n' cannot be in the name of a variable with a file of its own, which has its name"
        "the name of a variable with a file of its own cannot be empty"
        "this name is 250 bytes long, and a file's name can have 248"
        "`varpack` is a name that the folder or the Python program needs: give the field another name or `rename = \"…\"`"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(rename = "a/b")]
            a: u64,
            #[varpack(rename = "a\0b")]
            b: u64,
            #[varpack(rename = "a\\b")]
            c: u64,
            #[varpack(rename = "a\nb")]
            d: u64,
            #[varpack(rename = "")]
            e: u64,
            varpack: u64,
        }
    }

    names_of_one_field:
        "`images_` and `images` would share the variable `images`"
        "`images` and `pictures` would share the variable `images`"
        "`images` and `Images` would share a file where case does not count"
        "`images` is a name of the field `images` already"
        "`images` is a name of this field already"
        "`pics` is a name of the field `images` already"
    => {
        #[derive(Varpack)]
        #[varpack(rename_all = "camelCase")]
        struct Run {
            #[varpack(rename = "older images")]
            images_: u64,
            #[varpack(alias = "pics")]
            images: u64,
            #[varpack(alias = "photos")]
            pictures: u64,
        }
    }

    one_of_two:
        "`mmap` and `npy` exclude each other: a field lives in one place"
        "`mmap` and `separate` exclude each other: a field lives in one place"
        "`nested` and `separate` exclude each other: a field lives in one place"
        "`mmap` and `nested` exclude each other: a field lives in one place"
        "`mmap` and `flatten` exclude each other: a field lives in one place"
        "`npy` and `separate` exclude each other: a field lives in one place"
        "`npy` and `nested` exclude each other: a field lives in one place"
        "`npy` and `flatten` exclude each other: a field lives in one place"
        "`separate` and `nested` exclude each other: a field lives in one place"
        "`separate` and `flatten` exclude each other: a field lives in one place"
        "`nested` and `flatten` exclude each other: a field lives in one place"
        "`mmap` is given twice"
        "`npy` is given twice"
        "`separate` is given twice"
        "`nested` is given twice"
        "`flatten` is given twice"
        "`prefix` is given twice"
        "`int_keys` is given twice"
        "`ignore_serde` is given twice"
        "`rename` is given twice"
        "`rename_all` is given twice"
        "`default` is given twice"
        "`min_len` is given twice"
        "`skip` is given twice"
        "`skip_load` is given twice"
        "`skip_save` is given twice"
        "`skip_load` and `skip_save` together: write `skip`"
        "`skip` and `skip_load` together: write `skip`"
        "`skip` and `skip_save` together: write `skip`"
    => {
        #[derive(Varpack)]
        struct Inner {
            step: u64,
        }

        #[derive(Varpack)]
        #[varpack(rename_all = "UPPERCASE", ignore_serde)]
        struct Run {
            #[varpack(mmap)]
            a: MmapArray1<f32>,
            #[varpack(separate, rename = "b")]
            b: u64,
            #[varpack(skip)]
            c: u64,
            #[varpack(default = "seven")]
            d: u64,
            #[varpack(mmap(min_len = 2))]
            e: BTreeMap<String, MmapArray1<f32>>,
            #[varpack(npy)]
            f: Vec<f32>,
            #[varpack(nested)]
            g: Inner,
            #[varpack(flatten(prefix = "inner_"))]
            h: Inner,
            #[varpack(mmap(int_keys))]
            i: BTreeMap<u32, MmapArray1<f32>>,
            #[varpack(skip_load)]
            j: u64,
            #[varpack(skip_save)]
            k: u64,
        }

        fn seven() -> u64 {
            7
        }
    }

    without_effect:
        "`alias` has no effect beside `skip`: the field is not in the folder"
        "`rename` has no effect beside `skip`: the field is not in the folder"
        "`mmap` has no effect beside `skip`: the field is not in the folder"
        "`npy` has no effect beside `skip`: the field is not in the folder"
        "`separate` has no effect beside `skip`: the field is not in the folder"
        "`nested` has no effect beside `skip`: the field is not in the folder"
        "`flatten` has no effect beside `skip`: the field is not in the folder"
        "`separate` has no effect beside `skip_save`: the field is not saved"
        "`int_keys` has no effect beside `skip_save`: the field is not saved"
        "`min_len` has no effect beside `skip_save`: the field is not saved"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(skip)]
            a: MmapArray1<f32>,
            #[varpack(skip_save)]
            b: Vec<f64>,
            #[varpack(mmap, skip_save)]
            c: BTreeMap<u32, MmapArray1<f32>>,
        }
    }

    structs:
        "`Varpack` needs named fields, for each becomes a variable of the folder: write `struct Run { images: … }`"
        "a struct without fields has nothing to save: write `struct Run { step: u64 }`"
        "a union cannot be saved, for nothing tells which field is the live one: use a struct"
        "an enum cannot be a folder: derive serde's traits for it, and make it a field of a struct that derives `Varpack`"
        "`Run` cannot be saved to a folder or loaded from one"
    => {
        #[derive(Serialize, Deserialize)]
        enum State {
            Fresh,
            Trained { step: u64 },
        }

        #[derive(Varpack)]
        struct Run {
            step: u64,
            state: State,
        }

        fn keep(run: &impl Varpack) -> varpack::Result<()> {
            run.save("runs/7")
        }

        fn run(run: &Run) -> varpack::Result<()> {
            keep(run)
        }
    }

    parameters:
        "`T` cannot be saved and loaded"
        "the trait bound `NoDefault: Default` is not satisfied"
    => {
        #[derive(Varpack)]
        #[varpack(bound = "T: Clone + varpack::field::ValueField")]
        struct Value<T> {
            x: T,
        }

        #[derive(Varpack)]
        struct Run<T> {
            #[varpack(skip)]
            x: T,
        }

        #[derive(Default)]
        struct NoDefault;

        fn load() -> varpack::Result<Run<NoDefault>> {
            Run::load("runs/7")
        }
    }
}

#[test]
fn advice_on_names_attributes_and_structs_that_is_obeyed_compiles() {
    let themes = ["ui/conflict", "ui/name", "ui/shape", "ui/bounds"];
    assert_all_obeyed(&themes, MESSAGES);
}
