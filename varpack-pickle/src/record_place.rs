//! Which record a dtype is, for what is remembered of records.

use crate::npy::{Dtype, Record};

/// Which record a dtype is: where its fields stand, which many dtypes may share, and what else it has.
pub(crate) type RecordPlace = (usize, usize, bool);

/// `None` if it has no fields.
pub(crate) fn record_place(dtype: &Dtype) -> Option<RecordPlace> {
    match dtype {
        Dtype::Record(Record { fields, itemsize, aligned, .. }) => {
            Some((fields.as_ptr().addr(), *itemsize, *aligned))
        }
        _ => None,
    }
}
