//! What is worked out of what many references of a pickle may share: once, and remembered, failures too. So a
//! read takes time in proportion to the pickle.

use crate::arena::item::{Item, NodeId};
use crate::budget::Meter;
use crate::npy::{Dtype, Field};
use crate::record_place::{RecordPlace, record_place};
use crate::sync::lock;
use crate::{Error, Result};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

/// Bytes of the longest text that is looked at anew each time, which takes no longer than to remember it.
const SHORT: usize = 1024;

/// The most fields of a dtype that are looked at anew each time, if none has others.
const FEW: usize = 8;

/// Where a text stands in memory.
type TextPlace = (usize, usize);

pub(crate) fn place(text: &str) -> TextPlace {
    (text.as_ptr().addr(), text.len())
}

/// What is known of the items of one arena.
#[derive(Debug, Default)]
pub(crate) struct Facts<'a> {
    /// Whether long texts are ASCII.
    ascii: Mutex<HashMap<TextPlace, bool>>,
    /// Texts that a call encodes as Latin-1, and their bytes once somebody asks for them; `None` if they have other
    /// characters. Those in ASCII are their own.
    latin1: HashMap<TextPlace, OnceLock<Option<Box<[u8]>>>>,
    /// Bytes that `latin1` may own.
    owned: usize,
    /// The names of files in long states of placeholders.
    filenames: HashMap<NodeId, Option<Item<'a>>>,
    records: Mutex<Records>,
    /// Whether arguments and states of dtypes have metadata.
    annotated: Mutex<HashMap<NodeId, bool>>,
}

/// Structured dtypes.
#[derive(Debug, Default)]
struct Records {
    /// By the calls that make them.
    by_call: HashMap<NodeId, Dtype>,
    by_source: HashMap<RecordSource, Result<Dtype>>,
    /// Whether their elements hold Python objects. The dtypes above keep their places from being reused.
    hold_objects: HashMap<RecordPlace, bool>,
}

/// What a structured dtype is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RecordSource {
    /// The names of the fields, and what describes each: two nodes, or one and the same.
    pub(crate) names: NodeId,
    pub(crate) fields: NodeId,
    /// Bytes of an element, where no node says it.
    pub(crate) itemsize: usize,
    pub(crate) aligned: bool,
    /// Whether the class of the elements is left out.
    pub(crate) for_elements: bool,
}

/// Bytes of what is remembered of a structured dtype beside itself.
const RECORD: usize =
    2 * (size_of::<(RecordSource, Result<Dtype>)>() + size_of::<(RecordPlace, bool)>());

impl<'a> Facts<'a> {
    /// Bytes that it takes for what a pickle calls, or may.
    pub(crate) fn size(&self) -> usize {
        let tables = self.latin1.len() * size_of::<(TextPlace, OnceLock<Option<Box<[u8]>>>)>()
            + lock(&self.ascii).len() * size_of::<(TextPlace, bool)>()
            + self.filenames.len() * size_of::<(NodeId, Option<Item<'_>>)>();
        (2 * tables).saturating_add(self.owned)
    }

    pub(crate) fn is_ascii(&self, text: &str) -> bool {
        if text.len() <= SHORT {
            return text.is_ascii();
        }
        *lock(&self.ascii).entry(place(text)).or_insert_with(|| text.is_ascii())
    }

    /// Notes that a text may be asked for as Latin-1 that is not ASCII.
    pub(super) fn note_latin1(&mut self, place: TextPlace) {
        if self.latin1.insert(place, OnceLock::new()).is_none() {
            self.owned = self.owned.saturating_add(place.1);
        }
    }

    /// The bytes of a text in Latin-1; `None` if it has other characters.
    pub(crate) fn latin1<'d>(&'d self, text: &'d str) -> Option<&'d [u8]> {
        if self.is_ascii(text) {
            return Some(text.as_bytes());
        }
        let encode =
            || text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
        self.latin1.get(&place(text))?.get_or_init(encode).as_deref()
    }

    /// Remembers which files the states of placeholders name.
    pub(crate) fn set_filenames(&mut self, filenames: HashMap<NodeId, Option<Item<'a>>>) {
        self.filenames = filenames;
    }

    /// `None` if it is not remembered.
    pub(crate) fn filename(&self, state: NodeId) -> Option<Option<Item<'a>>> {
        self.filenames.get(&state).copied()
    }

    /// The structured dtype of a source, or why it is none.
    ///
    /// # Errors
    /// As of `read`, each time.
    pub(crate) fn record(
        &self,
        source: RecordSource,
        meter: &Meter,
        read: impl FnOnce() -> Result<Dtype>,
    ) -> Result<Dtype> {
        match lock(&self.records).by_source.get(&source) {
            Some(Ok(dtype)) => return Ok(dtype.clone()),
            Some(Err(error)) => return Err(error.again()),
            None => {}
        }
        let record = read();
        // Out of memory it is no dtype now, but may be one in another read.
        if meter.is_exceeded() {
            return record;
        }
        meter.charge(RECORD + record.as_ref().err().map_or(0, Error::size))?;
        let Records { by_source, hold_objects, .. } = &mut *lock(&self.records);
        let copy = match &record {
            Ok(dtype) => {
                hold_objects.extend(record_place(dtype).map(|place| (place, dtype.has_objects())));
                Ok(dtype.clone())
            }
            Err(error) => Err(error.again()),
        };
        by_source.insert(source, copy);
        record
    }

    /// The structured dtype that a call makes, if it was read before.
    pub(crate) fn known_record(&self, call: NodeId) -> Option<Dtype> {
        lock(&self.records).by_call.get(&call).cloned()
    }

    /// Remembers the structured dtype that a call makes.
    pub(crate) fn know_record(&self, call: NodeId, dtype: &Dtype, meter: &Meter) -> Result<()> {
        meter.charge(2 * size_of::<(NodeId, Dtype)>())?;
        lock(&self.records).by_call.insert(call, dtype.clone());
        Ok(())
    }

    /// Whether the arguments or the state of a dtype have metadata, as `look` finds out.
    ///
    /// # Errors
    /// As of `look`, each time.
    pub(crate) fn is_annotated(
        &self,
        part: NodeId,
        look: impl FnOnce() -> Result<bool>,
    ) -> Result<bool> {
        if let Some(known) = lock(&self.annotated).get(&part) {
            return Ok(*known);
        }
        let is_annotated = look()?;
        lock(&self.annotated).insert(part, is_annotated);
        Ok(is_annotated)
    }

    /// As [`Dtype::has_objects`].
    pub(crate) fn has_objects(&self, dtype: &Dtype) -> bool {
        let Dtype::Record(record) = dtype else { return dtype.has_objects() };
        let is_record = |field: &Field| matches!(field.dtype, Dtype::Record(_));
        if record.fields.len() <= FEW && !record.fields.iter().any(is_record) {
            return dtype.has_objects();
        }
        let place = record_place(dtype);
        let known = place.and_then(|place| lock(&self.records).hold_objects.get(&place).copied());
        known.unwrap_or_else(|| dtype.has_objects())
    }
}
