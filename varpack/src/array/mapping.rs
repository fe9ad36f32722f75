//! Typed views into the [`Memory`] of arrays: with that and the maps it is made of, all that is `unsafe`.

#![allow(
    unsafe_code,
    reason = "of views and maps this file, `memory` below it and `os::map` hold all of it, each block with its proof"
)]

use super::layout::Layout;
use crate::npy::Element;
use crate::npy::internal::is_mappable;
use crate::{Error, ErrorKind, Result};
use ndarray::{ArrayRef, ArrayView, ArrayViewMut, Dimension, ShapeBuilder, StrideShape};
use std::ops::Deref;
use std::ptr::NonNull;

mod memory;
#[cfg(test)]
mod tests;

pub(crate) use memory::Memory;

/// Memory seen as an array of `T`: what `MmapArray` dereferences to.
///
/// Invariant: `array` points into the `ArrayView` that `_view` owns, and that one to elements in
/// `memory` from `offset` on, all of them valid `T`s.
pub(crate) struct TypedView<T, D> {
    array: NonNull<ArrayRef<T, D>>,
    _view: ErasedBox,
    offset: usize,
    memory: Memory,
}

/// A box whose content's type is not named: for that of an `ArrayView<'static, T, D>` every struct with
/// an array of a type parameter `T` would have to say `T: 'static`.
///
/// Invariant: `content` came from a `Box` of the type that `drop` was made for, and is dropped once.
struct ErasedBox {
    content: NonNull<()>,
    drop: unsafe fn(NonNull<()>),
}

impl ErasedBox {
    fn new<V>(content: V) -> Self {
        unsafe fn drop_box<V>(content: NonNull<()>) {
            // SAFETY: by the invariant of `ErasedBox`, whose `drop` is the only caller.
            drop(unsafe { Box::from_raw(content.cast::<V>().as_ptr()) });
        }
        let content = NonNull::from(Box::leak(Box::new(content))).cast();
        Self { content, drop: drop_box::<V> }
    }
}

impl Drop for ErasedBox {
    fn drop(&mut self) {
        // SAFETY: `drop` was made for the type of the content, and a value is dropped only once.
        unsafe { (self.drop)(self.content) }
    }
}

// SAFETY: it owns the view and the memory, which are `Send`; `array` points into the view.
unsafe impl<T: Send + Sync, D: Send + Sync> Send for TypedView<T, D> {}
// SAFETY: through `&TypedView` the elements are only read.
unsafe impl<T: Sync, D: Sync> Sync for TypedView<T, D> {}

impl<T: Element, D: Dimension> TypedView<T, D> {
    /// Looks at the elements that lie so, `offset` bytes into the memory.
    ///
    /// # Errors
    /// Those of [`view`].
    pub(crate) fn new(memory: Memory, offset: usize, layout: &Layout<'_>) -> Result<Self> {
        let (start, shape) = elements::<T, D>(&memory, offset, layout)?;
        // SAFETY: `elements` has proved all but the lifetime, for as long as nobody else writes to the
        // memory, of which this is the only owner from now on, and `view_mut` writes `T`s. The lifetime is a
        // fiction that no one sees: the view is private, is lent for the life of `&self` only, and `memory`
        // beside it keeps the bytes alive and in place.
        let view: ArrayView<'static, T, D> = unsafe { ArrayView::from_shape_ptr(shape, start) };
        let view = ErasedBox::new(view);
        // SAFETY: it was put there in the line above, and nothing else refers to it.
        let array = unsafe { view.content.cast::<ArrayView<'static, T, D>>().as_ref() };
        Ok(Self { array: NonNull::from(&**array), _view: view, offset, memory })
    }

    /// The same elements in other memory, from `offset` on.
    ///
    /// # Errors
    /// Those of [`view`].
    pub(super) fn moved(&self, memory: Memory, offset: usize) -> Result<Self> {
        Self::new(memory, offset, &Layout::of_array(self))
    }

    /// The same elements with another number of axes.
    ///
    /// # Errors
    /// If it is not `E`'s.
    pub(super) fn with_dimension<E: Dimension>(self) -> Result<TypedView<T, E>> {
        let (shape, Layout { fortran_order, .. }) =
            (self.shape().to_vec(), Layout::of_array(&self));
        TypedView::new(self.memory, self.offset, &Layout { shape: &shape, fortran_order })
    }

    /// The same elements where they are, for another array; `None` of what is not [shared](Memory::share).
    pub(super) fn share(&self) -> Option<Self> {
        self.moved(self.memory.share()?, self.offset).ok()
    }

    /// Whether the elements may be written where they are.
    ///
    /// # Errors
    /// Those of [`Memory::is_writable`].
    pub(super) fn is_writable(&mut self) -> Result<bool> {
        self.memory.is_writable()
    }

    /// The elements for writing; `None` if the memory is mapped read-only, or shared.
    pub(crate) fn view_mut(&mut self) -> Option<ArrayViewMut<'_, T, D>> {
        // Where there is no byte there is nothing to be writable.
        if self.len() * size_of::<T>() > 0 {
            self.memory.bytes_mut()?;
        }
        let start = self.memory.start().as_ptr().wrapping_add(self.offset).cast::<T>();
        let shape = same_layout(self);
        // SAFETY: the same elements as the view's, proved in `new`; they have no bytes, or the memory is writable
        // (checked above), and `start` comes from its mutable pointer. The borrow of `self` makes the result the
        // only access while it lives. The view stays good afterwards: both come from one raw pointer.
        Some(unsafe { ArrayViewMut::from_shape_ptr(shape, start) })
    }
}

impl<T, D> TypedView<T, D> {
    /// What holds the elements.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Where in the memory the elements start.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Gives the memory back, and where in it the elements start.
    pub(crate) fn into_memory(self) -> (Memory, usize) {
        (self.memory, self.offset)
    }
}

impl<T, D> Deref for TypedView<T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        // SAFETY: by the invariant `array` points to a live `ArrayRef`, which nothing ever changes.
        unsafe { self.array.as_ref() }
    }
}

/// The elements that lie so, `offset` bytes into the memory.
///
/// # Errors
/// If the memory is too short or not aligned, the number of axes is not `D`'s, an element is no valid `T` (a `bool`
/// byte other than 0 and 1), or the memory is mapped and not every byte pattern is a valid `T`.
pub(super) fn view<'m, T: Element, D: Dimension>(
    memory: &'m Memory,
    offset: usize,
    layout: &Layout<'_>,
) -> Result<ArrayView<'m, T, D>> {
    let (start, shape) = elements::<T, D>(memory, offset, layout)?;
    // SAFETY: `elements` has proved it, for as long as nobody writes to the memory: the result borrows it.
    Ok(unsafe { ArrayView::from_shape_ptr(shape, start) })
}

/// The same, for writing.
///
/// # Errors
/// Those of [`view`], and [`ReadOnly`](ErrorKind::ReadOnly) if the memory is mapped read-only.
pub(super) fn view_mut<'m, T: Element, D: Dimension>(
    memory: &'m mut Memory,
    offset: usize,
    layout: &Layout<'_>,
) -> Result<ArrayViewMut<'m, T, D>> {
    let (_, shape) = elements::<T, D>(memory, offset, layout)?;
    // Where there is no byte there is nothing to be writable.
    if layout.byte_len::<T>()? > 0 {
        memory.bytes_mut().ok_or_else(unwritable)?;
    }
    let start = memory.start().as_ptr().wrapping_add(offset).cast::<T>();
    // SAFETY: `elements` has proved it; there are no bytes, or the memory is writable (checked above), `start` comes from its mutable
    // pointer, and the result borrows the memory mutably. What is written are `T`s, whose bytes are initialised
    // (`NoUninit`).
    Ok(unsafe { ArrayViewMut::from_shape_ptr(shape, start) })
}

/// The one gate through which bytes become elements. No method of `T` is asked whether they may: dtypes and shapes can be
/// whatever an implementation of [`Element`] says, so what counts are the size of `T`, and the bits themselves.
///
/// What it gives is good for a `from_shape_ptr` while nobody else writes to the memory: the pointer is aligned for
/// `T` and followed by as many elements inside the memory as the shape has, in C or Fortran order, of under
/// `isize::MAX` bytes; each is a valid `T`. In a map, which shows what others write to the file by breaking the
/// contract of a load, or by a write in place of our own, only types of which all byte patterns are valid pass.
fn elements<T: Element, D: Dimension>(
    memory: &Memory,
    offset: usize,
    layout: &Layout<'_>,
) -> Result<(*const T, StrideShape<D>)> {
    if memory.is_mapped() && !is_mappable::<T>() {
        return Err(checked_in_a_map::<T>());
    }
    let shape = layout.stride_shape::<D>()?;
    let (count, len) = (layout.element_count()?, layout.byte_len::<T>()?);
    let all = memory.bytes();
    let Some(bytes) = all.get(offset..).and_then(|bytes| bytes.get(..len)) else {
        return Err(Error::new(ErrorKind::Npy)
            .with_expected(format!("{count} elements of {} bytes", size_of::<T>()))
            .with_found(format!("{} bytes", all.len().saturating_sub(offset))));
    };
    let start = memory.start().as_ptr().wrapping_add(offset).cast::<T>().cast_const();
    if !start.is_aligned() {
        return Err(Error::new(ErrorKind::Npy)
            .with_expected(format!("data aligned to {} bytes", align_of::<T>()))
            .with_found("unaligned data"));
    }
    // Elements of no bytes have one value, which is the zero that `Zeroable` says is one.
    if !is_mappable::<T>() && !bytes.is_empty() {
        // The same layout as `T`, by `CheckedBitPattern`.
        let bits: &[T::Bits] = bytemuck::try_cast_slice(bytes).map_err(|error| {
            Error::new(ErrorKind::Npy).with_expected("whole elements").with_found(error.to_string())
        })?;
        if let Some(index) = bits.iter().position(|bits| !T::is_valid_bit_pattern(bits)) {
            return Err(Error::new(ErrorKind::Npy)
                .with_expected(format!("{} elements", T::dtype().name()))
                .with_found(format!("an invalid byte pattern at element {index}")));
        }
    }
    Ok((start, shape))
}

/// For elements that have to be checked, and could change after that.
pub(super) fn checked_in_a_map<T>() -> Error {
    Error::msg(ErrorKind::Dtype, "elements that have to be checked cannot be viewed in a file")
        .with_expected("`downcast`, which copies them, or a type of which every byte pattern is one, as `Bool8`")
        .with_found(format!("a view of `{}`", std::any::type_name::<T>()))
}

/// Shape and order of a view.
fn same_layout<T, D: Dimension>(view: &ArrayRef<T, D>) -> StrideShape<D> {
    let mut strides = view.raw_dim();
    if view.is_empty() {
        // Its strides are 0, which ndarray takes for elements at one place where an axis is longer.
        return strides.into();
    }
    for (target, stride) in strides.slice_mut().iter_mut().zip(view.strides()) {
        *target = stride.unsigned_abs(); // never negative here: C or Fortran order
    }
    view.raw_dim().strides(strides)
}

/// For a write that nothing has prepared.
pub(super) fn unwritable() -> Error {
    Error::msg(ErrorKind::ReadOnly, "the array is mapped read-only")
}
