//! `#[derive(NpyElement)]`: structs as structured dtypes.
#![forbid(unsafe_code)]

use varpack::NpyElement;
use varpack::npy::{Bool8, Element};

#[derive(NpyElement, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Sample {
    id: u32,
    valid: Bool8,
    #[varpack(padding)]
    _padding: [u8; 3],
    #[varpack(rename = "x")]
    features: [f32; 2],
}

#[test]
fn a_struct_is_a_record_with_its_fields() {
    assert_eq!(
        Sample::dtype().descr(),
        "[('id', '<u4'), ('valid', '|b1'), ('', '|V3'), ('x', '<f4', (2,))]"
    );
}
