//! Opening a folder of unknown type.

use super::Pack;
use super::held::HeldVariable;
use crate::array::{ArrayFile, ArrayType};
use crate::dynamic::value::PackValue;
use crate::folder::load::found::ToOpen;
use crate::folder::load::{Context, with_folder};
use crate::folder::options::LoadOptions;
use crate::folder::report::LoadAction;
use crate::layout::manifest::Entry;
use crate::{ErrorKind, Mode, Result, parallel};
use std::path::Path;
use std::sync::Arc;

/// Whether a variable is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    No,
    /// What cannot be a value, a cyclic list say, is left in the folder with a note.
    IfPossible,
    Yes,
}

impl Pack {
    /// Opens a folder, its arrays mapped copy-on-write (mode `c`), and attaches to it: nothing reaches the folder before a
    /// [`save`](Self::save).
    ///
    /// # Errors
    /// As for [`Varpack::load`](crate::Varpack::load).
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let pack = Pack::open(folder)?;
    /// assert_eq!(pack.get("step").and_then(PackValue::as_value), Some(&7.into()));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(folder, &LoadOptions::default())
    }

    /// Opens a folder to edit its arrays in place (mode `r+`), and attaches to it. What [`Varpack::edit`](crate::Varpack::edit) says
    /// holds here.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("x", PackValue::try_from(ndarray::Array1::<f64>::zeros(100_000))?)?;
    /// # pack.save_to(folder)?;
    /// let mut pack = Pack::edit(folder)?;
    /// let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    /// x.view_mut::<f64, ndarray::Ix1>()?[0] = 1.0; // in the file at once
    /// pack.flush()?; // and on the disk
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn edit(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(folder, &LoadOptions::new().mode(Mode::ReadWrite))
    }

    /// Opens a folder, as the options say.
    ///
    /// # Errors
    /// As for [`Varpack::load`](crate::Varpack::load); [`MissingVariable`](ErrorKind::MissingVariable)
    /// also if a variable to skip does not exist, [`Cancelled`](ErrorKind::Cancelled) if the
    /// [progress callback](LoadOptions::progress) ends it.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Mode, Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let pack = Pack::open_with(folder, &LoadOptions::new().mode(Mode::ReadOnly).skip(["step"]))?;
    /// assert!(pack.get("step").is_none());
    /// assert_eq!(pack.skipped().collect::<Vec<_>>(), ["step"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn open_with(folder: impl AsRef<Path>, options: &LoadOptions) -> Result<Self> {
        Self::open_some(folder.as_ref(), options, |name| match options.skip.contains(name) {
            true => Wanted::No,
            false => Wanted::IfPossible,
        })
    }

    /// Opens some of the variables of a folder.
    pub(crate) fn open_some(
        folder: &Path,
        options: &LoadOptions,
        wanted: impl Fn(&str) -> Wanted,
    ) -> Result<Self> {
        let (mut pack, report, folder) = with_folder(folder, options, true, |context| {
            for name in &options.skip {
                if context.manifest.get(name).is_none() {
                    return Err(context.missing(name, name));
                }
            }
            let mut pack = Self::default();
            let variables: Vec<_> =
                context.manifest.iter().map(|(name, entry)| (name, entry, wanted(name))).collect();
            let opener = &context.opener;
            let each = parallel::each(options.threads, variables.len());
            parallel::for_each_in_order(
                options.threads,
                &variables,
                |(_, entry, wanted)| {
                    let is_opened = entry.is_array() && *wanted != Wanted::No;
                    let array_type = ArrayType::any_or_objects();
                    let to_open = ToOpen { opener, entry, array_type };
                    is_opened.then(|| to_open.open(&entry.filename, each))
                },
                |&(name, entry, wanted), opened| {
                    match read(context, name, entry, wanted, opened)? {
                        Some(value) => {
                            let name = name.to_owned();
                            pack.variables.insert(HeldVariable { name, value, loaded: true });
                        }
                        None => {
                            pack.skipped.insert(name.to_owned());
                        }
                    }
                    Ok(())
                },
            )?;
            context.baseline.complete(context, None);
            pack.remembered = Arc::clone(context.baseline).into();
            Ok(pack)
        })?;
        pack.report = report;
        pack.trust = options.trust;
        pack.identity = Some(folder.dir().id()?);
        pack.folder = Some(folder.dir().path().to_owned());
        Ok(pack)
    }
}

/// Reads a variable, if it is wanted.
fn read(
    context: &Context<'_>,
    name: &str,
    entry: &Entry,
    wanted: Wanted,
    opened: Option<Result<ArrayFile>>,
) -> Result<Option<PackValue>> {
    let skip = || {
        let mut report = context.report.borrow_mut();
        report.unread(name, entry, LoadAction::Skipped);
    };
    if wanted == Wanted::No {
        skip();
        return Ok(None);
    }
    match context.with_found(name, entry, opened, false, |found| found.pack_value()) {
        Ok(value) => Ok(Some(value)),
        Err(error) if wanted == Wanted::IfPossible && error.kind() == ErrorKind::Value => {
            skip();
            context.report.borrow_mut().note(error);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
