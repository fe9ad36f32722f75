//! The folder: what a derived struct and `Pack` read and write.

mod commit;
mod fs;
mod lock;
mod options;
mod reader;
mod writer;

pub use options::{LoadOptions, Loaded, SaveOptions};
pub use reader::{FieldReader, PackReader};
pub use writer::{FieldWriter, PackWriter};

use crate::Result;
use std::path::Path;

/// The fields of a struct, one by one: what `#[derive(Varpack)]` writes, and a hand implementation too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved to a folder or loaded from one",
    label = "needs `#[derive(Varpack)]`",
    note = "a struct with type parameters needs their bounds too, such as `T: varpack::Element`"
)]
pub trait PackFields: Sized {
    /// Hands each field to the writer.
    fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()>;
    /// Asks the reader for each field.
    fn read_fields(reader: &mut PackReader<'_>) -> Result<Self>;
}

/// Saving and loading a struct as a folder.
pub trait Varpack: PackFields {
    /// Saves to a folder.
    fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        self.save_with(folder, &SaveOptions::default())
    }
    /// Saves to a folder, as the options say.
    fn save_with(&self, _folder: impl AsRef<Path>, _options: &SaveOptions) -> Result<()> {
        todo!()
    }
    /// Loads a folder, its arrays mapped `r+`.
    fn load(folder: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::load_with(folder, &LoadOptions::default())?.into_inner())
    }
    /// Loads a folder, as the options say.
    fn load_with(_folder: impl AsRef<Path>, _options: &LoadOptions) -> Result<Loaded<Self>> {
        todo!()
    }
    /// Writes what was changed through `view_mut` in mode `r+` to the disk.
    fn flush(&self) -> Result<()> {
        todo!()
    }
}

impl<T: PackFields> Varpack for T {}
