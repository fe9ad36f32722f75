//! What a load hands to a struct, field by field.

use super::writer::{EMPTY_PREFIX, PackWriter};
use super::{FlattenField, LoadValue, MmapField, NestedField, NpyField};
use crate::folder::content::{Variable, item_path};
use crate::folder::group::{Group, GroupField, entry_field, names, rust_path};
use crate::folder::load::found::Found;
use crate::folder::load::{Context, missing};
use crate::folder::report::LoadAction;
use crate::layout::manifest::Entry;
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
/// #     layers: Vec<Model>,
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
/// #         writer.field("layers").flatten(&self.layers)?;
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
}

impl<'p> PackReader<'p> {
    pub(crate) fn new(context: &'p Context<'p>, asked: &'p RefCell<Asked>) -> Self {
        Self { context, scope: Scope::Folder(None), asked }
    }

    /// Starts a field, by its variable's name in the folder. See [`FieldReader`] for an example of this
    /// and of what follows it.
    pub fn field<T>(&mut self, name: &'static str) -> FieldReader<'_, 'p, T> {
        let (aliases, prefix, field, default) = (Vec::new(), None, None, None);
        FieldReader { reader: self, name, aliases, prefix, field, default }
    }

    /// Notes what no field has asked for.
    ///
    /// # Errors
    /// `Usage` if the caller skips a variable that there is not.
    pub(crate) fn finish(self) -> Result<()> {
        let known = &self.asked.borrow().known;
        for name in &self.context.options.skip {
            if !known.contains(name) {
                let names = known.iter().map(String::as_str);
                return Err(
                    missing(name, name, names).with_message("no field to skip has that name")
                );
            }
        }
        let mut report = self.context.report.borrow_mut();
        for (name, entry) in self.context.manifest.iter() {
            if !known.contains(name) {
                report.value(name, Some(&entry.filename), LoadAction::Unknown);
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

fn flat<'p>(group: &Arc<Group>, own: Option<Place<'p>>) -> Scope<'p> {
    Scope::Folder(Some(FlatScope { group: Arc::clone(group), own }))
}

/// What a flattened list, map or option asks.
impl<'p> PackReader<'p> {
    /// What the folder has under the field's own name.
    pub(crate) fn own(&self) -> Option<Node<'p>> {
        match &self.scope {
            Scope::Folder(flat) => Some(flat.as_ref()?.own.as_ref()?.node),
            Scope::Dict(place) => Some(place.node),
        }
    }

    /// The items of a list that is in a pickle, as `nested` would have it.
    pub(crate) fn nested_items(&self) -> Option<impl Iterator<Item = Node<'p>> + use<'p>> {
        match &self.scope {
            Scope::Folder(_) => None,
            Scope::Dict(place) => place.node.items(),
        }
    }

    /// The entries of a map that is in a pickle.
    pub(crate) fn nested_entries(
        &self,
    ) -> Option<impl Iterator<Item = (Node<'p>, Node<'p>)> + use<'p>> {
        match &self.scope {
            Scope::Folder(_) => None,
            Scope::Dict(place) => place.node.entries(),
        }
    }

    /// What the names of the folder's variables go on with below the field.
    pub(crate) fn below(&self) -> impl Iterator<Item = &str> {
        let prefixes = self.group().into_iter().flat_map(|group| &group.prefixes);
        prefixes.flat_map(|prefix| {
            let below = self.context.below(prefix);
            below.filter_map(|name| name.strip_prefix(prefix.as_str()))
        })
    }

    /// An entry whose fields are variables of their own.
    pub(crate) fn entry<F: FlattenField>(&mut self, key: &str) -> Result<F> {
        let field = entry_field(key);
        let of = GroupField { name: key, aliases: &[], prefix: None, field: &field };
        let group = self.group_of(&of)?;
        match self.skips(&group) {
            true => {
                self.skip_group(&group, F::absent(), "an entry of a list or map cannot be skipped")
            }
            false => self.read_group(group),
        }
    }

    /// Whether the folder has no variable of a flattened field, whose default value tells what those are called.
    fn has_nothing_of<F: FlattenField>(&self, default: &F, group: &Arc<Group>) -> Result<bool> {
        let mut prefixes = group.prefixes.iter().filter(|prefix| !prefix.is_empty());
        let variables = PackWriter::collect_group(default, group)?;
        let names = variables.iter().flat_map(Variable::names);
        Ok(prefixes.all(|prefix| self.context.below(prefix).next().is_none())
            && self.context.find(names).is_none())
    }

    fn skips(&self, group: &Group) -> bool {
        group.names.iter().any(|name| self.context.options.skip.contains(name))
    }

    /// The value of a flattened field that the caller skips. `why_not`: why it cannot be, if it has none.
    fn skip_group<F: FlattenField>(
        &self,
        group: &Arc<Group>,
        value: Option<F>,
        why_not: &str,
    ) -> Result<F> {
        let Some(value) = value else {
            return Err(Error::msg(ErrorKind::Usage, why_not)
                .with_variable(group.name())
                .with_path(self.context.folder.dir().path()));
        };
        let names = group.names.iter().map(String::as_str);
        let below = group.prefixes.iter().filter(|prefix| !prefix.is_empty());
        let below = below.flat_map(|prefix| self.context.below(prefix));
        let mut names: BTreeSet<String> = names.chain(below).map(str::to_owned).collect();
        // Its own, where no prefix tells them.
        let variables = PackWriter::collect_group(&value, group)?;
        names.extend(variables.iter().flat_map(Variable::names).map(str::to_owned));
        let mut report = self.context.report.borrow_mut();
        for name in &names {
            if let Some((name, entry)) = self.ask(&[name]) {
                report.value(name, Some(&entry.filename), LoadAction::Skipped);
            }
        }
        drop((report, variables));
        Ok(value)
    }

    /// One that stands in a pickle.
    pub(crate) fn item<F: FlattenField>(&mut self, key: &str, node: Node<'p>) -> Result<F> {
        let Scope::Dict(Place { entry, path, file, .. }) = &self.scope else {
            return Err(self.unexpected("entries"));
        };
        let place = Place { entry, path: item_path(path, key), file, node };
        self.read_place(place)
    }

    /// The error for what the folder has under the field's own name.
    pub(crate) fn unexpected(&self, expected: &str) -> Error {
        let found = self.own().map_or("nothing".into(), Node::describe);
        self.locate(Error::new(ErrorKind::Value).with_expected(expected).with_found(found))
    }

    pub(crate) fn locate(&self, error: Error) -> Error {
        let folder = self.context.folder.dir().path();
        let place = match &self.scope {
            Scope::Folder(flat) => flat.as_ref().and_then(|flat| flat.own.as_ref()),
            Scope::Dict(place) => Some(place),
        };
        match (place, self.group()) {
            (Some(place), _) => error.with_variable(&place.path).with_path(folder.join(place.file)),
            (None, Some(group)) => error.with_variable(group.name()).with_path(folder),
            (None, None) => error.with_path(folder),
        }
    }

    /// Older names count as far as the folder has any.
    fn group_of(&self, of: &GroupField<'_>) -> Result<Arc<Group>> {
        Group::new(self.group(), of, |prefix| self.context.below(prefix).next().is_some())
            .map_err(|error| error.with_path(self.context.folder.dir().path()))
    }

    /// The fields of a group: from the dictionary that `nested` would have made of it, if the folder has that, else from
    /// variables of their own.
    fn read_group<F: FlattenField>(&mut self, group: Arc<Group>) -> Result<F> {
        let (context, asked) = (self.context, self.asked);
        let names: Vec<&str> = group.names.iter().map(String::as_str).collect();
        let found = self.ask(&names).filter(|(_, entry)| !entry.is_array());
        let Some((name, entry)) = found else {
            return F::read_flat(&mut PackReader { context, asked, scope: flat(&group, None) });
        };
        context.with_found(name, entry, None, true, |found| {
            let Found { entry, path, file, node, .. } = found;
            let own = node.map(|node| Place { entry, path, file, node });
            match own {
                Some(place) if F::is_nested(place.node) => {
                    PackReader { context, asked, scope: Scope::Folder(None) }.read_place(place)
                }
                own => {
                    let file = Some(file).filter(|_| F::HAS_ENTRIES);
                    let value =
                        F::read_flat(&mut PackReader { context, asked, scope: flat(&group, own) })?;
                    if file.is_some() {
                        context.report.borrow_mut().value(name, file, LoadAction::Read(None));
                    }
                    Ok(value)
                }
            }
        })
    }

    /// The fields of what stands in a pickle as `nested` would have it.
    fn read_place<'n, F: FlattenField>(&self, place: Place<'n>) -> Result<F>
    where
        'p: 'n,
    {
        let is_nested = F::is_nested(place.node);
        let mut reader =
            PackReader { context: self.context, asked: self.asked, scope: Scope::Dict(place) };
        if !is_nested {
            return Err(reader.unexpected("a nested struct (a dict), or a list or map of such"));
        }
        F::read_flat(&mut reader)
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

    /// What the names of a flattened struct's variables begin with, in place of `name.`: `flatten(prefix = "…")`. See
    /// [`FieldWriter::prefix`](crate::FieldWriter::prefix) for an example.
    #[must_use]
    pub fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = Some(prefix);
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
                report.value(name, Some(&entry.filename), LoadAction::Skipped);
            }
        }
        self.default.map(|default| default()).ok_or_else(|| {
            Error::msg(ErrorKind::Usage, "a field that is not loaded needs a default")
                .with_variable(self.reader.path(self.name))
        })
    }

    /// A struct that derives `Varpack`, or a list or map of such, whose fields are variables of this folder:
    /// `flatten`. Where the folder has a dictionary in their place, as [`nested`](Self::nested) saves it, they are read
    /// from that. See [`FieldReader`] for an example.
    ///
    /// # Errors
    /// - [`Value`](ErrorKind::Value) if what tells how many entries there are does not, or one of a list is missing.
    /// - [`Limit`](ErrorKind::Limit) over 128 levels of it.
    /// - [`Usage`](ErrorKind::Usage) if a list, map or option has no [`prefix`](Self::prefix).
    /// - As for [`mmap`](Self::mmap), and those of its fields.
    pub fn flatten(self) -> Result<T>
    where
        T: FlattenField,
    {
        if let Scope::Dict(Place { entry, path, file, node }) = &self.reader.scope {
            let mut names = [self.name].into_iter().chain(self.aliases.iter().copied());
            let found = names.find_map(|name| Some((name, node.get(name)?)));
            let Some((name, node)) = found else {
                let value = self.default.map(|default| default()).or_else(T::absent);
                return value.ok_or_else(|| self.missing());
            };
            let place = Place { entry, path: item_path(path, name), file, node };
            return self.reader.read_place(place);
        }
        let of = GroupField {
            name: self.name,
            aliases: &self.aliases,
            prefix: self.prefix,
            field: self.field.unwrap_or(self.name),
        };
        let group = self.reader.group_of(&of)?;
        let located = |message| {
            Error::msg(ErrorKind::Usage, message)
                .with_variable(group.name())
                .with_path(self.reader.context.folder.dir().path())
        };
        if T::HAS_ENTRIES && self.prefix == Some("") {
            return Err(located(EMPTY_PREFIX));
        }
        if self.reader.skips(&group) {
            let value = self.default.map(|default| default()).or_else(T::absent);
            return self.reader.skip_group(&group, value, NO_DEFAULT);
        }
        let found_before = self.reader.asked.borrow().found;
        let read = self.reader.read_group(Arc::clone(&group));
        let may_be_nothing = match &read {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::MissingVariable,
        };
        if let Some(default) = self.default
            && may_be_nothing
            && self.reader.asked.borrow().found == found_before
        {
            let value = default();
            if self.reader.has_nothing_of(&value, &group)? {
                return Ok(value);
            }
        }
        read
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
            let file = entry.map(|(_, entry)| entry.filename.as_str());
            self.reader.context.report.borrow_mut().value(name, file, LoadAction::Skipped);
            return Ok(value);
        }
        if let Some(value) = self.reader.find(&names, by_item, read)? {
            return Ok(value);
        }
        let Some(value) = fallback() else {
            return Err(self.reader.missing(name, self.field.unwrap_or(self.name)));
        };
        let path = self.reader.path(name);
        self.reader.context.report.borrow_mut().value(&path, None, LoadAction::Defaulted);
        Ok(value)
    }
}
