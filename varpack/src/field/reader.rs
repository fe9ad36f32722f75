//! What a load hands to a struct, field by field.

use super::{LoadValue, MmapField, NestedField, NpyField};
use crate::folder::content::item_path;
use crate::folder::load::found::Found;
use crate::folder::load::{Context, missing};
use crate::folder::report::LoadAction;
use crate::layout::manifest::Entry;
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeSet;

/// Hands out the variables of a folder, field by field: what
/// [`PackFields::read_fields`](crate::PackFields::read_fields) asks.
///
/// See [`PackWriter`](crate::PackWriter) for a short example, [`FieldReader`] for a full one.
pub struct PackReader<'p> {
    context: &'p Context<'p>,
    scope: Scope<'p>,
    /// The variables that a field has asked for.
    known: BTreeSet<String>,
}

/// Whose fields are read.
enum Scope<'p> {
    /// The folder's.
    Folder,
    /// Those of a nested struct: a dictionary in a pickle.
    Dict { entry: &'p Entry, path: String, file: &'p str, node: Node<'p> },
}

/// One field of a load: says how, then gives the value.
///
/// ```
/// # use std::collections::BTreeMap;
/// # use varpack::{MmapArray1, PackFields, PackReader, PackWriter, Result, Varpack};
/// # #[derive(Varpack, Default)]
/// # struct Model {
/// #     #[varpack(mmap)]
/// #     weights: MmapArray1<f32>,
/// # }
/// # #[derive(Default)]
/// # struct Run {
/// #     split: BTreeMap<u32, MmapArray1<f32>>,
/// #     losses: Vec<f64>,
/// #     history: Vec<String>,
/// #     model: Model,
/// #     notes: String,
/// #     step: u64,
/// # }
/// #
/// impl PackFields for Run {
/// #     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
/// #         writer.field("split").min_len(1000).int_keys().mmap(&self.split)?;
/// #         writer.field("losses").npy(&self.losses)?;
/// #         writer.field("history").separate(&self.history)?;
/// #         writer.field("model").nested(&self.model)?;
/// #         writer.field("notes").skip_load(String::new).value(&self.notes)?;
/// #         writer.field("step").alias("epoch").value(&self.step)
/// #     }
/// #
///     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
///         Ok(Run {
///             split: reader.field("split").mmap()?,
///             losses: reader.field("losses").npy()?,
///             history: reader.field("history").default(Vec::new).separate()?,
///             model: reader.field("model").nested()?,
///             notes: reader.field("notes").default(String::new).skip_load()?,
///             step: reader.field("step").alias("epoch").value()?,
///         })
///     }
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { losses: vec![0.5], step: 7, ..Run::default() }.save(folder)?;
/// let run = Run::load(folder)?;
/// assert_eq!((run.losses, run.step), (vec![0.5], 7));
/// # Ok::<(), varpack::Error>(())
/// ```
pub struct FieldReader<'r, 'p, T> {
    reader: &'r mut PackReader<'p>,
    name: &'static str,
    aliases: Vec<&'static str>,
    default: Option<fn() -> T>,
}

impl<'p> PackReader<'p> {
    pub(crate) fn new(context: &'p Context<'p>) -> Self {
        Self { context, scope: Scope::Folder, known: BTreeSet::new() }
    }

    /// Starts a field, by its variable's name in the folder. See [`FieldReader`] for an example of this
    /// and of what follows it.
    pub fn field<T>(&mut self, name: &'static str) -> FieldReader<'_, 'p, T> {
        FieldReader { reader: self, name, aliases: Vec::new(), default: None }
    }

    /// Notes what no field has asked for.
    ///
    /// # Errors
    /// `Usage` if the caller skips a variable that there is not.
    pub(crate) fn finish(self) -> Result<()> {
        for name in &self.context.options.skip {
            if !self.known.contains(name) {
                let names = self.known.iter().map(String::as_str);
                return Err(
                    missing(name, name, names).with_message("no field to skip has that name")
                );
            }
        }
        let mut report = self.context.report.borrow_mut();
        for (name, entry) in self.context.manifest.iter() {
            if !self.known.contains(name) {
                report.value(name, Some(&entry.filename), LoadAction::Unknown);
            }
        }
        Ok(())
    }

    /// Finds a field's variable and reads it; `None` if it is not there or skipped.
    fn find<T>(
        &mut self,
        names: &[&'static str],
        by_item: bool,
        read: impl FnOnce(Found<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match &self.scope {
            Scope::Folder => {
                self.known.extend(names.iter().map(|&name| name.to_owned()));
                let Some((name, entry)) = self.context.find(names.iter().copied()) else {
                    return Ok(None);
                };
                if names.len() > 1 {
                    self.context.note_other_names(names);
                }
                self.context.with_found(name, entry, None, by_item, read).map(Some)
            }
            Scope::Dict { entry, path, file, node } => {
                let found = names.iter().find_map(|name| Some((name, node.get(name)?)));
                let Some((name, node)) = found else { return Ok(None) };
                let path = item_path(path, name);
                let found = Found {
                    context: self.context,
                    entry,
                    path,
                    file,
                    node: Some(node),
                    opened: None,
                };
                read(found).map(Some)
            }
        }
    }

    /// The path of a field's variable: `step`, or `model[step]` in a nested struct.
    fn path(&self, name: &str) -> String {
        match &self.scope {
            Scope::Folder => name.to_owned(),
            Scope::Dict { path, .. } => item_path(path, name),
        }
    }

    fn missing(&self, name: &str) -> Error {
        let error = match &self.scope {
            Scope::Folder => self.context.missing(name, name),
            Scope::Dict { node, file, .. } => {
                let keys: Vec<_> = node
                    .entries()
                    .map(|entries| entries.filter_map(|(key, _)| key.as_str()).collect())
                    .unwrap_or_default();
                missing(name, &self.path(name), keys.iter().copied())
                    .with_path(self.context.folder.dir().path().join(file))
            }
        };
        let message = format!(
            "{}; a field that may be missing has `#[varpack(default)]`, one with an older name `alias`",
            error.message().unwrap_or_default(),
        );
        error.with_message(message)
    }
}

impl<T> FieldReader<'_, '_, T> {
    /// An older name of the variable, tried after the present one. See [`FieldReader`] for an example.
    #[must_use]
    pub fn alias(mut self, name: &'static str) -> Self {
        self.aliases.push(name);
        self
    }

    /// The value where the folder lacks the variable, or the caller skips it. See [`FieldReader`] for an
    /// example.
    #[must_use]
    pub fn default(mut self, default: fn() -> T) -> Self {
        self.default = Some(default);
        self
    }

    /// An array, or a map of arrays, mapped: `mmap`. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// - [`MissingVariable`](ErrorKind::MissingVariable) if the folder lacks it and it has no default.
    /// - [`Dtype`](ErrorKind::Dtype) or [`Shape`](ErrorKind::Shape) if dtype or number of axes differ,
    ///   [`Value`](ErrorKind::Value) if it is no array, or no map of arrays.
    /// - [`Usage`](ErrorKind::Usage) if the caller skips it and it has no default.
    /// - [`NotFound`](ErrorKind::NotFound), [`Npy`](ErrorKind::Npy), [`Pickle`](ErrorKind::Pickle) and
    ///   [`Io`](ErrorKind::Io) if a file is missing, broken or cannot be read.
    pub fn mmap(self) -> Result<T>
    where
        T: MmapField,
    {
        self.read_or(true, T::absent, T::read)
    }

    /// A plain array, read into memory: `npy`. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap).
    pub fn npy(self) -> Result<T>
    where
        T: NpyField,
    {
        self.read_or(false, || None, T::read)
    }

    /// A value from the shared pickle, or from wherever the folder has it. See [`FieldReader`] for an
    /// example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap); [`Value`](ErrorKind::Value) if it is of another type, naming the
    /// place inside it.
    pub fn value(self) -> Result<T>
    where
        T: LoadValue,
    {
        self.read_or(false, || None, |found| found.reported_value())
    }

    /// A value that has a pickle of its own: `separate`. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// As for [`value`](Self::value).
    pub fn separate(self) -> Result<T>
    where
        T: LoadValue,
    {
        self.read_or(false, || None, |found| found.reported_value())
    }

    /// A struct that derives `Varpack`: `nested`. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap), and those of its fields; [`Value`](ErrorKind::Value) if it is no
    /// dictionary.
    pub fn nested(self) -> Result<T>
    where
        T: NestedField,
    {
        self.read_or(
            true,
            || None,
            |found| {
                let Some(node) = found.node.filter(|node| node.entries().is_some()) else {
                    let kind = found.node.map_or("an array", |node| node.kind_name());
                    return Err(found.locate(
                        Error::new(ErrorKind::Value)
                            .with_expected("a nested struct (a dict)")
                            .with_found(kind),
                    ));
                };
                let Found { entry, path, file, .. } = found;
                let scope = Scope::Dict { entry, path, file, node };
                let mut reader =
                    PackReader { context: found.context, scope, known: BTreeSet::new() };
                T::read_fields(&mut reader)
            },
        )
    }

    /// The default, whatever the folder holds: `skip_load`. Needs [`default`](Self::default). See
    /// [`FieldReader`] for an example.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if it has no default.
    pub fn skip_load(self) -> Result<T> {
        let names = self.names();
        if matches!(self.reader.scope, Scope::Folder) {
            self.reader.known.extend(names.iter().map(|&name| name.to_owned()));
            if let Some((name, entry)) = self.reader.context.find(names) {
                let mut report = self.reader.context.report.borrow_mut();
                report.value(name, Some(&entry.filename), LoadAction::Skipped);
            }
        }
        self.default.map(|default| default()).ok_or_else(|| {
            Error::msg(ErrorKind::Usage, "a field that is not loaded needs a default")
                .with_variable(self.reader.path(self.name))
        })
    }

    fn names(&self) -> Vec<&'static str> {
        [self.name].into_iter().chain(self.aliases.iter().copied()).collect()
    }

    /// The variable as `read` gives it, or else the default, or else what is `absent`. `by_item`: as of
    /// [`Context::with_found`].
    pub(crate) fn read_or(
        self,
        by_item: bool,
        absent: impl FnOnce() -> Option<T>,
        read: impl FnOnce(Found<'_>) -> Result<T>,
    ) -> Result<T> {
        let names = self.names();
        let is_skipped = matches!(self.reader.scope, Scope::Folder)
            && names.iter().any(|&name| self.reader.context.options.skip.contains(name));
        let fallback = || self.default.map(|default| default()).or_else(absent);
        if is_skipped {
            let Some(value) = fallback() else {
                return Err(Error::msg(
                    ErrorKind::Usage,
                    "the field cannot be skipped: it has no `#[varpack(default)]`",
                )
                .with_variable(self.name)
                .with_path(self.reader.context.folder.dir().path()));
            };
            self.reader.known.extend(names.iter().map(|&name| name.to_owned()));
            let entry = self.reader.context.find(names);
            let file = entry.map(|(_, entry)| entry.filename.as_str());
            self.reader.context.report.borrow_mut().value(self.name, file, LoadAction::Skipped);
            return Ok(value);
        }
        if let Some(value) = self.reader.find(&names, by_item, read)? {
            return Ok(value);
        }
        let Some(value) = fallback() else { return Err(self.reader.missing(self.name)) };
        let path = self.reader.path(self.name);
        self.reader.context.report.borrow_mut().value(&path, None, LoadAction::Defaulted);
        Ok(value)
    }
}
