//! The fields of a struct, one by one: what the derive implements.

use super::reader::PackReader;
use super::writer::PackWriter;
use crate::Result;

/// The fields of a struct, one by one, on their way into a folder.
///
/// `#[derive(Varpack)]` implements it, with one call a field; so can a hand. A struct that has this alone, as one under
/// [`#[varpack(save_only)]`](macro@crate::Varpack#save_only) has, is saved and not loaded: it may borrow what it saves.
///
/// ```
/// use varpack::{PackWriter, Result, SaveFields, Varpack};
///
/// struct Sample<'s> {
///     samples: &'s [f32],
///     rate: u32,
/// }
///
/// impl SaveFields for Sample<'_> {
///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
///         writer.field("samples").mmap(&self.samples)?;
///         writer.field("rate").value(&self.rate)
///     }
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("sample");
/// Sample { samples: &[0.5, -0.5], rate: 8000 }.save(&folder)?;
/// assert!(folder.join("samples.npy").exists());
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// In generic code it is the bound of what can be saved, and [`PackFields`] that of what can be loaded, too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved to a folder or loaded from one",
    label = "needs `#[derive(Varpack)]`",
    note = "a struct with type parameters needs their bounds too, such as `T: varpack::Element`"
)]
pub trait SaveFields {
    /// Hands each field to the writer. See [`FieldWriter`](crate::FieldWriter) for a full example.
    ///
    /// # Errors
    /// Those of [`FieldWriter`](crate::FieldWriter)'s methods.
    fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()>;
}

/// What a reference refers to.
#[diagnostic::do_not_recommend]
impl<T: SaveFields + ?Sized> SaveFields for &T {
    fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
        T::write_fields(self, writer)
    }
}

/// The fields of a struct, one by one, on their way out of a folder, and by [`SaveFields`] into one.
///
/// `#[derive(Varpack)]` implements both, with one call a field in each direction; so can a hand:
///
/// ```
/// use varpack::{MmapArray1, PackFields, PackReader, PackWriter, Result, SaveFields, Varpack};
///
/// struct Track {
///     samples: MmapArray1<f32>,
///     rate: u32,
/// }
///
/// impl SaveFields for Track {
///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
///         writer.field("samples").mmap(&self.samples)?;
///         writer.field("rate").value(&self.rate)
///     }
/// }
///
/// impl PackFields for Track {
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
    message = "`{Self}` cannot be loaded from a folder",
    label = "needs `#[derive(Varpack)]`, without `save_only`",
    note = "what is `#[varpack(save_only)]` is saved alone: load the folder as a struct that owns its fields, of the same names, or open it as a `varpack::Pack`",
    note = "a type parameter that is loaded needs the bound `T: varpack::PackFields`, and a struct with type parameters their bounds, such as `T: varpack::Element`"
)]
pub trait PackFields: SaveFields + Sized {
    /// Asks the reader for each field. See [`FieldReader`](crate::FieldReader) for a full example.
    ///
    /// # Errors
    /// Those of [`FieldReader`](crate::FieldReader)'s methods.
    fn read_fields(reader: &mut PackReader<'_>) -> Result<Self>;
}
