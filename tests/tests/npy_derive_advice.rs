//! Each advice of `#[derive(NpyElement)]`, obeyed, as `derive_advice.rs` has it for `#[derive(Varpack)]`.
#![allow(dead_code)]

use varpack::NpyElement;
use varpack::npy::{Bool8, FixedText};
use varpack_tests::advice::assert_all_obeyed;

varpack_tests::advice! {
    padding_in_three_places:
        "implicit padding before field `step`: put a field `#[varpack(padding)] _padding_before_step: [u8; 1]` there"
        "implicit padding before field `type`: put a field `#[varpack(padding)] _padding_before_type: [u8; 4]` there"
        "implicit padding after field `rate`: put a field `#[varpack(padding)] _padding_after_rate_: [u8; 4]` there"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Epoch {
            kind: u8,
            #[varpack(padding)]
            _padding_before_step: [u8; 1],
            step: u16,
            #[varpack(padding)]
            _padding_before_type: [u8; 4],
            r#type: u64,
            _padding_after_rate: [u8; 8],
            rate: f32,
            #[varpack(padding)]
            _padding_after_rate_: [u8; 4],
        }
    }

    padding_before_a_field:
        "implicit padding before field `loss`: put a field `#[varpack(padding)] _padding_before_loss: [u8; 4]` there"
        "a second field named `loss`"
        "the first field named `loss`"
        "padding has the type `[u8; N]`"
        "padding has no name in the dtype"
        "unknown attribute: on a record's field there are `rename = \"..\"` and `padding`"
        "a field's name cannot be empty"
        "`rename` takes a string: `rename = \"…\"`"
        "`rename` is given twice"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Epoch {
            step: u32,
            #[varpack(padding)]
            _padding_before_loss: [u8; 4],
            loss: f64,
            #[varpack(rename = "the loss")]
            other: f64,
        }
    }

    padding_after_a_field:
        "implicit padding after field `step`: put a field `#[varpack(padding)] _padding_after_step: [u8; 6]` there"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Epoch {
            loss: f64,
            step: u16,
            #[varpack(padding)]
            _padding_after_step: [u8; 6],
        }
    }

    padding_of_an_aligned_struct:
        "implicit padding after field `loss`: put a field `#[varpack(padding)] _padding_after_loss: [u8; 8]` there"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C, align(16))]
        struct Epoch {
            loss: f64,
            #[varpack(padding)]
            _padding_after_loss: [u8; 8],
        }
    }

    types_of_fields:
        "NumPy records have no fields of this type: NumPy has no integers of 128 bits: use `[u64; 2]`"
        "NumPy records have no fields of this type: a record holds values, not pointers to them: use the type in the `Box`"
        "NumPy records have no fields of this type: a record holds values, not references: for text use `varpack::npy::FixedText<N>`"
        "NumPy records have no fields of this type: for a record in a record, use a `#[repr(C)]` struct with `#[derive(varpack::NpyElement, Clone, Copy)]`"
        "NumPy records have no fields of this type: use `u64`, which is of the same size on every machine"
        "NumPy records have no fields of this type: use `varpack::npy::Bool8`, for not every byte in a file is a `bool`"
        "NumPy records have no fields of this type: use `varpack::npy::FixedText<1>`, for not every code point in a file is a `char`"
        "NumPy records have no fields of this type: use `varpack::npy::FixedText<N>`, text of at most `N` characters"
        "NumPy records have no fields of this type: use a number that stands for none, such as NaN, or a second field that tells"
        "NumPy records have no fields of this type: use an array `[T; N]`, a sub-array of fixed size"
        "`Position` cannot be a field of a NumPy record"
        "`String` is not an element of a NumPy array"
        "the trait bound `Epoch: Copy` is not satisfied"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Pair {
            x: f32,
            y: f32,
        }

        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Row {
            wide: [u64; 2],
            index: u64,
            pair: Pair,
            initial: FixedText<1>,
            name: FixedText<9>,
            tags: [u8; 7],
            valid: Bool8,
            limit: f32,
            boxed: u32,
            has_boxed: Bool8,
            #[varpack(padding)]
            _padding_after_has_boxed: [u8; 7],
        }
    }

    attributes_of_serde:
        "`NpyElement` does not read serde's `rename_all`: write `#[varpack(rename = \"…\")]` on each field; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`NpyElement` does not read serde's `rename`: write `#[varpack(rename = \"…\")]`; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
    => {
        #[derive(NpyElement, serde::Serialize, serde::Deserialize, Clone, Copy)]
        #[serde(rename_all = "camelCase")]
        #[repr(C)]
        struct Row {
            #[varpack(rename = "firstName")]
            first_name: u32,
            #[serde(rename = "l")]
            #[varpack(rename = "l")]
            last_name: u32,
        }
    }

    attributes_left_to_serde:
        "`NpyElement` does not read serde's `default`: all bytes of a record are in the file; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "`NpyElement` does not read serde's `skip`: all bytes of a record are in the file; `#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde"
        "unknown attribute: on a record there are `crate = \"..\"` and `ignore_serde`"
    => {
        #[derive(NpyElement, serde::Serialize, serde::Deserialize, Clone, Copy, Default)]
        #[serde(default)]
        #[varpack(crate = "varpack", ignore_serde)]
        #[repr(C)]
        struct Row {
            #[serde(skip)]
            first: u32,
        }
    }

    a_struct_for_each_type:
        "a NumPy record cannot be generic, for its layout has to be known: write a struct for each type"
        "a NumPy record is `#[repr(C)]`, not `#[repr(transparent)]`"
        "a NumPy record needs a fixed layout: add `#[repr(C)]` to the struct, or `#[repr(C, packed)]` to have no padding"
        "a NumPy record needs at least one field"
        "a NumPy record needs at least one field that is not padding"
        "a NumPy record's fields have names: write `{ name: Type, .. }` in place of `(Type, ..)`"
        "a second field named `x`"
        "the first field named `x`"
        "a union cannot be an element of a NumPy array: derive `NpyElement` on a struct"
        "an enum cannot be an element of a NumPy array, for not every byte is one of its variants: keep its number, as a `u8` say, and convert"
    => {
        #[derive(NpyElement, Clone, Copy)]
        #[repr(C)]
        struct Row {
            x: f32,
        }

        #[derive(NpyElement, Clone, Copy)]
        #[repr(C, packed)]
        struct Packed {
            kind: u8,
            x: f64,
        }
    }
}

#[test]
fn advice_on_records_that_is_obeyed_compiles() {
    assert_all_obeyed(&["ui_element"], MESSAGES);
}
