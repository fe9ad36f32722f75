//! The elements that Rust or a crate of numbers has a type for.

use super::Element;
use crate::{ByteOrder, Dtype};
use half::{bf16, f16};
use num_complex::Complex;

macro_rules! element {
    ($($type:ty: $dtype:expr;)*) => {$(
        const _: () = {
            const DTYPE: &Dtype = &$dtype;
            assert!(DTYPE.itemsize() == size_of::<$type>());
        };

        #[diagnostic::do_not_recommend]
        impl Element for $type {
            fn dtype() -> Dtype {
                $dtype
            }
        }
    )*};
}

const NATIVE: ByteOrder = ByteOrder::NATIVE;

element! {
    bool: Dtype::Bool;
    i8: Dtype::Int { size: 1, order: ByteOrder::Little };
    i16: Dtype::Int { size: 2, order: NATIVE };
    i32: Dtype::Int { size: 4, order: NATIVE };
    i64: Dtype::Int { size: 8, order: NATIVE };
    u8: Dtype::Uint { size: 1, order: ByteOrder::Little };
    u16: Dtype::Uint { size: 2, order: NATIVE };
    u32: Dtype::Uint { size: 4, order: NATIVE };
    u64: Dtype::Uint { size: 8, order: NATIVE };
    f16: Dtype::Float { size: 2, order: NATIVE };
    f32: Dtype::Float { size: 4, order: NATIVE };
    f64: Dtype::Float { size: 8, order: NATIVE };
    Complex<f32>: Dtype::Complex { size: 8, order: NATIVE };
    Complex<f64>: Dtype::Complex { size: 16, order: NATIVE };
}

/// NumPy has no bfloat16 of its own. The package `ml_dtypes`, which adds one, saves it as `<V2`;
/// files hold no order for a void, and it is little-endian wherever it is used.
#[diagnostic::do_not_recommend]
impl Element for bf16 {
    fn dtype() -> Dtype {
        Dtype::Void { len: size_of::<Self>() }
    }

    fn logical_name() -> Option<&'static str> {
        Some("bfloat16")
    }
}
