//! What a save is given to write: one tree for structs, maps and `Pack`.

use super::group::{Entries, Group, index};
use crate::array::ArraySource;
use crate::pickle;
use crate::pickle::Value;
use crate::text::{bounded_name, start};
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// One variable of a save, collected from a field.
pub(crate) struct Variable<'a> {
    pub(crate) name: Cow<'a, str>,
    /// Older names: what the folder holds under them is this variable.
    pub(crate) aliases: Vec<Cow<'a, str>>,
    /// What Rust calls the field.
    pub(crate) field: Cow<'a, str>,
    /// The group that it is in, if it is of a flattened field.
    pub(crate) group: Option<Arc<Group>>,
    /// Of a variable that tells which entries that group has.
    pub(crate) entries: Option<Entries>,
    pub(crate) content: Content<'a>,
    pub(crate) placement: Placement,
    pub(crate) rule: SplitRule,
    /// A `skip_load` field that still has its default value: the folder's own stays.
    pub(crate) at_default: bool,
}

impl Variable<'_> {
    /// What the folder may call it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [self.name.as_ref()].into_iter().chain(self.aliases.iter().map(Cow::as_ref))
    }

    /// Whether it is in a group.
    pub(crate) fn is_within(&self, group: &Group) -> bool {
        self.group.as_ref().is_some_and(|own| own.chain().any(|own| std::ptr::eq(own, group)))
    }

    /// Whether it, or a group that it is in, is one of these names: who names a group means all of it.
    pub(crate) fn is_among(&self, is_one: impl Fn(&str) -> bool) -> bool {
        self.names().any(&is_one) || self.group.as_ref().is_some_and(|it| it.is_among(&is_one))
    }
}

impl SplitRule {
    /// The array to split off, if an item of a dictionary is one.
    pub(crate) fn array<'a>(
        self,
        key: &Key<'_>,
        content: &Content<'a>,
    ) -> Option<&'a dyn ArraySource> {
        let ContentKind::Array(array) = content.0 else { return None };
        let is_key = self.int_keys || !key.is_int();
        (is_key && array.element_count() >= self.min_len).then_some(array)
    }
}

/// What a variable, or an item of a dictionary, holds.
pub struct Content<'a>(pub(crate) ContentKind<'a>);

/// Whoever adds one: `split`, `baseline`, `item_names`, `save/plan` and `dynamic/map` each take a `Dict` apart.
pub(crate) enum ContentKind<'a> {
    /// Nothing: `None` under `mmap`. The folder will lack the variable.
    Absent,
    Array(&'a dyn ArraySource),
    Value(PickledValue<'a>),
    Node(&'a Value),
    Dict(Vec<(Key<'a>, Content<'a>)>, Beside<'a>),
}

/// What a folder may have in a dictionary beside the items.
pub(crate) enum Beside<'a> {
    /// Of a map nothing: what it has not was taken out.
    Nothing,
    /// The same of a list, whose keys are its indices: what two have made of it has no gap.
    List,
    /// Of a struct what its type does not know, which stays. These fields are `None`, and so no items.
    Unknown(Vec<Key<'a>>),
}

/// A key of a dictionary.
#[derive(Clone, Debug)]
pub enum Key<'a> {
    Text(Cow<'a, str>),
    /// A field of a nested struct, with its older names.
    Field(Cow<'a, str>, Vec<Cow<'a, str>>),
    Int(i128),
    Node(&'a Value),
}

impl Key<'_> {
    /// The index of a list's item that it is as a text.
    pub(crate) fn as_index(&self) -> Option<usize> {
        match self {
            Self::Text(text) => index(text),
            Self::Node(value) => value.as_str().and_then(index),
            Self::Field(..) | Self::Int(_) => None,
        }
    }
}

/// Which pickle a value goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// The one that all share.
    Shared,
    /// One of its own.
    Separate,
    /// One of its own if it has at least so many bytes.
    BySize(usize),
}

/// Which arrays of a dictionary get files of their own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SplitRule {
    /// Arrays of fewer elements stay in the pickle.
    pub(crate) min_len: usize,
    /// Arrays under integer keys too: the Python program cannot load those.
    pub(crate) int_keys: bool,
}

/// A value that a pickle takes through serde, its type erased.
pub(crate) trait Pickled {
    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()>;
}

impl<T: Serialize> Pickled for T {
    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        writer.value(self)
    }
}

/// A value as a save is given it.
pub(crate) enum PickledValue<'a> {
    Of(&'a dyn Pickled),
    /// Of a list that is flattened.
    Length(usize),
}

impl PickledValue<'_> {
    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        match self {
            Self::Of(value) => value.pickle(writer),
            Self::Length(length) => writer.value(length),
        }
    }
}

impl<'a> Content<'a> {
    /// Of a value that goes through serde.
    pub(crate) fn value<T: Serialize>(value: &'a T) -> Self {
        Self(ContentKind::Value(PickledValue::Of(value)))
    }

    /// Writes everything into one pickle, arrays too.
    pub(crate) fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        match &self.0 {
            ContentKind::Absent => writer.value(&()),
            ContentKind::Array(array) => array.pickle(writer),
            ContentKind::Value(value) => value.pickle(writer),
            ContentKind::Node(value) => writer.node(value),
            ContentKind::Dict(items, _) => {
                writer.begin_dict()?;
                for (key, content) in items {
                    key.pickle(writer)?;
                    content.pickle(writer)?;
                }
                writer.end_dict()
            }
        }
    }

    /// Whether two contents are equal. Compares pickles with sorted maps: a hash map differs from
    /// itself in its order otherwise.
    pub(crate) fn is_equal(&self, other: &Self) -> Result<bool> {
        if let (ContentKind::Array(left), ContentKind::Array(right)) = (&self.0, &other.0)
            && left.header()? != right.header()?
        {
            return Ok(false); // without a look at the elements
        }
        let pickled = |content: &Self| {
            let mut writer = pickle::Writer::with_sorted_maps();
            content.pickle(&mut writer)?;
            writer.finish()
        };
        Ok(pickled(self)? == pickled(other)?)
    }

    /// Whether it is the dictionary of a struct, of which a folder may have more than that knows.
    pub(crate) fn is_struct(&self) -> bool {
        matches!(&self.0, ContentKind::Dict(_, Beside::Unknown(_)))
    }

    /// Whether it is the dictionary of a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(&self.0, ContentKind::Dict(_, Beside::List))
    }

    /// Calls a function on every array.
    pub(crate) fn for_each_array(
        &self,
        function: &mut dyn FnMut(&'a dyn ArraySource) -> Result<()>,
    ) -> Result<()> {
        match &self.0 {
            ContentKind::Array(array) => function(*array),
            ContentKind::Dict(items, _) => {
                items.iter().try_for_each(|(_, content)| content.for_each_array(function))
            }
            ContentKind::Absent | ContentKind::Value(_) | ContentKind::Node(_) => Ok(()),
        }
    }
}

impl Key<'_> {
    /// Of a list's item.
    pub(crate) fn index(index: usize) -> Self {
        Self::Text(index.to_string().into())
    }

    fn is_int(&self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Text(_) | Self::Field(..) => false,
            Self::Node(value) => matches!(value, Value::Int(_) | Value::BigInt(_)),
        }
    }

    pub(crate) fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        match self {
            Self::Text(text) | Self::Field(text, _) => writer.key(text.as_ref()),
            Self::Int(int) => writer.key(int),
            Self::Node(value) => writer.key(value),
        }
    }

    /// Older names of a field.
    pub(crate) fn aliases(&self) -> &[Cow<'_, str>] {
        match self {
            Self::Field(_, aliases) => aliases,
            _ => &[],
        }
    }

    /// As the name of a file and the path of a variable have it.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Field(text, _) => Cow::Borrowed(text),
            Self::Int(int) => int.to_string().into(),
            Self::Node(value) => key_text(value),
        }
    }
}

/// The path of a dictionary's item: `split[train]`.
pub(crate) fn item_path(path: &str, key: &str) -> String {
    // Not by `format!`: a map may have a hundred thousand items.
    [path, "[", key, "]"].concat()
}

/// Refuses keys of a map that have one text.
///
/// # Errors
/// `Usage`, with the text and which two they are.
pub(crate) fn check_distinct<'k>(keys: impl Iterator<Item = &'k Key<'k>>) -> Result<()> {
    let mut seen = HashMap::new();
    for (number, key) in keys.enumerate() {
        let Key::Text(text) = key else { continue };
        if let Some(other) = seen.insert(text.as_ref(), number) {
            let message = format!(
                "two keys of the map have the text `{}`, that of item {} and that of item {}, in the order in which they are saved",
                bounded_name(text),
                other + 1,
                number + 1
            );
            return Err(Error::msg(ErrorKind::Usage, message));
        }
    }
    Ok(())
}

/// Bytes of the text of a tuple, after which it is cut: what follows tells no two apart in a file's name, which
/// has 255 at most, and a tuple that shares its parts would have no end.
const LONGEST_TUPLE: usize = 1024;

/// A key as the name of a file and the path of a variable have it.
pub(crate) fn key_text(key: &Value) -> Cow<'_, str> {
    match key {
        Value::Tuple(items) => tuple_text(items).into(),
        _ => leaf_text(key),
    }
}

/// The texts of the items in brackets, of tuples in tuples too, without recursion.
fn tuple_text(items: &[Value]) -> String {
    let mut text = "(".to_owned();
    let mut open = vec![(items.iter(), true)];
    while let Some((items, is_first)) = open.last_mut() {
        let Some(item) = items.next() else {
            text.push(')');
            open.pop();
            continue;
        };
        if !std::mem::take(is_first) {
            text.push(',');
        }
        match item {
            Value::Tuple(items) => {
                text.push('(');
                open.push((items.iter(), true));
            }
            leaf => text.push_str(&leaf_text(leaf)),
        }
        if text.len() > LONGEST_TUPLE {
            text.truncate(start(&text, LONGEST_TUPLE).len());
            break;
        }
    }
    text
}

/// As [`key_text`], of what is no tuple.
fn leaf_text(key: &Value) -> Cow<'_, str> {
    match key {
        Value::Str(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("True"),
        Value::Bool(false) => Cow::Borrowed("False"),
        Value::Int(int) => int.to_string().into(),
        Value::BigInt(int) => int.to_string().into(),
        Value::Float(float) => format!("{float:?}").into(),
        // Whatever else there is: the numbers of equal names tell them apart.
        _ => Cow::Borrowed(key.kind_name()),
    }
}

/// Flushes the arrays of some variables that are edited in place.
pub(crate) fn flush(variables: &[Variable<'_>]) -> Result<()> {
    variables.iter().try_for_each(|variable| {
        variable.content.for_each_array(&mut |array| {
            array.flush().map_err(|error| error.with_variable(variable.name.as_ref()))
        })
    })
}

/// Refuses arrays of which a change is in memory alone, though they were loaded to be edited in place.
pub(crate) fn check_flushed(variables: &[Variable<'_>]) -> Result<()> {
    variables.iter().try_for_each(|variable| {
        variable.content.for_each_array(&mut |array| {
            let checked = array.binding().map_or(Ok(()), crate::array::Binding::check_flushed);
            checked.map_err(|error| error.with_variable(variable.name.as_ref()))
        })
    })
}
