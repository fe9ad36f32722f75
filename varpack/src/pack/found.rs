//! A variable that a load has found: in a file of its own, or inside a pickle.

use super::content::key_text;
use super::context::Context;
use super::manifest::Entry;
use super::map::PackItem;
use super::name;
use super::report::LoadAction;
use super::value::PackValue;
use crate::array::{ArrayFile, MmapArray, Placed};
use crate::field::{MapEntry, MapKey};
use crate::npy::Element;
use crate::pickle::{Node, Value};
use crate::{AnyArray, Error, ErrorKind, ReadReason, Result};
use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;

/// A variable, or an item of a dictionary, that is there to be read.
pub struct Found<'f> {
    pub(crate) context: &'f Context<'f>,
    /// What the manifest says of the variable.
    pub(crate) entry: &'f Entry,
    /// `split[train]`
    pub(crate) path: String,
    /// The file it stands in.
    pub(crate) file: &'f str,
    /// Where in it; `None` where the file is an array itself.
    pub(crate) node: Option<Node<'f>>,
}

impl<'f> Found<'f> {
    /// The file that holds the array, where it has one.
    fn array_file(&self) -> Option<&'f str> {
        match &self.node {
            None => Some(self.file),
            Some(node) => node.placeholder(),
        }
    }

    /// Whether it is an array, in a file or inside the pickle.
    pub(crate) fn is_array(&self) -> bool {
        self.array_file().is_some() || self.node.as_ref().is_some_and(|node| node.is_array())
    }

    /// As an array of a known type.
    pub(crate) fn array<T: Element, D: Dimension>(self) -> Result<MmapArray<T, D>> {
        let array = match self.array_file() {
            Some(file) => self.open(file, |opened, logical| opened.typed(logical)),
            None => self.inner_array().and_then(AnyArray::downcast),
        };
        array.map_err(|error| self.locate(error))
    }

    /// The same, in memory and tied to no file.
    pub(crate) fn owned_array<T: Element, D: Dimension>(self) -> Result<Array<T, D>> {
        let (context, path, file) = (self.context, self.path.clone(), self.file);
        let array = self.array::<T, D>()?;
        if array.is_mapped() {
            let len = array.len().saturating_mul(size_of::<T>());
            let taken = context.snapshot.budget().take(u64::try_from(len).unwrap_or(u64::MAX));
            taken.map_err(|error| {
                error.with_variable(path).with_path(context.folder.dir().path().join(file))
            })?;
        }
        Ok(array.into_owned())
    }

    /// As an array of whatever type it is.
    pub(crate) fn any_array(self) -> Result<AnyArray> {
        let array = match self.array_file() {
            Some(file) => self.open(file, |opened, logical| opened.any(logical)),
            None => self.inner_array(),
        };
        array.map_err(|error| self.locate(error))
    }

    fn open<A>(
        &self,
        file: &str,
        read: impl FnOnce(ArrayFile<'_>, Option<&str>) -> Result<(A, Placed)>,
    ) -> Result<A> {
        name::check_file(file)?;
        let opened = self.context.opener.open(file, &self.path)?;
        let header = opened.header().clone();
        let (array, placed) = read(opened, self.entry.logical_dtype(file))?;
        let mut report = self.context.report.borrow_mut();
        report.array(&self.path, file, &header, placed);
        if self.node.is_none()
            && let Some(other) = self.entry.other_than(&header)
        {
            report.note(format!("`{}` is as {file} says; varpack.json says {other}", self.path));
        }
        Ok(array)
    }

    /// An array that is a value inside the pickle.
    fn inner_array(&self) -> Result<AnyArray> {
        let node = self.node.as_ref();
        if let Some(array) = node.and_then(|node| node.to_array()) {
            let array = array?;
            let header = array.header();
            let placed = Placed::Read(ReadReason::InPickle);
            self.context.report.borrow_mut().array(&self.path, self.file, header, placed);
            return Ok(array);
        }
        let found = self.kind_name();
        let hint =
            if found == "dict" { " (a map of arrays? use `BTreeMap<String, …>`)" } else { "" };
        Err(Error::new(ErrorKind::Value)
            .with_expected("an array")
            .with_found(format!("{found}{hint}")))
    }

    fn kind_name(&self) -> &'static str {
        self.node.as_ref().map_or("an array", |node| node.kind_name())
    }

    /// As a map of arrays, or of arrays and values.
    pub(crate) fn map<K, V, M>(self) -> Result<M>
    where
        K: MapKey,
        V: MapEntry,
        M: FromIterator<(K, V)>,
    {
        let entries = self.node.as_ref().and_then(|node| node.entries()).ok_or_else(|| {
            self.locate(
                Error::new(ErrorKind::Value)
                    .with_expected("a map of arrays (a dict)")
                    .with_found(self.kind_name()),
            )
        })?;
        entries
            .map(|(key, node)| {
                let path = format!("{}[{}]", self.path, key.display());
                let key = K::read(key).map_err(|error| {
                    self.locate(error.with_variable(format!("{} (a key)", self.path)))
                })?;
                Ok((key, V::read(self.item(path, node))?))
            })
            .collect()
    }

    /// An item of the dictionary.
    fn item(&self, path: String, node: Node<'f>) -> Self {
        let Self { context, entry, file, .. } = *self;
        Found { context, entry, path, file, node: Some(node) }
    }

    /// As whatever it is.
    pub(crate) fn pack_value(self) -> Result<PackValue> {
        let Some(node) = self.node else {
            return self.array_or_objects();
        };
        let is_split = |item: Node<'_>| item.placeholder().is_some();
        if node.entries().is_none_or(|mut entries| !entries.any(|(_, item)| is_split(item))) {
            let value = node.to_value().map_err(|error| self.locate(error))?;
            let mut report = self.context.report.borrow_mut();
            report.value(&self.path, Some(self.file), LoadAction::Read(None));
            return Ok(PackValue::Value(value));
        }
        let items = node.entries().into_iter().flatten().map(|(key, item)| {
            let key = key.to_value().map_err(|error| self.locate(error))?;
            let found = self.item(format!("{}[{}]", self.path, key_text(&key)), item);
            let item = if found.is_array() {
                PackItem::Array(found.any_array()?)
            } else {
                PackItem::Value(item.to_value().map_err(|error| found.locate(error))?)
            };
            Ok((key, item))
        });
        Ok(PackValue::Map(items.collect::<Result<_>>()?))
    }

    /// A file that is an array itself, or a pickle of Python objects behind an array's header.
    fn array_or_objects(self) -> Result<PackValue> {
        name::check_file(self.file)?;
        match self.context.opener.objects(self.file).map_err(|error| self.locate(error))? {
            None => self.any_array().map(PackValue::Array),
            Some(pickle) => {
                let mut report = self.context.report.borrow_mut();
                report.value(
                    &self.path,
                    Some(self.file),
                    LoadAction::Read(Some(ReadReason::Objects)),
                );
                let value = Value::from_slice(&pickle).map_err(|error| self.locate(error))?;
                Ok(PackValue::Value(value))
            }
        }
    }

    /// As a value, through serde.
    pub(crate) fn value<T: DeserializeOwned>(self) -> Result<T> {
        match &self.node {
            Some(node) => node.deserialize_in(&self.path).map_err(|error| self.locate(error)),
            None => Err(self.locate(
                Error::msg(ErrorKind::Value, "the field needs `mmap` or `npy`")
                    .with_expected("a value in a pickle")
                    .with_found("an array in a file of its own"),
            )),
        }
    }

    pub(crate) fn locate(&self, error: Error) -> Error {
        error.with_variable(&self.path).with_path(self.context.folder.dir().path().join(self.file))
    }
}
