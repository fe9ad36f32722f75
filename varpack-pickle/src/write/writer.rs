//! Writing a pickle piece by piece.

use crate::format::opcode as op;
use crate::npy::Dtype;
use crate::record_place::RecordPlace;
use crate::value::kinds::{ContentsId, Value};
use crate::write::batch::Batch;
use crate::write::dict_keys::DictKeys;
use crate::write::keys::KeyChecks;
use crate::write::names::{Constant, Names};
use crate::write::output::Output;
use crate::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// Writes one pickle, protocol 4, piece by piece: a value, or a dict of values that need not be
/// there all at once.
///
/// ```
/// use varpack_pickle::{Value, Writer};
///
/// let mut writer = Writer::new();
/// writer.begin_dict()?;
/// writer.key("step")?;
/// writer.value(&7)?;
/// writer.key("images")?;
/// writer.placeholder("images.npy")?;
/// writer.key("old")?;
/// writer.node(&Value::list([1.into(), "two".into()]))?;
/// writer.end_dict()?;
/// let bytes = writer.finish()?;
///
/// let read = Value::from_slice(&bytes)?;
/// assert_eq!(read.get("step").and_then(Value::as_i64), Some(7));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    pub(crate) out: Output,
    pub(crate) names: Names,
    /// What may be referenced again, by address. The value keeps the address from being reused.
    pub(crate) shared: HashMap<ContentsId, (ObjectPlace, Value)>,
    /// Whether what is written is to be compared alone: see [`to_compare`](Self::to_compare).
    pub(crate) compares: bool,
    /// How many objects were begun, and referred to, of such a one.
    pub(crate) begun: usize,
    /// Classes and dtypes.
    pub(crate) constants: HashMap<Constant, u32>,
    /// The same of structured dtypes, by where their fields stand. The dtype keeps the address from being reused.
    pub(crate) records: HashMap<RecordPlace, (u32, Dtype)>,
    pub(crate) keys: KeyChecks,
    /// Where the key that is being written starts.
    pub(crate) key_start: Option<usize>,
    /// The value that was handed over there, and where it ends.
    pub(crate) handed_key: Option<(usize, Value)>,
    pub(crate) sorted: bool,
    /// The dicts that are open.
    dicts: Vec<OpenDict>,
    state: WriterState,
    /// Where the value begun last starts.
    last: usize,
    /// How many times the class of placeholders was referred to.
    pub(crate) placeholders: usize,
    /// Where the last of those starts.
    pub(crate) last_placeholder: Option<usize>,
}

/// Where an object stands that may be referred to again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ObjectPlace {
    /// In the memo.
    Memo(u32),
    /// How many there were before it, of what is compared alone.
    Nth(usize),
}

#[derive(Debug)]
struct OpenDict {
    batch: Batch,
    has_key: bool,
    keys: DictKeys,
}

#[derive(Debug, PartialEq, Eq)]
enum WriterState {
    Empty,
    Open,
    Whole,
    /// A value was left half written.
    Failed,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// A pickle with nothing in it yet.
    ///
    /// ```
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// writer.value("whole")?;
    /// assert_eq!(Value::from_slice(&writer.finish()?)?, "whole".into());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            out: Output::new(),
            names: Names::default(),
            shared: HashMap::new(),
            compares: false,
            begun: 0,
            constants: HashMap::new(),
            records: HashMap::new(),
            keys: KeyChecks::default(),
            key_start: None,
            handed_key: None,
            sorted: false,
            dicts: Vec::new(),
            state: WriterState::Empty,
            last: 0,
            placeholders: 0,
            last_placeholder: None,
        }
    }

    /// As [`new`](Self::new); the maps and structs inside a [`value`](Self::value) are sorted by key, so that
    /// equal hash maps give equal bytes.
    ///
    /// (A hash *set* is a sequence to serde and keeps its order.)
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use varpack_pickle::Writer;
    ///
    /// let pickle = |map: &HashMap<&str, u8>| {
    ///     let mut writer = Writer::with_sorted_maps();
    ///     writer.value(map)?;
    ///     writer.finish()
    /// };
    /// let one = HashMap::from([("a", 1), ("b", 2), ("c", 3)]);
    /// let other = HashMap::from([("c", 3), ("b", 2), ("a", 1)]);
    /// assert_eq!(pickle(&one)?, pickle(&other)?);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn with_sorted_maps() -> Self {
        Self { sorted: true, ..Self::new() }
    }

    /// For bytes that tell a value from another one, and are no pickle: they say which parts of it are one object,
    /// and are the same however many references there are to it elsewhere, of which a pickle leaves a trace in its
    /// memo.
    #[doc(hidden)]
    #[must_use]
    pub fn to_compare() -> Self {
        Self { compares: true, ..Self::new() }
    }

    /// Starts a dict: then [`key`](Self::key) and a value take turns, until [`end_dict`](Self::end_dict).
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if no value can stand here.
    ///
    /// ```
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// writer.begin_dict()?;
    /// writer.end_dict()?;
    /// assert_eq!(Value::from_slice(&writer.finish()?)?, Value::dict::<Value>([]));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn begin_dict(&mut self) -> Result<()> {
        self.start_value()?;
        self.out.op(op::EMPTY_DICT);
        let keys = DictKeys::new(&self.out);
        self.dicts.push(OpenDict { batch: Batch::default(), has_key: false, keys });
        self.state = WriterState::Open;
        Ok(())
    }

    /// Bytes written so far: what lies between two positions is the size of what was written there.
    ///
    /// ```
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// let before = writer.position();
    /// writer.value(&0.5)?;
    /// assert_eq!(writer.position() - before, 9); // an opcode and 64 bits
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// How many times the class was referred to that stands for arrays in files of their own: at least once for each that
    /// is not the same object as one before.
    #[doc(hidden)]
    pub fn placeholders(&self) -> usize {
        self.placeholders
    }

    /// Whether the value written last is a dict. (Any begun inside of it is not looked at: call this
    /// after [`value`](Self::value) or [`node`](Self::node).)
    #[doc(hidden)]
    pub fn last_is_dict(&self) -> bool {
        self.container_since(self.last) == Some("dict")
    }

    /// The type of the dict, list or set that was written last and begins there, as Python calls it, if it is one.
    #[doc(hidden)]
    pub fn container_since(&self, start: usize) -> Option<&'static str> {
        let written = self.out.since(start);
        let is_empty = matches!(written, [_] | [_, op::MEMOIZE]);
        let ends = |by: &[u8]| is_empty || written.last().is_some_and(|last| by.contains(last));
        // A tuple begins with what is in it, and ends otherwise.
        match *written.first()? {
            op::EMPTY_DICT if ends(&[op::SETITEM, op::SETITEMS]) => Some("dict"),
            op::EMPTY_LIST if ends(&[op::APPEND, op::APPENDS]) => Some("list"),
            op::EMPTY_SET if ends(&[op::ADDITEMS]) => Some("set"),
            _ => None,
        }
    }

    /// A pickle of what was written last and begins there with a string, number, bool or None, of at most so many bytes: of that,
    /// which refers to nothing else, or of a tuple.
    #[doc(hidden)]
    pub fn scalar_since(&self, start: usize, longest: usize) -> Option<Vec<u8>> {
        let scalar = self.out.since(start);
        let is_scalar = matches!(
            *scalar.first()?,
            op::NONE
                | op::NEWTRUE
                | op::NEWFALSE
                | op::BINFLOAT
                | op::BININT
                | op::BININT1
                | op::BININT2
                | op::LONG1
                | op::SHORT_BINUNICODE
                | op::BINUNICODE
        );
        let is_short = is_scalar && scalar.len() <= longest;
        is_short.then(|| [&[op::PROTO, op::WRITTEN_PROTOCOL], scalar, &[op::STOP]].concat())
    }

    /// Whether the value written last is nothing but the stand-in for an array: see
    /// [`last_is_dict`](Self::last_is_dict).
    #[doc(hidden)]
    pub fn last_is_placeholder(&self) -> bool {
        self.last_placeholder == Some(self.last)
    }

    /// Ends the innermost dict.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if none is open, or a key has no value; [`ErrorKind::Value`] if Python takes two
    /// of its keys for one (`1`, `True` and `1.0` are).
    ///
    /// ```
    /// let mut writer = varpack_pickle::Writer::new();
    /// assert!(writer.end_dict().is_err());
    /// ```
    pub fn end_dict(&mut self) -> Result<()> {
        match self.dicts.last_mut() {
            Some(dict) if !dict.has_key && self.state == WriterState::Open => {
                dict.batch.end(&mut self.out, op::SETITEMS);
                let keys = dict.keys;
                self.dicts.pop();
                self.guarded(|writer| keys.end(&mut writer.out, &writer.names))?;
                self.end_value();
                Ok(())
            }
            Some(_) => Err(misuse("the last key has no value")),
            None => Err(misuse("no dict is open")),
        }
    }

    /// The pickle.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if nothing was written, a dict is open, or a value failed.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::Writer::new().finish().unwrap_err().to_string(), "nothing was written");
    /// ```
    pub fn finish(self) -> Result<Vec<u8>> {
        match self.state {
            WriterState::Whole => Ok(self.out.finish()),
            WriterState::Empty => Err(misuse("nothing was written")),
            WriterState::Open => Err(misuse("a dict is still open")),
            WriterState::Failed => Err(misuse("a value before failed to be written")),
        }
    }

    /// Refers to an object that was written before.
    pub(crate) fn refer(&mut self, place: ObjectPlace) {
        match place {
            ObjectPlace::Memo(index) => self.out.get(index),
            ObjectPlace::Nth(number) => self.out.again(number),
        }
    }

    /// Makes sure that a key can stand here.
    pub(crate) fn start_key(&mut self) -> Result<()> {
        match self.dicts.last_mut() {
            Some(dict) if !dict.has_key && self.state == WriterState::Open => {
                dict.has_key = true;
                dict.batch.start_item(&mut self.out);
                Ok(())
            }
            _ => Err(misuse("a key can only stand in a dict, before a value")),
        }
    }

    /// Makes sure that a value can stand here.
    pub(crate) fn start_value(&mut self) -> Result<()> {
        match (&self.state, self.dicts.last()) {
            (WriterState::Empty, None) => {}
            (WriterState::Open, Some(dict)) if dict.has_key => {}
            (WriterState::Open, _) => {
                return Err(misuse("a value in a dict needs a key before it"));
            }
            (WriterState::Failed, _) => return Err(misuse("a value before failed to be written")),
            _ => return Err(misuse("a pickle holds one value")),
        }
        self.out.cut();
        self.last = self.out.len();
        Ok(())
    }

    pub(crate) fn end_value(&mut self) {
        match self.dicts.last_mut() {
            Some(dict) => {
                dict.has_key = false;
                dict.batch.end_item(&mut self.out, op::SETITEMS);
            }
            None => self.state = WriterState::Whole,
        }
    }

    /// Writes a key or a value: whatever fails half way leaves a writer that has failed.
    pub(crate) fn guarded(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        // First: if this panics, and the panic is caught, the value is as half written as after an error.
        let state = std::mem::replace(&mut self.state, WriterState::Failed);
        write(self)?;
        self.state = state;
        Ok(())
    }
}

fn misuse(message: &str) -> Error {
    Error::msg(ErrorKind::Usage, message)
}
