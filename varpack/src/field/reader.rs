//! What a load hands to a struct, field by field.

mod flat;

use super::absent::absent_value;
use super::{LoadValue, MmapField, NestedField, NpyField};
use crate::folder::content::item_path;
use crate::folder::group::{Group, names, rust_path};
use crate::folder::load::found::Found;
use crate::folder::load::{Context, missing};
use crate::folder::report::LoadAction;
use crate::layout::manifest::Entry;
use crate::npy::Cast;
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result, text};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Hands out the variables of a folder, field by field: what
/// [`PackFields::read_fields`](crate::PackFields::read_fields) asks.
///
/// See [`PackWriter`](crate::PackWriter) for a short example, [`FieldReader`] for a full one.
pub struct PackReader<'p> {
    context: &'p Context<'p>,
    scope: Scope<'p>,
    asked: &'p RefCell<Asked>,
}

/// What the fields have asked for.
#[derive(Default)]
pub(crate) struct Asked {
    /// The names of their variables.
    known: BTreeSet<String>,
    /// How many of those the folder has.
    found: usize,
}

/// Whose fields are read.
enum Scope<'p> {
    /// The folder's; or those of a flattened field of it.
    Folder(Option<FlatScope<'p>>),
    /// Those of a nested struct: a dictionary in a pickle.
    Dict(Place<'p>),
}

/// A flattened field.
struct FlatScope<'p> {
    group: Arc<Group>,
    /// The variable of the field's own name.
    own: Option<Place<'p>>,
}

/// A value in a pickle.
struct Place<'p> {
    entry: &'p Entry,
    /// `split[train]`
    path: String,
    file: &'p str,
    node: Node<'p>,
}

/// One field of a load: says how, then gives the value.
///
/// ```
/// # use std::collections::BTreeMap;
/// # use varpack::{MmapArray1, PackFields, PackReader, PackWriter, Result, SaveFields, Varpack};
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
/// #     layers: Vec<Model>,
/// #     notes: String,
/// #     step: u64,
/// # }
/// #
/// # impl SaveFields for Run {
/// #     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
/// #         writer.field("split").min_len(1000).int_keys().mmap(&self.split)?;
/// #         writer.field("losses").npy(&self.losses)?;
/// #         writer.field("history").separate(&self.history)?;
/// #         writer.field("model").nested(&self.model)?;
/// #         writer.field("layers").flatten(&self.layers)?;
/// #         writer.field("notes").skip_load(String::new).value(&self.notes)?;
/// #         writer.field("step").alias("epoch").value(&self.step)
/// #     }
/// # }
/// #
/// impl PackFields for Run {
///     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
///         Ok(Run {
///             split: reader.field("split").mmap()?,
///             losses: reader.field("losses").npy()?,
///             history: reader.field("history").default(Vec::new).separate()?,
///             model: reader.field("model").nested()?,
///             layers: reader.field("layers").flatten()?,
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
    prefix: Option<&'static str>,
    field: Option<&'static str>,
    default: Option<fn() -> T>,
    cast: Option<Cast>,
}

impl<'p> PackReader<'p> {
    pub(crate) fn new(context: &'p Context<'p>, asked: &'p RefCell<Asked>) -> Self {
        Self { context, scope: Scope::Folder(None), asked }
    }

    /// Starts a field, by its variable's name in the folder. See [`FieldReader`] for an example of this
    /// and of what follows it.
    pub fn field<T>(&mut self, name: &'static str) -> FieldReader<'_, 'p, T> {
        let (aliases, prefix, field, default, cast) = (Vec::new(), None, None, None, None);
        FieldReader { reader: self, name, aliases, prefix, field, default, cast }
    }

    /// Notes what no field has asked for.
    ///
    /// # Errors
    /// `Usage` if the caller skips a variable that there is not.
    pub(crate) fn finish(self) -> Result<()> {
        let known = &self.asked.borrow().known;
        for name in &self.context.options.skip {
            let items = self.context.skippable_items();
            if !known.contains(name) && !items.contains(name) {
                let names = known.iter().chain(items.iter()).map(String::as_str);
                return Err(
                    missing(name, name, names).with_message("no field to skip has that name")
                );
            }
        }
        let mut report = self.context.report.borrow_mut();
        for (name, entry) in self.context.manifest.iter() {
            if !known.contains(name) {
                report.unread(name, entry, LoadAction::Unknown);
            }
        }
        Ok(())
    }

    /// Finds a field's variable and reads it; `None` if it is not there or skipped.
    fn find<T>(
        &mut self,
        names: &[Cow<'static, str>],
        by_item: bool,
        read: impl FnOnce(Found<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match &self.scope {
            Scope::Folder(_) => {
                let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
                let Some((name, entry)) = self.ask(&names) else { return Ok(None) };
                if names.len() > 1 {
                    self.context.note_other_names(&names);
                }
                self.context.with_found(name, entry, None, by_item, read).map(Some)
            }
            Scope::Dict(Place { entry, path, file, node }) => {
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
                    cast: None,
                };
                read(found).map(Some)
            }
        }
    }

    /// Notes that these names were asked for. Gives the first that the folder has.
    fn ask<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &'p Entry)> {
        let mut asked = self.asked.borrow_mut();
        asked.known.extend(names.iter().map(|&name| name.to_owned()));
        let found = self.context.find(names.iter().copied());
        asked.found += usize::from(found.is_some());
        found
    }

    /// The flattened field whose fields are read from variables of their own.
    fn flat(&self) -> Option<&FlatScope<'p>> {
        match &self.scope {
            Scope::Folder(flat) => flat.as_ref(),
            Scope::Dict(_) => None,
        }
    }

    fn group(&self) -> Option<&Arc<Group>> {
        self.flat().map(|flat| &flat.group)
    }

    /// The path of a field's variable: `step`, or `model[step]` in a nested struct.
    fn path(&self, name: &str) -> String {
        match &self.scope {
            Scope::Folder(_) => name.to_owned(),
            Scope::Dict(Place { path, .. }) => item_path(path, name),
        }
    }

    /// `field`: as Rust has it.
    fn missing(&self, name: &str, field: &str) -> Error {
        let error = match &self.scope {
            Scope::Folder(_) => self.context.missing(name, name),
            Scope::Dict(Place { node, file, .. }) => {
                let keys: Vec<_> = node
                    .entries()
                    .map(|entries| entries.filter_map(|(key, _)| key.as_str()).collect())
                    .unwrap_or_default();
                missing(name, &self.path(name), keys.iter().copied())
                    .with_path(self.context.folder.dir().path().join(file))
            }
        };
        let path = rust_path(self.group().map(Arc::as_ref), field);
        let of_field = match self.group() {
            Some(_) if path != name => format!(" of the field `{}`", text::bounded_name(&path)),
            _ => String::new(),
        };
        let message = format!(
            "{}{of_field}; a field that may be missing has `#[varpack(default)]`, one with an older name `alias`",
            error.message().unwrap_or_default(),
        );
        error.with_message(message)
    }
}

/// Why a field cannot be skipped.
const NO_DEFAULT: &str = "the field cannot be skipped: it has no `#[varpack(default)]`";

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

    /// What the names of a flattened struct's variables begin with, in place of `name.`: `flatten(prefix = "…")`. See
    /// [`FieldWriter::prefix`](crate::FieldWriter::prefix) for an example.
    #[must_use]
    pub fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// Whether an array of another dtype than the field's is cast to it: `mmap(cast)`, `npy(cast)`. It is in memory then, not
    /// mapped, and a save that writes it writes the new dtype.
    ///
    /// ```
    /// use varpack::npy::Cast;
    /// use varpack::{
    ///     Element, MmapArray1, PackFields, PackReader, PackWriter, Result, SaveFields, Varpack,
    /// };
    ///
    /// struct Counts<T>(MmapArray1<T>);
    ///
    /// impl<T: Element> SaveFields for Counts<T> {
    ///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
    ///         writer.field("counts").mmap(&self.0)
    ///     }
    /// }
    ///
    /// impl<T: Element> PackFields for Counts<T> {
    ///     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
    ///         reader.field("counts").cast(Cast::Lossless).mmap().map(Self)
    ///     }
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path().join("run");
    /// Counts::<i32>(vec![1, 2].into()).save(&folder)?;
    /// assert_eq!(Counts::<i64>::load(&folder)?.0.to_vec(), [1, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn cast(mut self, cast: Cast) -> Self {
        self.cast = Some(cast);
        self
    }

    /// What Rust calls the field, where its variable has another name: errors tell it.
    #[doc(hidden)]
    #[must_use]
    pub fn of_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
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
        let cast = self.cast;
        self.read_or(true, T::absent, |found| T::read(Found { cast, ..found }))
    }

    /// A plain array, read into memory: `npy`. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap).
    pub fn npy(self) -> Result<T>
    where
        T: NpyField,
    {
        let cast = self.cast;
        self.read_or(false, || None, |found| T::read(Found { cast, ..found }))
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
        self.read_or(false, absent_value, |found| found.reported_value())
    }

    /// A value that has a pickle of its own: `separate`. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// As for [`value`](Self::value).
    pub fn separate(self) -> Result<T>
    where
        T: LoadValue,
    {
        self.read_or(false, absent_value, |found| found.reported_value())
    }

    /// A struct that derives `Varpack`: `nested`. Where the folder has a variable for each of its fields, as
    /// [`flatten`](Self::flatten) saves it, they are read from those. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap), and those of its fields; [`Value`](ErrorKind::Value) if it is no
    /// dictionary.
    pub fn nested(self) -> Result<T>
    where
        T: NestedField,
    {
        if let Some(group) = self.flattened()? {
            return self.read_flattened(&group);
        }
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
                let scope = Scope::Dict(Place { entry, path, file, node });
                let asked = RefCell::default();
                T::read_fields(&mut PackReader { context: found.context, scope, asked: &asked })
            },
        )
    }

    /// The default, whatever the folder holds: `skip_load`. Needs [`default`](Self::default). See
    /// [`FieldReader`] for an example.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if it has no default.
    pub fn skip_load(self) -> Result<T> {
        if let Scope::Folder(_) = self.reader.scope {
            let names = self.names()?;
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            if let Some((name, entry)) = self.reader.ask(&names) {
                let mut report = self.reader.context.report.borrow_mut();
                report.unread(name, entry, LoadAction::Skipped);
            }
        }
        self.default.map(|default| default()).ok_or_else(|| {
            Error::msg(ErrorKind::Usage, "a field that is not loaded needs a default")
                .with_variable(self.reader.path(self.name))
        })
    }

    fn missing(&self) -> Error {
        let names = self.names().unwrap_or_default();
        let name = names.first().map_or(self.name, AsRef::as_ref);
        self.reader.missing(name, self.field.unwrap_or(self.name))
    }

    /// What the folder, or the dictionary of a nested struct, may call it.
    fn names(&self) -> Result<Vec<Cow<'static, str>>> {
        names(self.reader.group().map(Arc::as_ref), self.name, &self.aliases)
    }

    /// The variable as `read` gives it, or else the default, or else what is `absent`. `by_item`: as of
    /// [`Context::with_found`].
    pub(crate) fn read_or(
        self,
        by_item: bool,
        absent: impl FnOnce() -> Option<T>,
        read: impl FnOnce(Found<'_>) -> Result<T>,
    ) -> Result<T> {
        let names = self.names()?;
        let name = names.first().map_or(self.name, AsRef::as_ref);
        let skip = &self.reader.context.options.skip;
        let is_skipped = matches!(self.reader.scope, Scope::Folder(_))
            && names.iter().any(|name| skip.contains(name.as_ref()));
        let fallback = || self.default.map(|default| default()).or_else(absent);
        if is_skipped {
            let Some(value) = fallback() else {
                return Err(Error::msg(ErrorKind::Usage, NO_DEFAULT)
                    .with_variable(name)
                    .with_path(self.reader.context.folder.dir().path()));
            };
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            let entry = self.reader.ask(&names);
            let mut report = self.reader.context.report.borrow_mut();
            match entry {
                Some((_, entry)) => report.unread(name, entry, LoadAction::Skipped),
                None => report.other(name, None, LoadAction::Skipped),
            }
            return Ok(value);
        }
        if let Some(value) = self.reader.find(&names, by_item, read)? {
            return Ok(value);
        }
        let Some(value) = fallback() else {
            return Err(self.reader.missing(name, self.field.unwrap_or(self.name)));
        };
        let path = self.reader.path(name);
        self.reader.context.report.borrow_mut().other(&path, None, LoadAction::Defaulted);
        Ok(value)
    }
}
