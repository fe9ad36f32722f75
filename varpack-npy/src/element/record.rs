//! Structs as records: what may be a field, and what the compiler has to see to.

use super::Element;
use crate::{Dtype, Field, MAX_ALIGNMENT, Record};
use bytemuck::Pod;

/// A type that can be a field of a record, or be in an array that is an element: an [`Element`] of which every bit pattern is
/// valid. An array of such is one too, and a sub-array in a record.
///
/// ```
/// use varpack_npy::{Element, Field, FieldType};
///
/// fn field<T: FieldType>() -> Field {
///     Field::of::<T>("corners", 0)
/// }
///
/// let corners = field::<[[f32; 3]; 2]>();
/// assert_eq!((corners.dtype, corners.shape), (f32::dtype(), vec![2, 3]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a NumPy record",
    label = "has no dtype that can be mapped",
    note = "for `bool`, use `varpack::npy::Bool8`; for text, `varpack::npy::FixedText<N>`",
    note = "a nested struct needs `#[derive(varpack::NpyElement, Clone, Copy)]` itself"
)]
pub trait FieldType: Element + Pod {}

// So that the error names this trait and its notes, and not one for each of the bounds.
#[diagnostic::do_not_recommend]
impl<T: Element + Pod> FieldType for T {}

pub use crate::__npy_record as implement;
#[doc(hidden)]
pub use std::mem::offset_of;

/// What `#[derive(NpyElement)]` turns into: the one place that makes a struct `Pod`, with all that this rests on.
///
/// It is a macro of this crate, so that every path in it is `$crate`: who gives the derive another crate, or calls
/// a crate `core`, replaces the macro and its `unsafe impl`s along with the checks. It takes nothing on trust, for
/// anyone can call it. The struct is `Pod` because
/// - it is a struct and no union, which could hold uninitialised bytes: only structs have `..__varpack_record`;
/// - the pattern without `..` has every field of the finished struct, whatever an attribute has made of it;
/// - each field is of a type that is `Pod`, by the bound `FieldType` of `Member::of`, which asks for a `*const` to
///   the field: between pointers to sized types there is no coercion;
/// - its size is the sum of theirs, so that no byte of it is padding, which would be uninitialised;
/// - `Copy` and `'static` are bounds of `Pod` itself.
///
/// After the fields come expressions of the derive that fail with a better message, at the place that it is about.
/// They can only add errors. Locals have names that nobody gives to a constant, which a pattern would mean. What the derive refuses comes here too, so that its uses do not fail as well; should
/// `compile_error!` there be another macro, the constant fails.
#[doc(hidden)]
#[macro_export]
macro_rules! __npy_record {
    ($record:ident { $($field:ident: $type:ty = $name:expr,)* } $($fault:expr,)*) => {
        #[automatically_derived]
        impl $crate::record::Layout for $record {
            const MEMBERS: &'static [$crate::record::Member] = &[$(
                $crate::record::Member::of::<$record, $type>(
                    $name,
                    $crate::record::offset_of!($record, $field),
                    |__varpack_record| &raw const __varpack_record.$field,
                ),
            )*];
        }

        const _: () = {
            let _: fn($record) -> $record = |__varpack_record| $record { ..__varpack_record };
            let _: fn(&$record) = |__varpack_record| {
                let $record { $($field: _,)* } = __varpack_record;
            };
            $(let () = $fault;)*
            $crate::record::assert_layout::<$record>();
        };

        #[automatically_derived]
        unsafe impl $crate::bytemuck::Zeroable for $record {}

        #[automatically_derived]
        unsafe impl $crate::bytemuck::Pod for $record {}

        #[automatically_derived]
        impl $crate::Element for $record {
            fn dtype() -> $crate::Dtype {
                $crate::record::dtype::<$record>()
            }
        }
    };

    (refused $record:ident $($fault:expr,)*) => {
        const _: () = {
            $(let () = $fault;)*
            $crate::record::assert_never();
        };

        #[automatically_derived]
        unsafe impl $crate::bytemuck::Zeroable for $record {}

        #[automatically_derived]
        unsafe impl $crate::bytemuck::Pod for $record {}

        #[automatically_derived]
        impl $crate::Element for $record {
            fn dtype() -> $crate::Dtype {
                $crate::Dtype::Void { len: 0 }
            }
        }
    };
}

/// A struct whose fields the compiler has laid out: implemented by `#[derive(NpyElement)]`.
#[doc(hidden)]
pub trait Layout {
    /// Its fields, padding included.
    const MEMBERS: &'static [Member];
}

/// A field of a struct, or padding.
#[doc(hidden)]
pub struct Member {
    /// Empty for padding.
    name: &'static str,
    offset: usize,
    size: usize,
    field: fn(&str, usize) -> Field,
}

impl Member {
    /// The field of `R` that `place` points to.
    #[doc(hidden)]
    pub const fn of<R, T: FieldType>(
        name: &'static str,
        offset: usize,
        _place: fn(&R) -> *const T,
    ) -> Self {
        Self { name, offset, size: size_of::<T>(), field: Field::of::<T> }
    }
}

/// The dtype of a struct.
#[doc(hidden)]
pub fn dtype<R: Layout>() -> Dtype {
    let fields = R::MEMBERS.iter().filter(|member| !member.name.is_empty());
    let fields = fields.map(|member| (member.field)(member.name, member.offset));
    Dtype::Record(Record::of::<R>(fields.collect()))
}

/// Fails to compile if the bytes of a struct are not all those of its fields, or it asks for more alignment than an
/// array has.
///
/// # Panics
/// Then; when compiling, if called in a constant.
#[doc(hidden)]
pub const fn assert_layout<R: Layout>() {
    let (mut size, mut index) = (0, 0);
    while index < R::MEMBERS.len() {
        size += R::MEMBERS[index].size;
        index += 1;
    }
    assert!(size == size_of::<R>(), "a NumPy record has no implicit padding");
    assert_alignment::<R>();
}

/// Fails to compile: what was refused is no record.
///
/// # Panics
/// Always.
#[doc(hidden)]
pub const fn assert_never() {
    panic!("this struct cannot be a NumPy record");
}

/// Fails to compile if `R` asks for more alignment than the elements of an array have.
///
/// ```
/// varpack_npy::record::assert_alignment::<[f64; 8]>();
/// ```
///
/// # Panics
/// Then; when compiling, if called in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn assert_alignment<R>() {
    assert!(
        align_of::<R>() <= MAX_ALIGNMENT,
        "an element of a NumPy array is aligned to at most 16 bytes: take `align(..)` away"
    );
}

/// Fails to compile if `field`, which is `offset` bytes from the start of its struct, does not
/// follow at once on the field before it, which ends after `end` bytes. Padding that the compiler
/// puts in is not initialised, so writing it to a file would be undefined behaviour. The error
/// asks for a field named `padding` in its place.
///
/// ```
/// use std::mem::offset_of;
/// use varpack_npy::record::assert_no_padding_before;
///
/// #[repr(C)]
/// struct Epoch { step: u32, loss: f32 }
///
/// const _: () = assert_no_padding_before("loss", "_padding", 4, offset_of!(Epoch, loss));
/// ```
///
/// # Panics
/// If it does not follow at once; when compiling, if called in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn assert_no_padding_before(field: &str, padding: &str, end: usize, offset: usize) {
    if end < offset {
        let message = Message::new("implicit padding before field `", field, padding, offset - end);
        panic!("{}", message.as_str());
    }
}

/// Fails to compile if a struct of `size` bytes goes on after its last field, which ends after
/// `end` bytes: see [`assert_no_padding_before`].
///
/// ```
/// varpack_npy::record::assert_no_padding_after("loss", "_padding", 8, 8);
/// ```
///
/// # Panics
/// If there is padding; when compiling, if called in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn assert_no_padding_after(field: &str, padding: &str, end: usize, size: usize) {
    if end < size {
        let message = Message::new("implicit padding after field `", field, padding, size - end);
        panic!("{}", message.as_str());
    }
}

/// Text put together in a constant, where there is no allocation: what does not fit is cut off.
struct Message {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Message {
    const CAPACITY: usize = 512;

    const fn new(what: &str, field: &str, padding: &str, len: usize) -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }
            .push(what)
            .push(field)
            .push("`: put a field `#[varpack(padding)] ")
            .push(padding)
            .push(": [u8; ")
            .push_number(len)
            .push("]` there")
    }

    const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut index = 0;
        while index < text.len() && self.len < Self::CAPACITY {
            self.bytes[self.len] = text[index];
            self.len += 1;
            index += 1;
        }
        self
    }

    const fn push_number(self, number: usize) -> Self {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let message = if number >= 10 { self.push_number(number / 10) } else { self };
        message.push(DIGITS[number % 10])
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // Cut within a character of a very long field name.
            Err(_) => "implicit padding",
        }
    }
}
