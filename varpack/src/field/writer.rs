//! What a save collects from a struct, field by field.

use super::clashes::check_clashes;
use super::fields::SaveFields;
use super::{SaveFlatten, SaveItem, SaveMmap, SaveNested, SaveValue};
use crate::folder::content::{
    Beside, Content, ContentKind, Key, Placement, SplitRule, Variable, check_distinct,
};
use crate::folder::group::{Entries, Flattened, Group, GroupField, entry_field, names};
use crate::{Error, ErrorKind, Result, text};
use std::borrow::Cow;
use std::sync::Arc;

/// Collects the fields of a struct for a save: what
/// [`SaveFields::write_fields`](crate::SaveFields::write_fields) fills. Nothing is
/// written before every field is there.
///
/// ```
/// use varpack::{PackFields, PackReader, PackWriter, Result, SaveFields, Varpack};
///
/// struct Seconds(f64);
///
/// impl SaveFields for Seconds {
///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
///         writer.field("seconds").value(&self.0)
///     }
/// }
///
/// impl PackFields for Seconds {
///     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
///         reader.field("seconds").value().map(Self)
///     }
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Seconds(1.5).save(folder)?;
/// assert_eq!(Seconds::load(folder)?.0, 1.5);
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Default)]
pub struct PackWriter<'a> {
    variables: Vec<Variable<'a>>,
    /// The flattened field whose variables are written.
    group: Option<Arc<Group>>,
    flattened: Flattened,
}

/// One field of a save: says how, then takes the value.
///
/// ```
/// use std::collections::BTreeMap;
/// use varpack::{MmapArray1, PackFields, PackReader, PackWriter, Result, SaveFields, Varpack};
///
/// #[derive(Varpack, Default)]
/// struct Model {
///     #[varpack(mmap)]
///     weights: MmapArray1<f32>,
/// }
///
/// #[derive(Default)]
/// struct Run {
///     split: BTreeMap<u32, MmapArray1<f32>>,
///     losses: Vec<f64>,
///     history: Vec<String>,
///     model: Model,
///     layers: Vec<Model>,
///     notes: String,
///     step: u64,
/// }
///
/// impl SaveFields for Run {
///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
///         writer.field("split").min_len(1000).int_keys().mmap(&self.split)?;
///         writer.field("losses").npy(&self.losses)?;
///         writer.field("history").separate(&self.history)?;
///         writer.field("model").nested(&self.model)?;
///         writer.field("layers").flatten(&self.layers)?;
///         writer.field("notes").skip_load(String::new).value(&self.notes)?;
///         writer.field("step").alias("epoch").value(&self.step)
///     }
/// }
///
/// # impl PackFields for Run {
/// #     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
/// #         Ok(Run {
/// #             split: reader.field("split").mmap()?,
/// #             losses: reader.field("losses").npy()?,
/// #             history: reader.field("history").default(Vec::new).separate()?,
/// #             model: reader.field("model").nested()?,
/// #             layers: reader.field("layers").flatten()?,
/// #             notes: reader.field("notes").default(String::new).skip_load()?,
/// #             step: reader.field("step").alias("epoch").value()?,
/// #         })
/// #     }
/// # }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { losses: vec![0.5], step: 7, ..Run::default() }.save(folder)?;
/// let run = Run::load(folder)?;
/// assert_eq!((run.losses, run.step), (vec![0.5], 7));
/// # Ok::<(), varpack::Error>(())
/// ```
pub struct FieldWriter<'w, 'a, T> {
    writer: &'w mut PackWriter<'a>,
    name: &'a str,
    rule: SplitRule,
    aliases: Vec<&'a str>,
    prefix: Option<&'a str>,
    field: Option<&'a str>,
    default: Option<fn() -> T>,
}

impl<'a> PackWriter<'a> {
    /// Starts a field, by its variable's name in the folder. See [`FieldWriter`] for an example of this
    /// and of what follows it.
    pub fn field<T>(&mut self, name: &'a str) -> FieldWriter<'_, 'a, T> {
        FieldWriter {
            writer: self,
            name,
            rule: SplitRule::default(),
            aliases: Vec::new(),
            prefix: None,
            field: None,
            default: None,
        }
    }

    /// The variables of a struct.
    pub(crate) fn collect<T: SaveFields + ?Sized>(value: &'a T) -> Result<Vec<Variable<'a>>> {
        let mut writer = Self::default();
        value.write_fields(&mut writer)?;
        check_clashes(&writer.variables)?;
        Ok(writer.variables)
    }

    /// The variables of a flattened field.
    pub(crate) fn collect_group<F: SaveFlatten>(
        value: &'a F,
        group: &Arc<Group>,
    ) -> Result<Vec<Variable<'a>>> {
        let mut writer = Self::default();
        writer.within(Arc::clone(group), |writer| value.write_flat(writer))?;
        Ok(writer.variables)
    }

    /// Writes what `write` does as the variables of a group.
    fn within(
        &mut self,
        group: Arc<Group>,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let outer = self.group.replace(group);
        let result = write(self);
        self.group = outer;
        result
    }
}

impl<'a, T> FieldWriter<'_, 'a, T> {
    /// An older name of the variable: what the folder holds under it is replaced by this field. See
    /// [`FieldWriter`] for an example.
    #[must_use]
    pub fn alias(mut self, name: &'a str) -> Self {
        self.aliases.push(name);
        self
    }

    /// What the names of a flattened struct's variables begin with, in place of `name.`: `flatten(prefix = "…")`.
    ///
    /// ```
    /// # use varpack::{FieldReader, FieldWriter, PackFields, PackReader, PackWriter, Result, SaveFields, Varpack};
    /// # #[derive(Varpack)]
    /// # struct Adam {
    /// #     rate: f64,
    /// # }
    /// struct Run {
    ///     adam: Adam,
    /// }
    ///
    /// impl SaveFields for Run {
    ///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
    ///         writer.field("adam").prefix("a_").flatten(&self.adam)
    ///     }
    /// }
    ///
    /// impl PackFields for Run {
    ///     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
    ///         Ok(Run { adam: reader.field("adam").prefix("a_").flatten()? })
    ///     }
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Run { adam: Adam { rate: 0.1 } }.save(folder)?;
    /// assert_eq!(varpack::Pack::open(folder)?.names().collect::<Vec<_>>(), ["a_rate"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// What Rust calls the field, where its variable has another name: errors tell it.
    #[doc(hidden)]
    #[must_use]
    pub fn of_field(mut self, field: &'a str) -> Self {
        self.field = Some(field);
        self
    }

    /// Keeps what the folder holds while the value is still `default()`: `skip_load`. See
    /// [`FieldWriter`] for an example.
    #[must_use]
    pub fn skip_load(mut self, default: fn() -> T) -> Self {
        self.default = Some(default);
        self
    }

    /// Arrays of a map with fewer elements than `min_len` stay in the pickle: `mmap(min_len = N)`.
    /// See [`FieldWriter`] for an example.
    #[must_use]
    pub fn min_len(mut self, min_len: usize) -> Self {
        self.rule.min_len = min_len;
        self
    }

    /// Arrays of a map with integer keys get files of their own: `mmap(int_keys)`. The Python program
    /// cannot load a folder with such a map at all; NumPy and this crate can. See [`FieldWriter`] for an
    /// example.
    #[must_use]
    pub fn int_keys(mut self) -> Self {
        self.rule.int_keys = true;
        self
    }

    /// An array, or a map of arrays, as `.npy` files: `mmap`. See [`FieldWriter`] for an example.
    ///
    /// # Errors
    /// Those of a pickle, if a `skip_load` field or its default cannot be put into one to compare them:
    /// [`Value`](crate::ErrorKind::Value), [`Limit`](crate::ErrorKind::Limit). Without
    /// [`skip_load`](Self::skip_load) none: nothing is written yet.
    pub fn mmap(self, value: &'a T) -> Result<()>
    where
        T: SaveMmap,
    {
        self.push(value, T::content, Placement::Shared)
    }

    /// A plain array, or any other, as a `.npy` file: `npy`. See [`FieldWriter`] for an example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap).
    pub fn npy(self, value: &'a T) -> Result<()>
    where
        T: SaveItem,
    {
        self.push(value, T::content, Placement::Shared)
    }

    /// A value in the shared pickle. See [`FieldWriter`] for an example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap).
    pub fn value(self, value: &'a T) -> Result<()>
    where
        T: SaveValue,
    {
        self.push(value, value_content, Placement::Shared)
    }

    /// A value in a pickle of its own: `separate`. See [`FieldWriter`] for an example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap).
    pub fn separate(self, value: &'a T) -> Result<()>
    where
        T: SaveValue,
    {
        self.push(value, value_content, Placement::Separate)
    }

    /// A struct that derives `Varpack`, as a dictionary: `nested`. Its arrays get files of their own, as
    /// those of a map do; those of structs nested in it stay in the pickle. See [`FieldWriter`] for an
    /// example.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap), and those of its fields.
    pub fn nested(self, value: &'a T) -> Result<()>
    where
        T: SaveNested,
    {
        let content = nested_content(value)?;
        let at_default = match self.default {
            Some(default) => content.is_equal(&nested_content(&default())?)?,
            None => false,
        };
        self.push_content(content, Placement::Shared, at_default)
    }

    /// A struct that derives `Varpack`, or a list or map of such, whose fields are variables of this folder, `name.field`:
    /// `flatten`. See [`FieldWriter`] for an example.
    ///
    /// # Errors
    /// - [`Usage`](ErrorKind::Usage) beside [`skip_load`](Self::skip_load), which its fields have, or if a list, map or
    ///   option has no [`prefix`](Self::prefix).
    /// - [`Limit`](ErrorKind::Limit) over 128 levels of it.
    /// - As for [`mmap`](Self::mmap), and those of its fields.
    pub fn flatten(self, value: &'a T) -> Result<()>
    where
        T: SaveFlatten,
    {
        let of = GroupField {
            name: self.name,
            aliases: &self.aliases,
            prefix: self.prefix,
            field: self.field.unwrap_or(self.name),
        };
        let group = Group::new(self.writer.group.as_ref(), &of, |_| true)?;
        let usage = |message| Err(Error::msg(ErrorKind::Usage, message).with_variable(&group.path));
        if self.default.is_some() {
            return usage("a flattened field cannot be `skip_load`: its own fields can");
        }
        if T::HAS_ENTRIES && self.prefix == Some("") {
            return usage(EMPTY_PREFIX);
        }
        self.writer.within(group, |writer| value.write_flat(writer))
    }

    /// What `content` makes of the value.
    pub(crate) fn push(
        self,
        value: &'a T,
        content: for<'c> fn(&'c T) -> Content<'c>,
        placement: Placement,
    ) -> Result<()> {
        let at_default = match self.default {
            Some(default) => content(value).is_equal(&content(&default()))?,
            None => false,
        };
        self.push_content(content(value), placement, at_default)
    }

    fn push_content(
        self,
        content: Content<'a>,
        placement: Placement,
        at_default: bool,
    ) -> Result<()> {
        let group = self.writer.group.clone();
        let mut names = names(group.as_deref(), self.name, &self.aliases)?.into_iter();
        let name = names.next().unwrap_or_default();
        if let ContentKind::Dict(items, Beside::Nothing) = &content.0 {
            let keys = items.iter().map(|(key, _)| key);
            check_distinct(keys).map_err(|error| error.with_variable(name.as_ref()))?;
        }
        let (aliases, rule) = (names.collect(), self.rule);
        let field = Cow::Borrowed(self.field.unwrap_or(self.name));
        let entries = None;
        let variable =
            Variable { name, aliases, field, group, entries, content, placement, rule, at_default };
        self.writer.variables.push(variable);
        Ok(())
    }
}

/// Why a group that has entries cannot do without a prefix.
pub(crate) const EMPTY_PREFIX: &str = "an option, list or map cannot be flattened with an empty prefix: nothing would tell its variables from others";

fn value_content<T: SaveValue>(value: &T) -> Content<'_> {
    Content::value(value)
}

fn nested_content<T: SaveFields>(value: &T) -> Result<Content<'_>> {
    let (mut items, mut none) = (Vec::new(), Vec::new());
    for Variable { name, aliases, content, .. } in PackWriter::collect(value)? {
        let key = Key::Field(name, aliases);
        match content.0 {
            ContentKind::Absent => none.push(key),
            _ => items.push((key, content)),
        }
    }
    Ok(Content(ContentKind::Dict(items, Beside::Unknown(none))))
}

/// What a flattened list, map or option writes of itself.
impl<'a> PackWriter<'a> {
    /// The variable that tells which entries there are: it has the name of the group itself.
    pub(crate) fn entries(&mut self, content: Content<'a>, entries: Entries) {
        let Some(group) = self.group.clone() else { return };
        let mut names = group.names.iter().cloned().map(Cow::Owned);
        self.variables.push(Variable {
            name: names.next().unwrap_or_default(),
            aliases: names.collect(),
            field: Cow::Borrowed(""),
            entries: Some(entries),
            group: Some(group),
            content,
            placement: Placement::Shared,
            rule: SplitRule::default(),
            at_default: false,
        });
    }

    pub(crate) fn locate(&self, error: Error) -> Error {
        match &self.group {
            Some(group) => error.with_variable(text::bounded_name(group.name())),
            None => error,
        }
    }

    /// An entry, by its key. Gives whether the folder will have variables of it.
    pub(crate) fn entry<F: SaveFlatten>(&mut self, key: &str, value: &'a F) -> Result<bool> {
        let field = entry_field(key);
        let of = GroupField { name: key, aliases: &[], prefix: None, field: &field };
        let group = Group::new(self.group.as_ref(), &of, |_| true)?;
        let before = self.variables.len();
        self.within(group, |writer| value.write_flat(writer))?;
        let written = self.variables.get(before..).unwrap_or_default();
        Ok(written.iter().any(|variable| !matches!(variable.content.0, ContentKind::Absent)))
    }

    /// Counts an entry of a list that has none.
    pub(crate) fn add_hollow(&self) -> Result<()> {
        self.flattened.add_hollow(1).map_err(|error| self.locate(error))
    }
}
