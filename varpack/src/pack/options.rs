//! Options of save and load.

/// Options of a save.
#[derive(Clone, Debug, Default)]
pub struct SaveOptions {}

/// Options of a load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {}

/// A loaded struct, with what the load remembers.
pub struct Loaded<T> {
    value: T,
}

impl<T> Loaded<T> {
    /// The struct alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}
