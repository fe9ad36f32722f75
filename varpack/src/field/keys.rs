//! The keys of maps: texts and integers, and what a program has a text for.

use super::of::Keys;
use crate::folder::content::Key;
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result, text};
use std::any::type_name;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// What may be a key of a map under `#[varpack(mmap)]` or `#[varpack(flatten)]`: a text (`String`, `Box<str>`, `Rc<str>`,
/// `Arc<str>`, `Cow<str>`), an integer of at most 64 bits, or a type of yours, which has a text for each key.
///
/// ```
/// fn key<T: varpack::field::MapKey>() {}
///
/// key::<String>();
/// key::<std::sync::Arc<str>>();
/// key::<u32>(); // its arrays stay in the pickle, unless `mmap(int_keys)` says otherwise
/// ```
///
/// Implement it for an enum or a newtype:
///
/// ```
/// use std::borrow::Cow;
/// use std::collections::BTreeMap;
/// use varpack::field::MapKey;
/// use varpack::{MmapArray1, Varpack};
///
/// #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
/// enum Split {
///     Train,
///     Test,
/// }
///
/// impl MapKey for Split {
///     fn to_text(&self) -> Cow<'_, str> {
///         match self {
///             Split::Train => "train".into(),
///             Split::Test => "test".into(),
///         }
///     }
///
///     fn from_text(text: &str) -> Option<Self> {
///         [Split::Train, Split::Test].into_iter().find(|split| split.to_text() == text)
///     }
/// }
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     images: BTreeMap<Split, MmapArray1<f32>>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("run");
/// let images = BTreeMap::from([(Split::Train, vec![0.5].into()), (Split::Test, vec![0.25].into())]);
/// Run { images }.save(&folder)?;
/// assert!(folder.join("images-train.npy").exists());
/// assert_eq!(Run::load(&folder)?.images[&Split::Test][0], 0.25);
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// Each key has a text of its own, always the same, and is what `from_text` makes of it. What does not keep to that is
/// an error and no worse: of a save ([`Usage`](ErrorKind::Usage)) if two keys have one text, of a load
/// ([`Value`](ErrorKind::Value)) if the folder has a text that is no key's, or two whose keys are equal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a map of arrays",
    label = "its keys are of type `{Self}`",
    note = "a key is a `String`, another text of the standard library, or an integer of at most 64 bits: for a type of yours implement `varpack::field::MapKey`, to and from a text; with other keys a map goes under `#[varpack(separate)]`"
)]
pub trait MapKey: Sized {
    #[doc(hidden)]
    const KEYS: Keys = Keys::Texts;

    /// The text that the folder has for the key, and that Python sees. The name of an item's file is made of it.
    fn to_text(&self) -> Cow<'_, str>;

    /// The key of a text; `None` if it is the text of none.
    fn from_text(text: &str) -> Option<Self>;

    #[doc(hidden)]
    fn key(&self) -> Key<'_> {
        Key::Text(self.to_text())
    }

    #[doc(hidden)]
    fn read(key: Node<'_>) -> Result<Self> {
        // Bytes are none: to Python they are another key. A text of NumPy's type is one.
        let text = match key.as_str() {
            Some(text) => Cow::Borrowed(text),
            None if key.kind_name() == "bytes" => {
                return Err(Error::new(ErrorKind::Value)
                    .with_expected("a text (str)")
                    .with_found(key.describe().into_owned()));
            }
            None => Cow::Owned(key.deserialize()?),
        };
        of_text(&text)
    }
}

/// What may be a key of a map that is only saved, in a struct under `#[varpack(save_only)]`: a [`MapKey`], a `&str` or a
/// `&String`.
///
/// ```
/// fn key<T: varpack::field::SaveKey>() {}
///
/// key::<&str>();
/// key::<u32>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a map of arrays",
    label = "its keys are of type `{Self}`",
    note = "a key is a `&str`, a `String`, another text of the standard library, or an integer of at most 64 bits: for a type of yours implement `varpack::field::MapKey`, to and from a text; with other keys a map goes under `#[varpack(separate)]`"
)]
pub trait SaveKey {
    #[doc(hidden)]
    const SAVED_KEYS: Keys = Keys::Texts;

    #[doc(hidden)]
    fn saved_key(&self) -> Key<'_>;
}

#[diagnostic::do_not_recommend]
impl<K: MapKey> SaveKey for K {
    const SAVED_KEYS: Keys = K::KEYS;

    fn saved_key(&self) -> Key<'_> {
        self.key()
    }
}

macro_rules! borrowed_texts {
    ($($text:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl SaveKey for &$text {
            fn saved_key(&self) -> Key<'_> {
                Key::Text(Cow::Borrowed(self))
            }
        }
    )*};
}

borrowed_texts!(str String);

/// The key of a text that a folder has.
///
/// # Errors
/// `Value` if it is no key's, or not the one that the key itself has: two texts would be one key.
pub(super) fn of_text<K: MapKey>(text: &str) -> Result<K> {
    let key = K::from_text(text);
    key.filter(|key| key.to_text() == text).ok_or_else(|| {
        Error::new(ErrorKind::Value)
            .with_expected(format!("the text of a key (`{}`)", type_name::<K>()))
            .with_found(format!("`{}`", text::bounded_name(text)))
    })
}

/// A map of all the items that a folder has.
///
/// # Errors
/// `Value` if it has fewer: what would be left out here the next save would remove from the folder.
pub(super) fn map_of<K, V, M: FromIterator<(K, V)>>(
    items: Vec<(K, V)>,
    len: impl Fn(&M) -> usize,
) -> Result<M> {
    let expected = items.len();
    let map: M = items.into_iter().collect();
    let found = len(&map);
    if found == expected {
        return Ok(map);
    }
    let message = "keys that the folder tells apart are equal to the map that is to hold them";
    Err(Error::msg(ErrorKind::Value, message)
        .with_expected(format!("{expected} keys (`{}`)", type_name::<K>()))
        .with_found(found.to_string()))
}

/// The items of a map by what their keys are in a folder: each is asked for that once.
pub(super) fn in_order<'a, K: SaveKey + 'a, V>(
    map: impl IntoIterator<Item = (&'a K, V)>,
) -> Vec<(Key<'a>, V)> {
    map.into_iter().map(|(key, value)| (K::saved_key(key), value)).collect()
}

/// The same of a map that has no order.
pub(super) fn sorted<'a, K: SaveKey + 'a, V>(
    map: impl IntoIterator<Item = (&'a K, V)>,
) -> Vec<(Key<'a>, V)> {
    let mut items = in_order(map);
    items.sort_by(|(one, _), (other, _)| match (one, other) {
        (Key::Int(one), Key::Int(other)) => one.cmp(other),
        _ => one.text().cmp(&other.text()),
    });
    items
}

macro_rules! texts {
    ($($text:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl MapKey for $text {
            fn to_text(&self) -> Cow<'_, str> {
                Cow::Borrowed(self)
            }

            fn from_text(text: &str) -> Option<Self> {
                Some(text.to_owned().into())
            }
        }
    )*};
}

texts!(String Box<str> Rc<str> Arc<str> Cow<'_, str>);

macro_rules! integers {
    ($($integer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl MapKey for $integer {
            const KEYS: Keys = Keys::Integers;

            fn to_text(&self) -> Cow<'_, str> {
                self.to_string().into()
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok().filter(|integer: &Self| integer.to_string() == text)
            }

            fn key(&self) -> Key<'_> {
                // No integer key is as wide as `i128`.
                Key::Int(*self as i128)
            }

            fn read(key: Node<'_>) -> Result<Self> {
                key.deserialize()
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
