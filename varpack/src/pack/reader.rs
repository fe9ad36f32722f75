//! What a load hands to a struct, field by field.

use super::context::{Context, missing};
use super::found::Found;
use super::manifest::Entry;
use super::report::LoadAction;
use crate::field::{LoadValue, MmapField, NestedField, NpyField};
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeSet;

/// Hands out the variables of a folder, field by field: what
/// [`PackFields::read_fields`](crate::PackFields::read_fields) asks.
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

    /// Starts a field, by its variable's name in the folder.
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
        read: impl FnOnce(Found<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match &self.scope {
            Scope::Folder => {
                self.known.extend(names.iter().map(|&name| name.to_owned()));
                let Some((name, entry)) = self.context.find(names.iter().copied()) else {
                    return Ok(None);
                };
                self.context.with_found(name, entry, read).map(Some)
            }
            Scope::Dict { entry, path, file, node } => {
                let found = names.iter().find_map(|name| Some((name, node.get(name)?)));
                let Some((name, node)) = found else { return Ok(None) };
                let path = format!("{path}[{name}]");
                read(Found { context: self.context, entry, path, file, node: Some(node) }).map(Some)
            }
        }
    }

    /// The path of a field's variable: `step`, or `model[step]` in a nested struct.
    fn path(&self, name: &str) -> String {
        match &self.scope {
            Scope::Folder => name.to_owned(),
            Scope::Dict { path, .. } => format!("{path}[{name}]"),
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
    /// An older name of the variable, tried after the present one.
    #[must_use]
    pub fn alias(mut self, name: &'static str) -> Self {
        self.aliases.push(name);
        self
    }

    /// The value where the folder lacks the variable, or the caller skips it.
    #[must_use]
    pub fn default(mut self, default: fn() -> T) -> Self {
        self.default = Some(default);
        self
    }

    /// An array, or a map of arrays, mapped: `mmap`.
    ///
    /// # Errors
    /// If the variable is missing and has no default, or is of another kind, dtype or shape.
    pub fn mmap(self) -> Result<T>
    where
        T: MmapField,
    {
        self.read_or(T::absent, T::read)
    }

    /// A plain array, read into memory: `npy`.
    ///
    /// # Errors
    /// As for [`mmap`](Self::mmap).
    pub fn npy(self) -> Result<T>
    where
        T: NpyField,
    {
        self.read_or(|| None, T::read)
    }

    /// A value from the shared pickle, or from wherever the folder has it.
    ///
    /// # Errors
    /// If the variable is missing and has no default, or is of another type.
    pub fn value(self) -> Result<T>
    where
        T: LoadValue,
    {
        self.read_or(|| None, read_value)
    }

    /// A value that has a pickle of its own: `separate`.
    ///
    /// # Errors
    /// As for [`value`](Self::value).
    pub fn separate(self) -> Result<T>
    where
        T: LoadValue,
    {
        self.read_or(|| None, read_value)
    }

    /// A struct that derives `Varpack`: `nested`.
    ///
    /// # Errors
    /// As for its fields.
    pub fn nested(self) -> Result<T>
    where
        T: NestedField,
    {
        self.read_or(
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

    /// The default, whatever the folder holds: `skip_load`. Needs [`default`](Self::default).
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

    fn read_or(
        self,
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
        if let Some(value) = self.reader.find(&names, read)? {
            return Ok(value);
        }
        let Some(value) = fallback() else { return Err(self.reader.missing(self.name)) };
        let path = self.reader.path(self.name);
        self.reader.context.report.borrow_mut().value(&path, None, LoadAction::Defaulted);
        Ok(value)
    }
}

fn read_value<T: LoadValue>(found: Found<'_>) -> Result<T> {
    let (context, path, file) = (found.context, found.path.clone(), found.file);
    let value = found.value()?;
    context.report.borrow_mut().value(&path, Some(file), LoadAction::Read(None));
    Ok(value)
}
