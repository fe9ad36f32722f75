//! What a pickled `numpy.dtype` says beside its type string and fields.

use crate::npy::Dtype;

/// `NPY_ITEM_REFCOUNT`, `NPY_LIST_PICKLE`, `NPY_ITEM_IS_POINTER`, `NPY_NEEDS_INIT`,
/// `NPY_NEEDS_PYAPI`, `NPY_USE_GETITEM` and `NPY_USE_SETITEM`.
const OBJECT: i32 = 0x3f;
/// `NPY_NEEDS_INIT`
const TEXT: i32 = 0x08;
/// `NPY_NEEDS_PYAPI`
const RECORD: i32 = 0x10;
/// `NPY_FROM_FIELDS`: the flags that a record has from its fields.
const FROM_FIELDS: i32 = 0x1b;
/// `NPY_ALIGNED_STRUCT`, the sign bit of the `char` in which NumPy 1 kept the flags.
const ALIGNED: i32 = -0x80;

/// The flags at the end of the state that `numpy.dtype.__reduce__` gives. (The one of a
/// sub-array has those of its elements.)
///
/// For a record made with `align=True` they are negative, as NumPy 1 writes them: it refuses
/// what NumPy 2 writes, while NumPy 2 takes both, though without the alignment.
pub fn flags(dtype: &Dtype) -> i32 {
    match dtype {
        Dtype::Object => OBJECT,
        Dtype::Text { .. } => TEXT,
        Dtype::Record(record) => {
            let aligned = if record.aligned { ALIGNED } else { 0 };
            let fields = record.fields.iter().map(|field| flags(&field.dtype));
            fields.fold(RECORD | aligned, |flags, field| flags | (field & FROM_FIELDS))
        }
        _ => 0,
    }
}
