//! Each advice of `#[derive(Varpack)]` on `cast`, `from` and `try_from`, obeyed, as `derive_advice.rs` has it for the types of
//! fields.
#![allow(dead_code)]

use serde::{Deserialize, Serialize};
use varpack::{AnyArray, MmapArray1, Varpack};
use varpack_tests::advice::assert_all_obeyed;

varpack_tests::advice! {
    casts:
        "`cast` stands alone, for casts that lose nothing, or is `cast = \"lossy\"`"
        "`cast` takes a string: `cast = \"lossy\"`"
        "`npy` takes its option in brackets: `npy(cast)`"
        "unknown attribute `casts`: did you mean `cast`?"
        "`cast` is given twice"
        "`cast` is an option: `mmap(cast)` or `npy(cast)`"
        "`cast` has no effect beside `skip_load`: the field is not loaded"
        "`cast` has no effect on an `AnyArray`, which is of whichever dtype its file has"
    => {
        #[derive(Varpack)]
        struct Run {
            #[varpack(mmap(cast))]
            a: MmapArray1<f32>,
            #[varpack(npy(cast = "lossy"))]
            b: Vec<f32>,
            #[varpack(npy(cast))]
            c: Vec<f32>,
            #[varpack(mmap, skip_load)]
            d: MmapArray1<f32>,
            #[varpack(mmap)]
            e: Vec<AnyArray>,
        }
    }

    saved_only:
        "a `save_only` struct is never loaded, and so made of no other: leave `save_only` out, or the other"
        "`cast` has no effect in a `save_only` struct, which is never loaded: leave it out"
    => {
        #[derive(Varpack)]
        #[varpack(save_only)]
        struct Run<'a> {
            #[varpack(mmap)]
            x: &'a [f32],
        }
    }

    others:
        "`from` and `try_from` exclude each other: a load makes the struct of one other"
        "`try_from` takes the struct that this one is made of on load: `try_from = \"Older\"`"
        "`from` takes the struct that this one is made of on load: `from = \"Older\"`"
        "`default` has no effect beside `from` or `try_from`: a load reads the other struct, and not this field"
        "`alias` goes on the fields of the struct that is loaded, not beside `from` or `try_from`: what it has by that name is no value of this field"
        "`cast` has no effect beside `from` or `try_from`: a load reads the other struct, and not this field"
        "`skip_load` has no effect beside `from` or `try_from`: a load reads the other struct, and not this field"
        "`Older` cannot be loaded from a folder"
        "the trait bound `Run: From<Older>` is not satisfied"
        "`Varpack` does not read serde's `from`: write `#[varpack(from = \"Older\")]`, if a load is to go that way; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(Serialize, Deserialize, Varpack)]
        struct Older {
            #[varpack(default)]
            a: u64,
            #[varpack(alias = "b2")]
            b: u64,
            #[varpack(npy(cast))]
            c: Vec<f32>,
        }

        #[derive(Serialize, Deserialize, Varpack)]
        #[serde(from = "Older")]
        #[varpack(from = "Older")]
        struct Run {
            a: u64,
            b: u64,
            #[varpack(npy)]
            c: Vec<f32>,
        }

        impl From<Older> for Run {
            fn from(Older { a, b, c }: Older) -> Self {
                Self { a, b, c }
            }
        }
    }
}

#[test]
fn advice_on_the_evolution_of_structs_that_is_obeyed_compiles() {
    assert_all_obeyed(&["ui/evolution"], MESSAGES);
}
