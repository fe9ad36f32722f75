//! Other names of dtypes, which NumPy never writes into a header and reads all the same: type characters
//! (`d`) and the names of its scalars (`float64`).

use super::{ByteOrder, Dtype, TimeUnit, Unit};
use std::ffi::c_long;

/// The dtype of a type character: the `char` of
/// [`numpy.dtype`](https://numpy.org/doc/stable/reference/generated/numpy.dtype.char.html). C's `long` and
/// pointers are as long as on this machine.
pub(super) fn of_character(code: &str, order: ByteOrder) -> Option<Dtype> {
    let (int, uint) = (|size| Dtype::Int { size, order }, |size| Dtype::Uint { size, order });
    let (float, complex) =
        (|size| Dtype::Float { size, order }, |size| Dtype::Complex { size, order });
    let unit = TimeUnit { count: 1, base: Unit::Generic };
    Some(match code {
        "b" => Dtype::Int { size: 1, order: ByteOrder::Little },
        "B" => Dtype::Uint { size: 1, order: ByteOrder::Little },
        "h" => int(2),
        "H" => uint(2),
        "i" => int(4),
        "I" => uint(4),
        "l" => int(size_of::<c_long>()),
        "L" => uint(size_of::<c_long>()),
        "q" => int(8),
        "Q" => uint(8),
        "p" | "n" => int(size_of::<isize>()),
        "P" | "N" => uint(size_of::<usize>()),
        "e" => float(2),
        "f" => float(4),
        "d" => float(8),
        "g" => float(16),
        "F" => complex(8),
        "D" => complex(16),
        "G" => complex(32),
        "M" => Dtype::Datetime { unit, order },
        "m" => Dtype::Timedelta { unit, order },
        "c" => Dtype::Bytes { len: 1 },
        _ => return None,
    })
}

/// The dtype of a name: of NumPy 2, or of NumPy 1 where that is gone. It stands without a byte order.
pub(super) fn of_name(name: &str) -> Option<Dtype> {
    let code = match name {
        "bool" | "bool_" | "bool8" => return Some(Dtype::Bool),
        "object" | "object_" => return Some(Dtype::Object),
        "bytes" | "bytes_" => return Some(Dtype::Bytes { len: 0 }),
        "void" => return Some(Dtype::Void { len: 0 }),
        "str" | "str_" | "unicode" => {
            return Some(Dtype::Text { len: 0, order: ByteOrder::NATIVE });
        }
        "int8" | "byte" => "b",
        "uint8" | "ubyte" => "B",
        "int16" | "short" => "h",
        "uint16" | "ushort" => "H",
        "int32" | "intc" => "i",
        "uint32" | "uintc" => "I",
        "int64" | "longlong" => "q",
        "uint64" | "ulonglong" => "Q",
        "long" => "l",
        "ulong" => "L",
        "int" | "int_" | "intp" | "int0" => "p",
        "uint" | "uintp" | "uint0" => "P",
        "float16" | "half" => "e",
        "float32" | "single" => "f",
        "float64" | "double" | "float" | "float_" => "d",
        "float128" | "longdouble" | "longfloat" => "g",
        "complex64" | "csingle" => "F",
        "complex128" | "cdouble" | "complex" | "complex_" | "cfloat" => "D",
        "complex256" | "clongdouble" => "G",
        _ => return None,
    };
    of_character(code, ByteOrder::NATIVE)
}
