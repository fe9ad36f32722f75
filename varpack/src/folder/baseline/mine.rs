//! What a field was when it was loaded or saved, and whether it is that still.

use crate::Result;
use crate::array::ArraySource;
use crate::folder::content::{Content, ContentKind, Key};
use crate::folder::item_names::{key_fingerprints, none_keys};
use crate::npy::Header;
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{Document, Writer};
use std::collections::HashMap;
use std::io::{self, Write};

/// What a field was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mine {
    Absent,
    /// An array that knows itself whether it was changed.
    Tied,
    /// A value that is not known again for want of [`Room`].
    Unknown,
    Whole {
        /// What would be pickled, which tells the order of a hash map too, and what in it is one object.
        bytes: Fingerprint,
        /// As a folder would hold it, of a field at its default: of another it is what the folder held.
        value: Option<Fingerprint>,
    },
    Dict(Box<MyItems>),
}

/// Items of a dictionary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MyItems {
    pub(crate) items: HashMap<Fingerprint, Mine>,
    /// Of their keys, if it is known.
    pub(crate) order: Option<Fingerprint>,
}

/// When two fields count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alike {
    /// If a save would write the same.
    Pickled,
    /// If they are equal, in whatever order their maps are.
    Equal,
}

/// How many bytes values of any type may be pickled to, one by one, to know them again: items that share a part in
/// memory are each pickled with it. A value for which it is not enough is known by what the folder has.
pub(crate) struct Room(usize);

impl Room {
    /// In proportion to the pickles that hold the fields.
    pub(crate) fn beside(pickled: usize) -> Self {
        Self((4 << 20) + pickled.saturating_mul(32))
    }

    /// Whether there was so much left.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

impl MyItems {
    /// Whether items of these keys may be the same, as far as their number and order tell. `now`: the dictionary of
    /// them. What is remembered may be of another type, of which a struct has not all fields.
    pub(crate) fn may_be(
        &self,
        keys: &[Fingerprint],
        now: &Content<'_>,
        alike: Alike,
    ) -> Result<bool> {
        Ok(match alike {
            Alike::Pickled => {
                keys.len() == self.items.len() && self.order == Some(Fingerprint::of(keys))
            }
            Alike::Equal if now.is_struct() => {
                none_keys(now)?.iter().all(|none| !self.items.contains_key(none))
            }
            Alike::Equal => keys.len() == self.items.len(),
        })
    }
}

impl Mine {
    /// Of a field as it is now. `at_default`: whether the folder does not tell what it was.
    pub(crate) fn of(content: &Content<'_>, at_default: bool, room: &mut Room) -> Result<Self> {
        Self::of_part(content, false, at_default, room)
    }

    /// The same of an item of a dictionary, too.
    fn of_part(
        content: &Content<'_>,
        is_item: bool,
        at_default: bool,
        room: &mut Room,
    ) -> Result<Self> {
        Ok(match &content.0 {
            ContentKind::Absent => Self::Absent,
            ContentKind::Array(array) => {
                match array.binding().is_some_and(|binding| binding.has_origin()) {
                    true => Self::Tied,
                    false => {
                        let elements = array_fingerprint(*array)?;
                        Self::Whole { bytes: elements, value: Some(elements) }
                    }
                }
            }
            ContentKind::Dict(items, _) => {
                let keys: Vec<_> = keys(items)?;
                let order = Some(Fingerprint::of(&keys));
                let items = keys.into_iter().zip(items);
                let items = items.map(|(key, (_, content))| {
                    Ok((key, Self::of_part(content, true, at_default, room)?))
                });
                Self::Dict(Box::new(MyItems { items: items.collect::<Result<_>>()?, order }))
            }
            ContentKind::Value(_) | ContentKind::Node(_) => {
                // Items may share their parts; a variable of one's own type is pickled to about what it takes in memory.
                let may_share = is_item || matches!(content.0, ContentKind::Node(_));
                if may_share && room.0 == 0 {
                    return Ok(Self::Unknown);
                }
                let bytes = compared(content)?;
                if may_share && !room.take(bytes.len()) {
                    return Ok(Self::Unknown);
                }
                let value = if at_default { Some(Self::as_held(content)?) } else { None };
                Self::Whole { bytes: Folded::of(&bytes), value }
            }
        })
    }

    /// A struct that was not there: of what it has now, nothing was its own.
    pub(crate) fn nothing() -> Self {
        Self::Dict(Box::default())
    }

    /// The same, if it was a struct.
    pub(crate) fn of_struct(&self) -> Option<Self> {
        matches!(self, Self::Dict(_)).then(|| self.clone())
    }

    /// Whether a field is still as it was, by what is known here: of an array that is tied to a file nothing is.
    pub(crate) fn is_still(&self, now: &Content<'_>, alike: Alike) -> Result<bool> {
        match (self, &now.0) {
            (Self::Whole { bytes, value }, ContentKind::Value(_) | ContentKind::Node(_)) => {
                if Folded::of(&compared(now)?) == *bytes {
                    return Ok(true);
                }
                Ok(alike == Alike::Equal && value.is_some() && *value == Some(Self::as_held(now)?))
            }
            // Wherever it was saved since: nothing tied it to a file.
            (Self::Whole { bytes, .. }, ContentKind::Array(array)) => {
                Ok(array_fingerprint(*array)? == *bytes)
            }
            (Self::Dict(mine), ContentKind::Dict(items, _)) => {
                let keys = keys(items)?;
                if !mine.may_be(&keys, now, alike)? {
                    return Ok(false);
                }
                for (key, (_, content)) in keys.iter().zip(items) {
                    let Some(item) = mine.items.get(key) else { return Ok(false) };
                    if !item.is_still(content, alike)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Self::Tied | Self::Unknown, _) => Ok(false),
            _ => Ok(Self::of(now, false, &mut Room(usize::MAX))? == *self),
        }
    }

    /// What a save would write of the value, as a folder would hold it.
    pub(crate) fn as_held(content: &Content<'_>) -> Result<Fingerprint> {
        Ok(Fingerprints::default().of(Document::parse(&pickled(content)?)?.root()))
    }

    /// As [`as_held`](Self::as_held), of what is the same to Python whoever pickles it: a number, a short text.
    pub(crate) fn as_held_plainly(content: &Content<'_>) -> Result<Option<Fingerprint>> {
        Ok(Fingerprints::of_plain(Document::parse(&pickled(content)?)?.root()))
    }
}

fn keys(items: &[(Key<'_>, Content<'_>)]) -> Result<Vec<Fingerprint>> {
    key_fingerprints(items.iter().map(|(key, _)| key))
}

fn pickled(content: &Content<'_>) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    content.pickle(&mut writer)?;
    writer.finish()
}

/// What tells a value from another one, whatever else refers to it.
fn compared(content: &Content<'_>) -> Result<Vec<u8>> {
    let mut writer = Writer::to_compare();
    content.pickle(&mut writer)?;
    writer.finish()
}

/// Of an array that nothing ties to a file: dtype, shape and bytes.
fn array_fingerprint(array: &dyn ArraySource) -> Result<Fingerprint> {
    let header: Header = array.header()?;
    let mut bytes = Folded::default();
    array.write_data(&mut bytes)?;
    Ok(Fingerprint::of((header.encode()?, bytes.finish())))
}

/// Bytes that are written, in a few multiplications a word: nobody else gets to choose them.
#[derive(Default)]
struct Folded {
    lanes: [u64; 4],
    /// Of what is left over of each write.
    rest: u64,
    len: u64,
}

/// An odd number without a pattern: the golden ratio's digits.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

fn fold(hash: u64, word: u64) -> u64 {
    // Multiplied, every bit reaches those above it; turned round, the others.
    (hash ^ word).wrapping_mul(MIX).rotate_left(29) ^ hash.rotate_left(7)
}

impl Folded {
    fn of(bytes: &[u8]) -> Fingerprint {
        let mut folded = Self::default();
        folded.add(bytes);
        folded.finish()
    }

    fn finish(&self) -> Fingerprint {
        Fingerprint::of((self.lanes, self.rest, self.len))
    }

    fn add(&mut self, bytes: &[u8]) {
        self.len = self.len.wrapping_add(bytes.len() as u64);
        let (blocks, rest) = bytes.as_chunks::<32>();
        for block in blocks {
            for (lane, word) in self.lanes.iter_mut().zip(block.as_chunks::<8>().0) {
                *lane = fold(*lane, u64::from_le_bytes(*word));
            }
        }
        if !rest.is_empty() {
            self.rest = Fingerprint::of((self.rest, rest)).as_u64();
        }
    }
}

impl Write for Folded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
