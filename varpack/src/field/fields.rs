//! The fields of a struct, one by one: what the derive implements.

use super::reader::PackReader;
use super::writer::PackWriter;
use crate::Result;

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
    /// Hands each field to the writer. See [`FieldWriter`](crate::FieldWriter) for a full example.
    ///
    /// # Errors
    /// Those of [`FieldWriter`](crate::FieldWriter)'s methods.
    fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()>;

    /// Asks the reader for each field. See [`FieldReader`](crate::FieldReader) for a full example.
    ///
    /// # Errors
    /// Those of [`FieldReader`](crate::FieldReader)'s methods.
    fn read_fields(reader: &mut PackReader<'_>) -> Result<Self>;
}
