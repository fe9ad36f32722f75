//! What a save collects.

use crate::field::{MmapField, NestedField, NpyField, SaveValue};
use crate::{Error, Result};
use std::marker::PhantomData;

/// Collects the fields of a struct for a save.
pub struct PackWriter<'a> {
    marker: PhantomData<&'a ()>,
}

/// One field of a save: says how, then takes the value.
pub struct FieldWriter<'w, 'a, T: ?Sized> {
    writer: &'w mut PackWriter<'a>,
    name: &'a str,
    marker: PhantomData<fn() -> &'a T>,
}

impl<'a> PackWriter<'a> {
    /// Starts a field, by its name in the folder.
    pub fn field<T>(&mut self, name: &'a str) -> FieldWriter<'_, 'a, T> {
        FieldWriter { writer: self, name, marker: PhantomData }
    }
}

impl<'a, T> FieldWriter<'_, 'a, T> {
    /// An older name of the variable: what the folder holds under it is replaced by this field.
    #[must_use]
    pub fn alias(self, _name: &'a str) -> Self {
        todo!()
    }
    /// Keeps what the folder holds while the value is still `default()`: `skip_load`.
    #[must_use]
    pub fn skip_load(self, default: fn() -> T) -> Self {
        let _ = default;
        self
    }
    /// Arrays of a map under `min_len` elements stay in the pickle.
    #[must_use]
    pub fn min_len(self, _min_len: usize) -> Self {
        self
    }
    /// Arrays of a map with integer keys get files of their own, which the Python program cannot load.
    #[must_use]
    pub fn int_keys(self) -> Self {
        self
    }
    /// An array, or a map of arrays, as `.npy` files: `mmap`.
    pub fn mmap(self, _value: &'a T) -> Result<()> where T: MmapField {
        todo!()
    }
    /// A plain array as a `.npy` file: `npy`.
    pub fn npy(self, _value: &'a T) -> Result<()> where T: NpyField {
        todo!()
    }
    /// A value in the shared pickle.
    pub fn value(self, _value: &'a T) -> Result<()> where T: SaveValue {
        let _ = (self.writer.marker, self.name);
        todo!()
    }
    /// A value in a pickle of its own: `separate`.
    pub fn separate(self, _value: &'a T) -> Result<()> where T: SaveValue {
        todo!()
    }
    /// A struct that derives `Varpack`, as a dict: `nested`.
    pub fn nested(self, _value: &'a T) -> Result<()> where T: NestedField {
        todo!()
    }
    /// Refuses the field with an error.
    pub fn refuse(self, error: Error) -> Result<()> {
        Err(error.with_variable(self.name))
    }
}
