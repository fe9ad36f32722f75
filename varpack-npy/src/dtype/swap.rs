//! Elements of another byte order, made native in place.

use super::{Dtype, Record};
use std::ops::Range;

impl Dtype {
    /// Turns elements of this dtype (a whole number of them) into this machine's byte order, in
    /// place: it swaps the bytes of exactly what is not [native](Dtype::is_native), field by
    /// field. Afterwards they are elements of [`to_native`](Dtype::to_native).
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// let mut bytes = [0, 0, 0, 1, 0, 0, 0, 2];
    /// Dtype::parse(">u4")?.swap_bytes(&mut bytes);
    /// assert_eq!(bytemuck::pod_read_unaligned::<[u32; 2]>(&bytes), [1, 2]);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn swap_bytes(&self, elements: &mut [u8]) {
        if let Some(swap) = Swap::of(self) {
            swap.apply(elements);
        }
    }
}

/// What there is to swap in elements of a dtype.
///
/// Made once an array: it leaves out the fields that need nothing, so that the work is bounded by
/// the bytes there are and not by the fields (of which any number can have no bytes).
enum Swap {
    /// Numbers of `width` bytes.
    Numbers { width: usize },
    /// Records of `itemsize` bytes, and what to swap at which bytes of each.
    Records { itemsize: usize, fields: Vec<(Range<usize>, Swap)> },
}

impl Swap {
    /// `None` if there is nothing to swap.
    fn of(dtype: &Dtype) -> Option<Self> {
        if dtype.itemsize() == 0 || dtype.is_native() {
            return None;
        }
        match dtype {
            Dtype::Record(record) => Self::of_record(record),
            Dtype::Complex { size, .. } => Some(Self::Numbers { width: size / 2 }),
            Dtype::Text { .. } => Some(Self::Numbers { width: 4 }),
            scalar => Some(Self::Numbers { width: scalar.itemsize() }),
        }
    }

    fn of_record(record: &Record) -> Option<Self> {
        let fields: Vec<_> = (record.fields.iter())
            .filter(|field| field.itemsize() > 0)
            .filter_map(|field| {
                let end = field.offset.checked_add(field.itemsize())?;
                Some((field.offset..end, Self::of(&field.dtype)?))
            })
            .collect();
        (!fields.is_empty()).then_some(Self::Records { itemsize: record.itemsize, fields })
    }

    fn apply(&self, elements: &mut [u8]) {
        match self {
            Self::Numbers { width: 2 } => reverse_each::<2>(elements),
            Self::Numbers { width: 4 } => reverse_each::<4>(elements),
            Self::Numbers { width: 8 } => reverse_each::<8>(elements),
            Self::Numbers { width: 16 } => reverse_each::<16>(elements),
            // No dtype has numbers of another width.
            Self::Numbers { .. } => {}
            Self::Records { itemsize, fields } => {
                for record in elements.chunks_exact_mut(*itemsize) {
                    for (range, swap) in fields {
                        if let Some(bytes) = record.get_mut(range.clone()) {
                            swap.apply(bytes);
                        }
                    }
                }
            }
        }
    }
}

fn reverse_each<const WIDTH: usize>(numbers: &mut [u8]) {
    for number in numbers.as_chunks_mut::<WIDTH>().0 {
        number.reverse();
    }
}
