//! Numbers of one dtype as numbers of another.

use crate::{ByteOrder, Dtype, Error, ErrorKind, Header, NpyArray, Result};
use half::f16;
use std::fmt;

/// Which casts of an array's numbers to another dtype are made: `cast` and `cast = "lossy"` of the derive.
///
/// Only numbers and `bool` are cast, to numbers; no complex number to a real one, and no `long double` or `bfloat16` at all.
///
/// ```
/// use varpack_npy::{Cast, Dtype};
///
/// let [int, long, float] = ["<i4", "<i8", "<f8"].map(|dtype| Dtype::parse(dtype).unwrap());
/// assert!(int.can_cast(&long, Cast::Lossless) && int.can_cast(&float, Cast::Lossless));
/// assert!(!long.can_cast(&float, Cast::Lossless)); // NumPy calls this one `safe`, too
/// assert!(long.can_cast(&float, Cast::Lossy) && float.can_cast(&int, Cast::Lossy));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cast {
    /// Where every number of the one dtype is one of the other: NumPy's `safe`, without 64-bit integers to floats.
    Lossless,
    /// Any number to any other dtype that has one near it. Floats become integers without their fractions, and what has
    /// more digits than there is room for is rounded. What is out of range is an error, and so is NaN where there
    /// is none: nothing wraps, and nothing finite becomes infinite.
    Lossy,
}

impl Dtype {
    /// Whether numbers of this dtype may be cast to `to`, in whichever byte order.
    ///
    /// ```
    /// use varpack_npy::{Cast, Dtype};
    ///
    /// let [single, double] = ["<f4", ">f8"].map(|dtype| Dtype::parse(dtype).unwrap());
    /// assert!(single.can_cast(&double, Cast::Lossless) && !double.can_cast(&single, Cast::Lossless));
    /// ```
    #[must_use]
    pub fn can_cast(&self, to: &Self, cast: Cast) -> bool {
        let (Some(from), Some(to)) = (Number::of(self), Number::of(to)) else { return false };
        match cast {
            Cast::Lossless => from.is_exact_in(to),
            Cast::Lossy => {
                from == to
                    || !matches!(
                        (from, to),
                        (Number::Complex(_), Number::Int { .. } | Number::Float(_))
                            | (_, Number::Bool)
                    )
            }
        }
    }
}

/// A dtype of numbers, in whichever byte order. Sizes are in bytes.
#[derive(Clone, Copy, PartialEq)]
enum Number {
    Bool,
    Int {
        size: usize,
        is_signed: bool,
    },
    Float(usize),
    /// Of parts of so many bytes.
    Complex(usize),
}

impl Number {
    fn of(dtype: &Dtype) -> Option<Self> {
        Some(match *dtype {
            Dtype::Bool => Self::Bool,
            Dtype::Int { size, .. } => Self::Int { size, is_signed: true },
            Dtype::Uint { size, .. } => Self::Int { size, is_signed: false },
            Dtype::Float { size: size @ (2 | 4 | 8), .. } => Self::Float(size),
            Dtype::Complex { size: size @ (8 | 16), .. } => Self::Complex(size / 2),
            _ => return None,
        })
    }

    /// Whether each of its numbers is one of the other's.
    fn is_exact_in(self, to: Self) -> bool {
        match (self, to) {
            (Self::Complex(from) | Self::Float(from), Self::Complex(to))
            | (Self::Float(from), Self::Float(to)) => from <= to,
            (Self::Bool, _) => true,
            (Self::Int { .. }, Self::Complex(to)) => self.is_exact_in(Self::Float(to)),
            // All integers of 11, 24 and 53 bits are floats of 2, 4 and 8 bytes.
            (Self::Int { size, .. }, Self::Float(to)) => 2 * size <= to,
            (Self::Int { size, is_signed }, Self::Int { size: to, is_signed: to_signed }) => {
                if is_signed == to_signed {
                    size <= to
                } else {
                    to_signed && size < to
                }
            }
            _ => false,
        }
    }
}

/// A number of any dtype.
#[derive(Clone, Copy)]
enum Wide {
    Int(i128),
    Float(f64),
    Complex(f64, f64),
    /// A byte that is no `bool`.
    Byte(u8),
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Complex(re, im) => write!(f, "{re:?}{im:+?}j"),
            Self::Byte(value) => write!(f, "the byte {value}, which is no bool"),
        }
    }
}

/// What is out of range.
struct Refused;

/// Casts the elements of the array that `header` describes, in whichever byte order, to those of `to` in this machine's.
/// `cast_to` has room for as many.
///
/// # Errors
/// [`Value`](ErrorKind::Value) naming the first element that is out of range.
pub fn cast_elements(
    header: &Header,
    elements: &[u8],
    to: &Dtype,
    cast_to: &mut [u8],
) -> Result<()> {
    let (from, to_number) = (Number::of(&header.dtype), Number::of(to));
    let (Some(from), Some(number)) = (from, to_number) else {
        return Err(Error::new(ErrorKind::Dtype)
            .with_expected("numbers")
            .with_found(header.dtype.name()));
    };
    let (old, new) = (header.dtype.itemsize().max(1), to.itemsize().max(1));
    let foreign = header.dtype.with_byte_order(ByteOrder::FOREIGN);
    let is_foreign = !header.dtype.is_native();
    let (read, write) = (reader(from), writer(number));
    let pairs = elements.chunks_exact(old).zip(cast_to.chunks_exact_mut(new));
    for (index, (element, place)) in pairs.enumerate() {
        let mut turned = [0; 16];
        let element = match turned.get_mut(..old) {
            Some(turned) if is_foreign => {
                turned.copy_from_slice(element);
                foreign.swap_bytes(turned);
                turned
            }
            _ => element,
        };
        let wide = read(element);
        if let Err(Refused) = write(wide, place) {
            return Err(Error::msg(
                ErrorKind::Value,
                format!("element {:?} cannot be cast", indices(header, index)),
            )
            .with_expected(format!("a number of dtype {}", to.name()))
            .with_found(wide.to_string()));
        }
    }
    Ok(())
}

/// Where in an array its element number `index` in memory is.
fn indices(header: &Header, mut index: usize) -> Vec<usize> {
    let mut indices = vec![0; header.shape.len()];
    let mut along = |(place, &len): (&mut usize, &usize)| {
        (*place, index) = (index % len.max(1), index / len.max(1));
    };
    match header.fortran_order {
        true => indices.iter_mut().zip(&header.shape).for_each(&mut along),
        false => indices.iter_mut().zip(&header.shape).rev().for_each(&mut along),
    }
    indices
}

fn bytes<const N: usize>(element: &[u8]) -> [u8; N] {
    element.first_chunk().copied().unwrap_or([0; N])
}

/// What reads a number from its bytes.
fn reader(number: Number) -> fn(&[u8]) -> Wide {
    match number {
        Number::Bool => |element| match bytes(element) {
            [value @ (0 | 1)] => Wide::Int(value.into()),
            [value] => Wide::Byte(value),
        },
        Number::Int { size: 1, is_signed: true } => {
            |it| Wide::Int(i8::from_ne_bytes(bytes(it)).into())
        }
        Number::Int { size: 2, is_signed: true } => {
            |it| Wide::Int(i16::from_ne_bytes(bytes(it)).into())
        }
        Number::Int { size: 4, is_signed: true } => {
            |it| Wide::Int(i32::from_ne_bytes(bytes(it)).into())
        }
        Number::Int { is_signed: true, .. } => |it| Wide::Int(i64::from_ne_bytes(bytes(it)).into()),
        Number::Int { size: 1, .. } => |it| Wide::Int(u8::from_ne_bytes(bytes(it)).into()),
        Number::Int { size: 2, .. } => |it| Wide::Int(u16::from_ne_bytes(bytes(it)).into()),
        Number::Int { size: 4, .. } => |it| Wide::Int(u32::from_ne_bytes(bytes(it)).into()),
        Number::Int { .. } => |it| Wide::Int(u64::from_ne_bytes(bytes(it)).into()),
        Number::Float(size) => match size {
            2 => |it| Wide::Float(float(2, it)),
            4 => |it| Wide::Float(float(4, it)),
            _ => |it| Wide::Float(float(8, it)),
        },
        Number::Complex(4) => {
            |it| Wide::Complex(float(4, it), float(4, it.get(4..).unwrap_or_default()))
        }
        Number::Complex(_) => {
            |it| Wide::Complex(float(8, it), float(8, it.get(8..).unwrap_or_default()))
        }
    }
}

fn float(size: usize, element: &[u8]) -> f64 {
    match size {
        2 => f16::from_ne_bytes(bytes(element)).into(),
        4 => f32::from_ne_bytes(bytes(element)).into(),
        _ => f64::from_ne_bytes(bytes(element)),
    }
}

/// What writes a number to its place, if it is in range.
fn writer(number: Number) -> fn(Wide, &mut [u8]) -> Result<(), Refused> {
    macro_rules! int {
        ($int:ty) => {
            |wide, place| {
                let int = <$int>::try_from(whole(wide)?).map_err(|_| Refused)?;
                put(&int.to_ne_bytes(), place)
            }
        };
    }
    match number {
        Number::Bool => {
            |wide, place| put(&[u8::try_from(whole(wide)?).map_err(|_| Refused)?], place)
        }
        Number::Int { size: 1, is_signed: true } => int!(i8),
        Number::Int { size: 2, is_signed: true } => int!(i16),
        Number::Int { size: 4, is_signed: true } => int!(i32),
        Number::Int { is_signed: true, .. } => int!(i64),
        Number::Int { size: 1, .. } => int!(u8),
        Number::Int { size: 2, .. } => int!(u16),
        Number::Int { size: 4, .. } => int!(u32),
        Number::Int { .. } => int!(u64),
        Number::Float(size) => match size {
            2 => |wide, place| put_float(2, wide, place),
            4 => |wide, place| put_float(4, wide, place),
            _ => |wide, place| put_float(8, wide, place),
        },
        Number::Complex(4) => |wide, place| put_complex(4, wide, place),
        Number::Complex(_) => |wide, place| put_complex(8, wide, place),
    }
}

/// Without its fraction.
fn whole(wide: Wide) -> Result<i128, Refused> {
    match wide {
        Wide::Int(int) => Ok(int),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what has no room is beyond every integer of a dtype"
        )]
        Wide::Float(float) if !float.is_nan() => Ok(float as i128),
        Wide::Float(_) | Wide::Complex(..) | Wide::Byte(_) => Err(Refused),
    }
}

fn put(bytes: &[u8], place: &mut [u8]) -> Result<(), Refused> {
    place.copy_from_slice(bytes);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "rounded to the dtype's precision")]
fn put_float(size: usize, wide: Wide, place: &mut [u8]) -> Result<(), Refused> {
    let value = match wide {
        // Rounded once.
        Wide::Int(int) if size == 4 => return put(&(int as f32).to_ne_bytes(), place),
        Wide::Int(int) => int as f64,
        Wide::Float(float) => float,
        Wide::Complex(..) | Wide::Byte(_) => return Err(Refused),
    };
    match size {
        2 => put(&to_half(value).ok_or(Refused)?.to_ne_bytes(), place),
        4 => put(&to_single(value).ok_or(Refused)?.to_ne_bytes(), place),
        _ => put(&value.to_ne_bytes(), place),
    }
}

/// The nearest number of single precision; `None` if only an infinity is near a number that is none.
pub fn to_single(value: f64) -> Option<f32> {
    let single = nearest_single(value);
    (single.is_finite() || !value.is_finite()).then_some(single)
}

/// The same of half precision.
pub(crate) fn to_half(value: f64) -> Option<f16> {
    let half = nearest_half(value);
    (half.is_finite() || !value.is_finite()).then_some(half)
}

#[expect(clippy::cast_possible_truncation, reason = "rounded")]
fn nearest_single(value: f64) -> f32 {
    value as f32
}

/// [`f16::from_f64`] may go by the nearest number of single precision, and so round twice; here that one is rounded to odd,
/// which a second rounding does not change.
fn nearest_half(value: f64) -> f16 {
    let nearest = nearest_single(value);
    let is_cut = f64::from(nearest).abs() > value.abs();
    let odd = match f64::from(nearest) == value || !nearest.is_finite() {
        true => nearest,
        false => f32::from_bits((nearest.to_bits() - u32::from(is_cut)) | 1),
    };
    f16::from_f32(odd)
}

fn put_complex(size: usize, wide: Wide, place: &mut [u8]) -> Result<(), Refused> {
    let (re, im) = match wide {
        Wide::Complex(re, im) => (Wide::Float(re), im),
        real => (real, 0.0),
    };
    let (re_place, im_place) = place.split_at_mut(size.min(place.len()));
    put_float(size, re, re_place)?;
    put_float(size, Wide::Float(im), im_place)
}

impl NpyArray {
    /// The same array of another dtype, in this machine's byte order.
    ///
    /// # Errors
    /// - [`Dtype`](ErrorKind::Dtype): one dtype [cannot be cast](Dtype::can_cast) to the other.
    /// - [`Value`](ErrorKind::Value): an element is out of range, which is named.
    ///
    /// ```
    /// use varpack_npy::{Cast, Dtype, NpyArray};
    ///
    /// let array = NpyArray::from_elements(&[2], &[1_i32, -300])?;
    /// let wider = array.cast(&Dtype::parse("<i8")?, Cast::Lossless)?;
    /// assert_eq!(wider.as_slice::<i64>()?, [1, -300]);
    /// let error = array.cast(&Dtype::parse("<u2")?, Cast::Lossy).unwrap_err();
    /// assert_eq!(error.to_string(), "element [1] cannot be cast: expected a number of dtype uint16, found -300");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn cast(&self, to: &Dtype, cast: Cast) -> Result<Self> {
        let header = self.header();
        if !header.dtype.can_cast(to, cast) {
            return Err(Error::msg(
                ErrorKind::Dtype,
                "the numbers of one dtype cannot be cast to the other",
            )
            .with_expected(format!("dtype {}", to.name()))
            .with_found(header.dtype.name()));
        }
        let new = Header { dtype: to.to_native(), ..header.clone() };
        let mut bytes = vec![0; new.data_len()?];
        cast_elements(header, self.as_bytes(), &new.dtype, &mut bytes)?;
        Self::from_parsed(new, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::nearest_half;
    use half::f16;

    /// The midpoint of two halves is a double, and so is what is next to it.
    #[test]
    fn doubles_about_each_midpoint_of_two_halves_become_the_nearest_one_and_itself_the_even_one() {
        for bits in 0..f16::MAX.to_bits() {
            let [low, high] = [bits, bits + 1].map(f16::from_bits);
            let middle = f64::midpoint(low.into(), high.into());
            let even = if bits % 2 == 0 { low } else { high };
            for (value, nearest) in
                [(middle.next_down(), low), (middle, even), (middle.next_up(), high)]
            {
                assert_eq!(nearest_half(value), nearest, "{value}");
                assert_eq!(nearest_half(-value), -nearest, "-{value}");
            }
        }
        let largest = f64::from(f16::MAX);
        assert_eq!(nearest_half((largest + 16.0).next_down()), f16::MAX);
        assert_eq!(nearest_half(largest + 16.0), f16::INFINITY);
        assert!(nearest_half(f64::NAN).is_nan());
        assert_eq!(nearest_half(f64::MAX), f16::INFINITY);
    }
}
