//! An array in the notation of the expectations: its header, and a digest of its elements.

use bytemuck::NoUninit;
use ndarray::{ArrayRef, Dimension};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use varpack::npy::{Dtype, Header};
use varpack::{AnyArray, Element};

/// What is expected or known of an array.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ArrayDatum {
    /// Its dtype, as in the header of a `.npy` file (NEP 1).
    pub descr: String,
    /// The number of elements along each axis.
    pub shape: Vec<usize>,
    /// Whether the first axis varies fastest in the file.
    pub fortran_order: bool,
    /// Whether it has a file of its own; `None` where that is not known.
    pub mapped: Option<bool>,
    /// SHA-256 of the elements in C order, in the byte order of the dtype, as hexadecimal digits.
    pub sha256_c_order: String,
}

impl ArrayDatum {
    /// An array of any dtype in this notation.
    pub fn of_any(array: &AnyArray) -> Self {
        Self::of_parts(array.header(), array.as_bytes())
    }

    /// The same from its header and its elements.
    pub fn of_parts(header: &Header, elements: &[u8]) -> Self {
        let bytes = c_order(elements, header.dtype.itemsize(), &header.shape, header.fortran_order);
        Self {
            descr: descr(&header.dtype),
            shape: header.shape.clone(),
            fortran_order: header.fortran_order,
            mapped: None,
            sha256_c_order: sha256(&bytes),
        }
    }

    /// Whether another array is this one, element for element. Where it lies is not compared.
    pub fn is_same(&self, other: &Self) -> bool {
        Self { mapped: other.mapped, ..self.clone() } == *other
    }

    /// Asserts that a typed array is this one: dtype, shape, and every bit of every element. It may
    /// be in another byte order than the file's.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn assert_array<T: Element, D: Dimension>(&self, array: &ArrayRef<T, D>) {
        let mut bytes = bytes_of(array);
        if descr(&T::dtype()) != self.descr {
            let dtype = Dtype::parse(&self.descr).expect("an expectation's descr");
            assert_eq!(T::dtype(), dtype.to_native(), "dtype");
            // What is not native in the file is exactly what is swapped in memory.
            dtype.swap_bytes(&mut bytes);
        }
        self.assert_bytes(array.shape(), &bytes);
    }

    /// Asserts a shape, and the elements in C order in the dtype's own byte order.
    ///
    /// # Panics
    /// If either differs.
    #[track_caller]
    pub fn assert_bytes(&self, shape: &[usize], c_order: &[u8]) {
        assert_eq!(shape, self.shape, "shape");
        assert_eq!(sha256(c_order), self.sha256_c_order, "SHA-256 of the elements in C order");
    }
}

/// The descr as in the expectations: a simple one is no literal there.
pub(super) fn descr(dtype: &Dtype) -> String {
    dtype.descr().trim_matches('\'').to_owned()
}

/// The elements' bytes in C order.
fn bytes_of<T: NoUninit, D: Dimension>(array: &ArrayRef<T, D>) -> Vec<u8> {
    array.iter().flat_map(|element| bytemuck::bytes_of(element)).copied().collect()
}

/// The elements of a file in C order, from their order in the file.
///
/// ```
/// use varpack_tests::expected::c_order;
///
/// // [[1, 2], [3, 4]] with the first axis varying fastest.
/// assert_eq!(c_order(&[1, 3, 2, 4], 1, &[2, 2], true), [1, 2, 3, 4]);
/// ```
///
/// # Panics
/// If there are fewer bytes than the shape says.
pub fn c_order(bytes: &[u8], itemsize: usize, shape: &[usize], fortran_order: bool) -> Vec<u8> {
    if !fortran_order {
        return bytes.to_vec();
    }
    let count: usize = shape.iter().product();
    let mut ordered = Vec::with_capacity(count * itemsize);
    let mut index = vec![0; shape.len()];
    for _ in 0..count {
        let (mut position, mut stride) = (0, 1);
        for (i, n) in index.iter().zip(shape) {
            position += i * stride;
            stride *= n;
        }
        ordered.extend_from_slice(&bytes[position * itemsize..][..itemsize]);
        // The next index in C order: the last axis is the first to move.
        for (i, n) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < *n {
                break;
            }
            *i = 0;
        }
    }
    ordered
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Hexadecimal digits, two a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap_or_default();
        digits
    })
}
