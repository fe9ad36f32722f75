//! A dictionary that is made of items of one's own and of those that the folder has.

use crate::folder::baseline::{Mine, SeenItem};
use crate::folder::content::{Content, Key, key_text};
use crate::pickle::Value;
use crate::pickle::internal::Fingerprint;
use std::borrow::Cow;

/// The items of a dictionary that the folder has.
#[derive(Default)]
pub(crate) struct Theirs {
    pub(crate) items: Vec<Their>,
    /// What they are, as a pickle: a dict by their numbers.
    pub(crate) values: Vec<u8>,
}

/// An item of a dictionary that the folder has.
pub(crate) struct Their {
    pub(crate) key: Value,
    pub(crate) digest: Fingerprint,
    pub(crate) number: usize,
    pub(crate) item: SeenItem,
    /// Of an array in a file of its own.
    pub(crate) file: Option<String>,
}

/// What a dictionary is made of that is not all one's own.
#[derive(Default)]
pub(crate) struct Merged {
    pub(crate) pieces: Vec<Piece>,
    /// See [`Theirs`].
    pub(crate) values: Vec<u8>,
    /// Whether it has items that are not one's own.
    pub(crate) is_of_two: bool,
    /// Whether what a struct in it does not know goes.
    pub(crate) prunes: bool,
}

/// An item of such a dictionary.
pub(crate) enum Piece {
    /// The one of this number among one's own.
    Mine(usize),
    Theirs(Their),
    /// The folder's, which is just what the one of this number among one's own is.
    Both(usize, Their),
    /// The one of this number among one's own, and of the folder's what that has not changed or does not know. It was
    /// so when it was loaded, if that counts.
    Within(usize, Their, Option<Mine>),
}

impl Piece {
    /// The one of this `number` among one's own, beside what the folder has in its place: nothing of that stays if it
    /// is an array, whose file goes.
    pub(crate) fn over(number: usize, their: Their, loaded: Option<Mine>) -> Self {
        match their.file {
            Some(_) => Self::Mine(number),
            None => Self::Within(number, their, loaded),
        }
    }

    /// The text of its key; `items`: one's own.
    pub(crate) fn key<'k>(&'k self, items: &'k [(Key<'_>, Content<'_>)]) -> Option<Cow<'k, str>> {
        match self {
            Self::Mine(number) | Self::Within(number, ..) => {
                items.get(*number).map(|(key, _)| key.text())
            }
            Self::Theirs(their) | Self::Both(_, their) => Some(key_text(&their.key)),
        }
    }

    /// The file of an array that stays as the folder has it.
    pub(crate) fn kept_file(&self) -> Option<&str> {
        match self {
            Self::Theirs(their) | Self::Both(_, their) => their.file.as_deref(),
            Self::Mine(_) | Self::Within(..) => None,
        }
    }
}
