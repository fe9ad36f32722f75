//! What a load hands out.

use crate::field::{LoadValue, MmapField, NestedField, NpyField};
use crate::Result;
use std::marker::PhantomData;

/// Hands out the variables of a folder, field by field.
pub struct PackReader<'p> {
    marker: PhantomData<&'p ()>,
}

/// One field of a load: says how, then gives the value.
pub struct FieldReader<'r, 'p, T> {
    reader: &'r mut PackReader<'p>,
    name: &'static str,
    default: Option<fn() -> T>,
}

impl<'p> PackReader<'p> {
    /// Starts a field, by its name in the folder.
    pub fn field<T>(&mut self, name: &'static str) -> FieldReader<'_, 'p, T> {
        FieldReader { reader: self, name, default: None }
    }
}

impl<T> FieldReader<'_, '_, T> {
    /// An older name of the variable, tried in order after the present one.
    #[must_use]
    pub fn alias(self, _name: &'static str) -> Self {
        self
    }
    /// The value where the folder lacks the variable, or the caller skips it.
    #[must_use]
    pub fn default(mut self, default: fn() -> T) -> Self {
        self.default = Some(default);
        self
    }
    /// An array, or a map of arrays, mapped: `mmap`.
    pub fn mmap(self) -> Result<T> where T: MmapField {
        todo!()
    }
    /// A plain array, read into memory: `npy`.
    pub fn npy(self) -> Result<T> where T: NpyField {
        todo!()
    }
    /// A value from the shared pickle.
    pub fn value(self) -> Result<T> where T: LoadValue {
        let _ = (self.reader.marker, self.name, self.default);
        todo!()
    }
    /// A value that has a pickle of its own: `separate`.
    pub fn separate(self) -> Result<T> where T: LoadValue {
        todo!()
    }
    /// A struct that derives `Varpack`: `nested`.
    pub fn nested(self) -> Result<T> where T: NestedField {
        todo!()
    }
    /// The default, whatever the folder holds: `skip_load`. Needs [`default`](Self::default).
    pub fn skip_load(self) -> Result<T> {
        todo!()
    }
}
