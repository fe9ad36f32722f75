//! A variable that a load has found: in a file of its own, or inside a pickle.

use super::Context;
use crate::array::repeats::ReadKind;
use crate::array::{ArrayFile, ArrayType, Bound, MmapArray, Opener, Placed, cast_to};
use crate::folder::content::item_path;
use crate::layout::manifest::Entry;
use crate::layout::name;
use crate::npy::{Cast, Dtype, Element, Header, NpyArray};
use crate::pickle::{Document, Node};
use crate::{AnyArray, Error, ErrorKind, ReadReason, Result, parallel};
use ndarray::{Array, Dimension};
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// Items of a dictionary that room is made for at once. Doubling would make room for more than there are; and
/// a pickle of a few bytes an item must not ask for much before its items are looked at.
const RESERVED: usize = 1 << 16;

/// Bytes of an item beside its value: of its line in the report, and of what ties an array to its file.
const REPORTED: usize = 512;

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
    /// The file of the array, if another thread has opened it.
    pub(crate) opened: Option<Result<ArrayFile>>,
    /// Whether an array of another dtype is cast.
    pub(crate) cast: Option<Cast>,
}

/// An array's file that has to be opened: all that a thread needs to know to do so.
#[derive(Clone, Copy)]
pub(crate) struct ToOpen<'f> {
    pub(crate) opener: &'f Opener<'f>,
    pub(crate) entry: &'f Entry,
    pub(crate) array_type: ArrayType,
}

impl ToOpen<'_> {
    /// Opens the file, which is read on at most `threads` threads.
    pub(crate) fn open(self, file: &str, threads: usize) -> Result<ArrayFile> {
        name::check_file(file)?;
        self.opener.open(file, self.array_type, self.entry.logical_dtype(file), threads)
    }
}

impl<'f> Found<'f> {
    /// The file that holds the array, where it has one.
    pub(crate) fn array_file(&self) -> Option<&'f str> {
        match &self.node {
            None => Some(self.file),
            Some(node) => node.placeholder(),
        }
    }

    /// As an array of a known type.
    pub(crate) fn array<T: Element, D: Dimension>(mut self) -> Result<MmapArray<T, D>> {
        let array = match self.array_file() {
            Some(file) => self
                .open(file, self.array_type::<T, D>())
                .and_then(|opened| self.bind(file, opened))
                .and_then(|bound| bound.typed().map_err(|error| self.in_file(file, error))),
            None => {
                let read = |node: Node<'f>| {
                    let listed =
                        || node.list_to_elements(&T::dtype(), D::NDIM, &T::sub_array_shape());
                    let array = node.to_elements().map(|array| self.cast_inner::<T>(array?));
                    array.or_else(listed)
                };
                let array_type = self.array_type::<T, D>();
                self.inner_array(read, |array| {
                    let (header, logical) = (array.header().clone(), array.logical_name());
                    let logical = logical.map(str::to_owned);
                    array
                        .downcast()
                        .map_err(|error| array_type.with_hint(error, &header, logical.as_deref()))
                })
            }
        };
        array.map_err(|error| self.locate(error))
    }

    fn array_type<T: Element, D: Dimension>(&self) -> ArrayType {
        ArrayType::of::<T, D>().of_field(self.cast)
    }

    /// An array that is a value inside the pickle, cast if it is to be.
    fn cast_inner<T: Element>(&self, array: NpyArray) -> Result<NpyArray> {
        let dtype = |cast| Some((cast_to::<T>(array.header(), array.logical_name(), cast)?, cast));
        let Some((dtype, cast)) = self.cast.and_then(dtype) else { return Ok(array) };
        let elements = array.header().shape.iter().product::<usize>();
        self.charge(elements.saturating_mul(dtype.itemsize()))?;
        array.cast(&dtype, cast)
    }

    /// As an array of a known type, in memory and tied to no file.
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
    pub(crate) fn any_array(mut self) -> Result<AnyArray> {
        let array = match self.array_file() {
            Some(file) => self
                .open(file, ArrayType::any())
                .and_then(|opened| self.bind(file, opened))
                .map(|bound| bound.any(self.entry.logical_dtype(file))),
            None => self.inner_array(Node::to_array, Ok),
        };
        array.map_err(|error| self.locate(error))
    }

    /// As an array of whatever type it is, or else as `read` has it: Python objects behind an array's header, too.
    pub(crate) fn any_array_or<R>(
        mut self,
        array: impl FnOnce(AnyArray) -> R,
        read: impl Fn(Node<'_>, &str) -> Result<R>,
    ) -> Result<R> {
        if let Some(node) = self.node.filter(|_| self.array_file().is_none())
            && !node.is_whole_array()
        {
            return read(node, &self.path).map_err(|error| self.locate(error));
        }
        match self.with_objects(ArrayType::any_or_objects(), read)? {
            Some(read) => Ok(read),
            None => self.any_array().map(array),
        }
    }

    /// The same once more, its file not open.
    pub(crate) fn again(&self) -> Self {
        let Self { context, entry, ref path, file, node, cast, .. } = *self;
        Self { context, entry, path: path.clone(), file, node, opened: None, cast }
    }

    /// An array's file, whatever type it is of, as a value through serde.
    pub(crate) fn array_as_value<V: DeserializeOwned>(
        &self,
        file: &str,
        opened: ArrayFile,
    ) -> Result<V> {
        let budget = self.context.snapshot.budget();
        self.context.opener.note_read(&opened.identity(), ReadKind::Elements)?;
        let len = opened.identity().size;
        budget.take(len)?;
        let value = crate::pickle::to_vec(&opened).and_then(|pickled| {
            let read = opened.read_len();
            drop(opened);
            budget.give_back(read);
            let document = Document::parse_in(&pickled, budget)?;
            document.root().deserialize_in(&self.path)
        });
        budget.give_back(len);
        self.context.report.borrow_mut().value(&self.path, file, None, None, None);
        value.map_err(|error| self.in_file(file, error))
    }

    /// The array's file, open.
    pub(crate) fn open(&mut self, file: &str, array_type: ArrayType) -> Result<ArrayFile> {
        self.opened.take().unwrap_or_else(|| {
            let to_open = ToOpen { opener: &self.context.opener, entry: self.entry, array_type };
            to_open.open(file, self.context.options.threads)
        })
    }

    fn bind(&self, file: &str, opened: ArrayFile) -> Result<Bound> {
        let bound = self.context.opener.bind(opened, file, &self.path);
        let bound = bound.map_err(|error| self.in_file(file, error))?;
        self.report_array(file, bound.header(), bound.placed())?;
        let mut report = self.context.report.borrow_mut();
        if self.node.is_none()
            && let Some(other) = self.entry.other_than(&bound.stored_header())
        {
            report.note(format!("`{}` is as {file} says; varpack.json says {other}", self.path));
        }
        Ok(bound)
    }

    /// Enters an array into the report. The text of a structured dtype may be long, and each entry has its own.
    fn report_array(&self, file: &str, header: &Header, placed: &Placed) -> Result<()> {
        if let Dtype::Record(_) = header.dtype {
            let size = u64::try_from(header.size()).unwrap_or(u64::MAX);
            self.context.snapshot.budget().take(size).map_err(|error| self.in_file(file, error))?;
        }
        self.context.report.borrow_mut().array(&self.path, file, header, placed);
        Ok(())
    }

    /// What `typed` makes of an array that is a value inside the pickle, as `read` gives it.
    fn inner_array<A>(
        &self,
        read: impl Fn(Node<'f>) -> Option<Result<NpyArray>>,
        typed: impl FnOnce(AnyArray) -> Result<A>,
    ) -> Result<A> {
        if let Some(array) = self.node.and_then(read) {
            let array = array.map_err(|error| error.inside(&self.path))?;
            let header = array.header().clone();
            let array = typed(array.into())?;
            let placed = Placed::Read(ReadReason::InPickle);
            self.report_array(self.file, &header, &placed)?;
            return Ok(array);
        }
        let found = self.describe();
        let hint =
            if found == "dict" { " (a map of arrays? use `BTreeMap<String, …>`)" } else { "" };
        Err(Error::new(ErrorKind::Value)
            .with_expected("an array")
            .with_found(format!("{found}{hint}")))
    }

    pub(crate) fn describe(&self) -> Cow<'f, str> {
        self.node.map_or("an array".into(), Node::describe)
    }

    /// Opens the files of a dictionary's arrays, on several threads, and hands the items to `read`, in order
    /// on this one.
    pub(crate) fn each_item<K: Copy + Sync, R>(
        &self,
        entries: impl Iterator<Item = (K, Node<'f>)>,
        array_type: ArrayType,
        mut read: impl FnMut(K, Node<'f>, Option<Result<ArrayFile>>) -> Result<R>,
    ) -> Result<Vec<R>> {
        let items = self.collect(entries.map(|(key, node)| (key, node, node.placeholder())))?;
        let array_type = array_type.of_field(self.cast);
        let to_open = ToOpen { opener: &self.context.opener, entry: self.entry, array_type };
        let threads = self.context.options.threads;
        let each = parallel::each(threads, items.len());
        let mut results = Vec::new();
        parallel::for_each_in_order(
            threads,
            &items,
            |(_, _, file)| file.map(|file| to_open.open(file, each)),
            |&(key, node, _), opened| {
                if results.len() == results.capacity() {
                    let room = RESERVED.min(items.len() - results.len());
                    self.charge(room.saturating_mul(size_of::<R>() + REPORTED))?;
                    results.reserve_exact(room);
                    self.context.report.borrow_mut().reserve(room);
                }
                results.push(read(key, node, opened)?);
                Ok(())
            },
        )?;
        Ok(results)
    }

    /// What an iterator gives, counted while it grows.
    pub(crate) fn collect<I>(&self, iterator: impl Iterator<Item = I>) -> Result<Vec<I>> {
        let mut items = Vec::new();
        for item in iterator {
            if items.len() == items.capacity() {
                let room = items.len().max(4);
                self.charge(room.saturating_mul(2 * size_of::<I>()))?;
                items.reserve_exact(room);
            }
            items.push(item);
        }
        Ok(items)
    }

    /// Counts bytes that are about to be allocated.
    fn charge(&self, bytes: usize) -> Result<()> {
        let taken = self.context.snapshot.budget().take(u64::try_from(bytes).unwrap_or(u64::MAX));
        taken.map_err(|error| self.locate(error))
    }

    /// The path of an item, which its array and the report keep.
    pub(crate) fn item_path(&self, key: &str) -> Result<String> {
        self.charge(2 * (self.path.len() + key.len()))?;
        Ok(item_path(&self.path, key))
    }

    /// An item of the dictionary.
    pub(crate) fn item(
        &self,
        path: String,
        node: Node<'f>,
        opened: Option<Result<ArrayFile>>,
    ) -> Self {
        let Self { context, entry, file, cast, .. } = *self;
        Found { context, entry, path, file, node: Some(node), opened, cast }
    }

    /// Gives the Python objects that are pickled behind the header of the array's file to `read`, with the path;
    /// `None` if it has plain data, or no file.
    pub(crate) fn with_objects<T>(
        &mut self,
        array_type: ArrayType,
        read: impl FnOnce(Node<'_>, &str) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(file) = self.array_file() else { return Ok(None) };
        let opened = self.open(file, array_type).map_err(|error| self.locate(error))?;
        let Some(pickle) = opened.objects() else {
            self.opened = Some(Ok(opened));
            return Ok(None);
        };
        self.context
            .opener
            .note_read(&opened.identity(), ReadKind::Pickle)
            .map_err(|error| self.locate(error))?;
        let value =
            Document::parse_in(pickle, self.context.snapshot.budget()).and_then(|document| {
                let value = read(document.root(), &self.path)?;
                let mut report = self.context.report.borrow_mut();
                report.value(
                    &self.path,
                    file,
                    Some(ReadReason::Objects),
                    Some(document.root()),
                    None,
                );
                Ok(value)
            });
        value.map(Some).map_err(|error| self.in_file(file, error.with_variable(&self.path)))
    }

    /// As a value, through serde.
    pub(crate) fn value<T: DeserializeOwned>(mut self) -> Result<T> {
        let objects =
            self.with_objects(ArrayType::any_or_objects(), |node, path| node.deserialize_in(path))?;
        let node = match (objects, self.node) {
            (Some(value), _) => return Ok(value),
            (None, Some(node)) if node.placeholder().is_none() => node,
            (None, _) => return self.array_file_as_value(),
        };
        node.deserialize_in(&self.path).map_err(|error| self.locate(error))
    }

    /// The array that it has in a file of its own, as a value: the field was an array, and is none any more.
    fn array_file_as_value<T: DeserializeOwned>(mut self) -> Result<T> {
        let file = self.array_file().unwrap_or(self.file);
        let opened = self.open(file, ArrayType::any());
        let value = opened.and_then(|opened| self.array_as_value(file, opened));
        value.map_err(|error| {
            let error = self.in_file(file, error.with_variable(&self.path));
            match (error.kind(), error.message()) {
                (ErrorKind::Value | ErrorKind::Shape, None) => error.with_message(
                    "the folder has an array of it in a file of its own, for a field under `mmap` or `npy`",
                ),
                _ => error,
            }
        })
    }

    /// The same, as a variable of its own in the report.
    pub(crate) fn reported_value<T: DeserializeOwned>(self) -> Result<T> {
        let again = self.again();
        // That of an array's file has told so already.
        let is_told = self.array_file().is_some();
        let value = self.value()?;
        if !is_told {
            again.report_value();
        }
        Ok(value)
    }

    /// Whether it is a `None` in a pickle.
    pub(crate) fn is_none(&self) -> bool {
        self.node.is_some_and(|node| node.kind_name() == "None")
    }

    /// Enters a value into the report.
    pub(crate) fn report_value(&self) {
        let Self { context, path, file, node, .. } = self;
        let variable = context.manifest.get(path);
        let entry = variable.filter(|&variable| std::ptr::eq(variable, self.entry));
        context.report.borrow_mut().value(path, file, None, *node, entry);
    }

    pub(crate) fn locate(&self, error: Error) -> Error {
        self.in_file(self.file, error.with_variable(&self.path))
    }

    fn in_file(&self, file: &str, error: Error) -> Error {
        error.with_path(self.context.folder.dir().path().join(file))
    }
}
