//! The folder: what a derived struct and `Pack` read and write.

pub(crate) mod commit;
pub(crate) mod content;
mod context;
mod dynamic;
mod existing;
pub(crate) mod found;
pub(crate) mod fs;
mod linux;
mod loaded;
pub(crate) mod lock;
mod lock_file;
mod manifest;
mod name;
mod named;
mod new_folder;
mod options;
mod os;
mod plan;
mod reader;
mod record;
mod recover;
mod report;
mod rules;
mod save;
mod split;
mod staging;
#[cfg(test)]
mod tests;
mod unfinished;
mod value;
mod writer;

pub use dynamic::Pack;
pub use loaded::Loaded;
pub use options::{LoadOptions, SaveOptions};
pub use reader::{FieldReader, PackReader};
pub use recover::{Recover, recover};
pub use report::{LoadAction, LoadEntry, LoadReport};
pub use rules::PackRules;
pub use value::{PackItem, PackMap, PackValue};
pub use writer::{FieldWriter, PackWriter};

#[cfg(fuzzing)]
pub(crate) use {
    manifest::{Entry, Manifest},
    named::Named,
    record::Record,
};

use crate::Result;
use std::path::Path;

/// The fields of a struct, one by one.
///
/// `#[derive(Varpack)]` implements it, with one call a field in each direction; so can a hand:
///
/// ```
/// use varpack::{MmapArray1, PackFields, PackReader, PackWriter, Result, Varpack};
///
/// struct Track {
///     samples: MmapArray1<f32>,
///     rate: u32,
/// }
///
/// impl PackFields for Track {
///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
///         writer.field("samples").mmap(&self.samples)?;
///         writer.field("rate").value(&self.rate)
///     }
///
///     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
///         Ok(Track {
///             samples: reader.field("samples").mmap()?,
///             rate: reader.field("rate").default(|| 44_100).value()?,
///         })
///     }
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("track");
/// Track { samples: vec![0.0; 100].into(), rate: 8000 }.save(&folder)?;
/// assert_eq!(Track::load(&folder)?.rate, 8000);
/// # Ok::<(), varpack::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved to a folder or loaded from one",
    label = "needs `#[derive(Varpack)]`",
    note = "a struct with type parameters needs their bounds too, such as `T: varpack::Element`"
)]
pub trait PackFields: Sized {
    /// Hands each field to the writer.
    ///
    /// # Errors
    /// The writer's.
    fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()>;

    /// Asks the reader for each field.
    ///
    /// # Errors
    /// The reader's.
    fn read_fields(reader: &mut PackReader<'_>) -> Result<Self>;
}

/// Saving a struct to a folder and loading it from there. Comes with `#[derive(Varpack)]`.
pub trait Varpack: PackFields {
    /// Saves to a folder, which is made if it does not exist. All or nothing: whatever happens, the folder
    /// holds the old state or the new one.
    ///
    /// Only what has changed is written. An array that is mapped from this folder is left alone; one
    /// that was edited in place is flushed. Fields that were skipped on load keep what the folder
    /// holds, and so do variables that the struct does not know.
    ///
    /// # Errors
    /// [`Stale`](crate::ErrorKind::Stale) if someone else has replaced an array's file since it was
    /// loaded, [`Busy`](crate::ErrorKind::Busy) if someone else saves or writes in place,
    /// [`Exists`](crate::ErrorKind::Exists) if a file of no variable has a variable's name, and those of
    /// the operating system.
    fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        self.save_with(folder, &SaveOptions::default())
    }

    /// Saves to a folder, as the options say.
    ///
    /// # Errors
    /// As for [`save`](Self::save).
    fn save_with(&self, folder: impl AsRef<Path>, options: &SaveOptions) -> Result<()> {
        save::save(folder.as_ref(), &PackWriter::collect(self)?, options)
    }

    /// Loads a folder, its arrays mapped in mode `r+`.
    ///
    /// While an array is mapped, no program may truncate or edit its file but through `varpack`, which
    /// sees to it: saves replace files, and an in-place writer has the folder alone. The Python program
    /// truncates files as it saves: reading an array that it does that to ends the process
    /// (`SIGBUS`). Where that cannot be ruled out, load with [`Mode::InMemory`](crate::Mode::InMemory).
    ///
    /// # Errors
    /// If the folder, a file or a variable is missing or not what it should be; the error says where,
    /// what was expected and what was found.
    fn load(folder: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::load_with(folder, &LoadOptions::default())?.into_inner())
    }

    /// Loads a folder, as the options say. What comes back remembers its folder, what was skipped and
    /// what the load did.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    fn load_with(folder: impl AsRef<Path>, options: &LoadOptions) -> Result<Loaded<Self>> {
        let (value, report, folder) = context::with_folder(folder.as_ref(), options, |context| {
            let mut reader = PackReader::new(context);
            let value = Self::read_fields(&mut reader)?;
            reader.finish()?;
            Ok(value)
        })?;
        let (identity, folder) = (folder.dir().id()?, folder.dir().path().to_owned());
        Ok(Loaded { value, folder, identity, skipped: options.skip.clone(), report })
    }

    /// Brings what was written through `view_mut` in mode `r+` to the disk, and lets other processes use
    /// the folder again.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if the disk fails.
    fn flush(&self) -> Result<()> {
        flush(&PackWriter::collect(self)?)
    }
}

/// Flushes the arrays of some variables.
fn flush(variables: &[content::Variable<'_>]) -> Result<()> {
    variables.iter().try_for_each(|variable| {
        variable.content.for_each_array(&mut |array| {
            array.flush().map_err(|error| error.with_variable(variable.name.as_ref()))
        })
    })
}

impl<T: PackFields> Varpack for T {}
