//! Lists of numbers as the arrays that they would be: what was a `Vec` in a pickle before its field became an array.

use crate::Result;
use crate::document::node::Node;
use crate::npy::internal::to_single;
use crate::npy::{Dtype, Element, NpyArray};
use crate::python::kind::Kind;
use num_complex::Complex;
use serde::de::{
    self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Unexpected,
    Visitor,
};
use std::fmt;

impl<'d> Node<'d> {
    /// A list or tuple of numbers, or one of such of equal lengths for each further axis, as an array of `dtype` with
    /// `ndim` axes, and those of its elements, `inner`, behind them; without, of as many as its first items have. `bytes`
    /// are a list of numbers to serde, and so here. Each number is read as a type of `dtype` reads it through serde. `None`
    /// for what is no list, and for elements that serde has no number for: half precision too, which it has as bits.
    #[doc(hidden)]
    pub fn list_to_elements(
        self,
        dtype: &Dtype,
        ndim: Option<usize>,
        inner: &[usize],
    ) -> Option<Result<NpyArray>> {
        let ndim = ndim.map(|ndim| ndim + inner.len());
        let ndim = ndim.or_else(|| self.list_ndim(inner.len())).filter(|&ndim| ndim > 0)?;
        self.is_list().then_some(())?;
        let numbers = Numbers { list: self, ndim, inner };
        Some(match dtype.to_native() {
            Dtype::Bool => numbers.read(|value: bool| value),
            Dtype::Int { size: 1, .. } => numbers.read(|value: i8| value),
            Dtype::Int { size: 2, .. } => numbers.read(|value: i16| value),
            Dtype::Int { size: 4, .. } => numbers.read(|value: i32| value),
            Dtype::Int { size: 8, .. } => numbers.read(|value: i64| value),
            Dtype::Uint { size: 1, .. } => numbers.read(|value: u8| value),
            Dtype::Uint { size: 2, .. } => numbers.read(|value: u16| value),
            Dtype::Uint { size: 4, .. } => numbers.read(|value: u32| value),
            Dtype::Uint { size: 8, .. } => numbers.read(|value: u64| value),
            Dtype::Float { size: 4, .. } => numbers.read(|Single(value)| value),
            Dtype::Float { size: 8, .. } => numbers.read(|value: f64| value),
            Dtype::Complex { size: 8, .. } => {
                numbers.read(|(Single(re), Single(im))| Complex::new(re, im))
            }
            Dtype::Complex { size: 16, .. } => {
                numbers.read(|(re, im): (f64, f64)| Complex::new(re, im))
            }
            _ => return None,
        })
    }

    fn is_list(self) -> bool {
        let kind = self.document.arena.kind(self.item);
        matches!(kind, Kind::List(_) | Kind::Tuple(_) | Kind::Bytes(_) | Kind::ByteArray(_))
    }

    /// How many axes the array of a list has, by its first items: those of its elements, too, where it has none. A list that
    /// holds itself has no end of them.
    fn list_ndim(self, inner: usize) -> Option<usize> {
        self.check_finite().ok()?;
        let (mut ndim, mut node) = (0, self);
        while node.is_list() {
            ndim += 1;
            let Some(mut items) = node.items() else { return Some(ndim) }; // of bytes
            let Some(first) = items.next() else { return Some(ndim + inner) };
            node = first;
        }
        let header = node.elements_header();
        Some(ndim + header.map_or(0, |header| header.map_or(0, |header| header.shape.len())))
    }
}

/// A list that is to be an array of `ndim` axes, the last of them those of its elements.
#[derive(Clone, Copy)]
struct Numbers<'d, 'i> {
    list: Node<'d>,
    ndim: usize,
    inner: &'i [usize],
}

impl Numbers<'_, '_> {
    /// `element`: what a number is that serde has read.
    fn read<R: DeserializeOwned, E: Element>(self, element: fn(R) -> E) -> Result<NpyArray> {
        let (mut lens, mut elements) = (vec![None; self.ndim], Vec::new());
        self.list.deserialize_seed(Axis { lens: &mut lens, elements: &mut elements, element })?;
        // The axes behind one without items are of none themselves, but for those of elements.
        let outer = self.ndim.saturating_sub(self.inner.len());
        let unseen = std::iter::repeat_n(0, outer).chain(self.inner.iter().copied());
        let shape: Vec<usize> =
            lens.into_iter().zip(unseen).map(|(len, unseen)| len.unwrap_or(unseen)).collect();
        self.list.document.expansion().charge(size_of_val(elements.as_slice()))?;
        NpyArray::from_elements(&shape, &elements)
    }
}

/// A number of single precision, as serde reads one, but that what is too large for it is no infinity.
#[derive(Clone, Copy)]
struct Single(f32);

impl<'de> Deserialize<'de> for Single {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f32(SingleVisitor)
    }
}

struct SingleVisitor;

#[expect(clippy::cast_precision_loss, reason = "rounded, as serde rounds")]
impl Visitor<'_> for SingleVisitor {
    type Value = Single;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number that f32 has one near")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Single, E> {
        let too_large = || E::invalid_value(Unexpected::Float(value), &self);
        to_single(value).map(Single).ok_or_else(too_large)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Single, E> {
        Ok(Single(value as f32))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Single, E> {
        Ok(Single(value as f32))
    }
}

/// A list, of numbers or of lists.
struct Axis<'a, R, E> {
    /// How long the lists are, from here down; `None` where none was seen yet.
    lens: &'a mut [Option<usize>],
    elements: &'a mut Vec<E>,
    element: fn(R) -> E,
}

impl<'de, R: DeserializeOwned, E: Element> DeserializeSeed<'de> for Axis<'_, R, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, R: DeserializeOwned, E: Element> Visitor<'de> for Axis<'_, R, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lens.len() {
            ..=1 => f.write_str("a list of numbers"),
            2 => f.write_str("a list of lists of numbers"),
            ndim => write!(f, "lists of numbers, {ndim} deep"),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { lens, elements, element } = self;
        let Some((len, inner)) = lens.split_first_mut() else { return Ok(()) };
        let mut found = 0;
        if inner.is_empty() {
            while let Some(number) = items.next_element()? {
                elements.push(element(number));
                found += 1;
            }
        } else {
            while items
                .next_element_seed(Axis { lens: inner, elements: &mut *elements, element })?
                .is_some()
            {
                found += 1;
            }
        }
        match len.replace(found) {
            Some(expected) if expected != found => {
                let expected = format!("{expected} items, as in the row before it");
                let found = format!("{found}");
                Err(de::Error::invalid_value(Unexpected::Other(&found), &expected.as_str()))
            }
            _ => Ok(()),
        }
    }
}
