//! A dictionary whose arrays are split off: what its pickle and its manifest entry say.

use super::baseline::{Alike, Mine, MyItems, is_split};
use super::content::{Content, ContentKind, Key, Variable};
use super::item_names::{ItemNames, NamedItem, key_fingerprints};
use crate::folder::save::merged::{Merged, Piece, Their};
use crate::layout::manifest::Entry;
use crate::pickle::internal::{Carried, Fingerprint, Fingerprints};
use crate::pickle::{Document, Node, Value, Writer};
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, HashSet};

/// The arrays of one variable that have files of their own.
#[derive(Default)]
pub(crate) struct Split {
    /// By item of the dictionary; `None` for one that stays in the pickle.
    pub(crate) files: Vec<Option<String>>,
    pub(crate) logical_dtypes: BTreeMap<String, String>,
    /// What the dictionary is made of, if it is not all one's own.
    merged: Option<Merged>,
}

impl Split {
    /// Writes the variable into a pickle, with placeholders for the arrays that are split off. Gives
    /// whether Python sees a dictionary.
    pub(crate) fn encode(&self, variable: &Variable<'_>, writer: &mut Writer) -> Result<bool> {
        let ContentKind::Dict(items, _) = &variable.content.0 else {
            pickle(&variable.content, true, writer)?;
            return Ok(writer.last_is_dict());
        };
        writer.begin_dict()?;
        let mine = |number: usize, writer: &mut Writer| {
            let Some((key, content)) = items.get(number) else { return Ok(()) };
            key.pickle(writer)?;
            match self.files.get(number).and_then(Option::as_ref) {
                Some(file) => writer.placeholder(file),
                None => pickle(content, false, writer),
            }
        };
        match &self.merged {
            None => (0..items.len()).try_for_each(|number| mine(number, writer))?,
            Some(merged) => encode_merged(merged, items, &self.files, mine, writer)?,
        }
        writer.end_dict()?;
        Ok(true)
    }

    /// Makes a dictionary of one's own items and of those that the folder has; `entry`: what its manifest
    /// says of them.
    pub(crate) fn merge(&mut self, merged: Merged, entry: Option<&Entry>) {
        for piece in &merged.pieces {
            if let Some(file) = piece.kept_file()
                && let Some(logical) = entry.and_then(|entry| entry.logical_dtype(file))
            {
                self.logical_dtypes.insert(file.to_owned(), logical.to_owned());
            }
        }
        self.merged = Some(merged);
    }

    /// Of a dictionary that two have changed, the keys of the items that are as one's own.
    pub(crate) fn own_keys(&self, variable: &Variable<'_>) -> Result<Option<HashSet<Fingerprint>>> {
        let merged = self.merged.as_ref().filter(|merged| merged.is_of_two);
        let (Some(merged), ContentKind::Dict(items, _)) = (merged, &variable.content.0) else {
            return Ok(None);
        };
        let own = merged.pieces.iter().filter_map(|piece| match piece {
            Piece::Mine(number) | Piece::Within(number, ..) => {
                items.get(*number).map(|(key, _)| key)
            }
            Piece::Both(..) | Piece::Theirs(_) => None,
        });
        let agreed = merged.pieces.iter().filter_map(|piece| match piece {
            Piece::Both(_, their) => Some(their.digest),
            Piece::Mine(_) | Piece::Theirs(_) | Piece::Within(..) => None,
        });
        Ok(Some(key_fingerprints(own)?.into_iter().chain(agreed).collect()))
    }

    /// Whether any array of it is in a file of its own.
    pub(crate) fn has_files(&self) -> bool {
        let mut theirs = self.merged.iter().flat_map(|merged| &merged.pieces);
        self.files.iter().any(Option::is_some) || theirs.any(|piece| piece.kept_file().is_some())
    }

    pub(crate) fn entry(self, is_dict: bool, file: String, size: u64) -> Entry {
        let mut entry = Entry::pickled(file, size);
        if is_dict {
            let pieces = self.merged.iter().flat_map(|merged| &merged.pieces);
            let theirs = pieces.filter_map(Piece::kept_file).map(str::to_owned);
            let files: Vec<_> = self.files.into_iter().flatten().chain(theirs).collect();
            entry.uses_placeholders = Some(!files.is_empty());
            entry.files = (!files.is_empty()).then_some(files);
            entry.logical_dtypes = self.logical_dtypes;
        }
        entry
    }
}

/// Writes what has no file of its own: a variable, or an item of one. A placeholder where a load looks for an array would
/// stand for one that another variable has, or another folder.
fn pickle(content: &Content<'_>, is_variable: bool, writer: &mut Writer) -> Result<()> {
    let before = writer.placeholders();
    content.pickle(writer)?;
    if writer.placeholders() == before {
        return Ok(());
    }
    // Items may share their parts: none is looked through for what it holds.
    let is_one = writer.last_is_placeholder() || is_variable && holds_placeholders(content)?;
    if !is_one {
        return Ok(());
    }
    let message = "a value that was read where an array in a file of its own stands: it holds the file's name, and not \
                   the array. Read the dictionary as a `nested` struct, a map of arrays or `ArrayOr` under `mmap`, or \
                   with `Pack`";
    Err(Error::msg(ErrorKind::Usage, message))
}

/// Whether a variable is a dictionary of which an item stands for an array.
fn holds_placeholders(content: &Content<'_>) -> Result<bool> {
    if let ContentKind::Node(value) = &content.0 {
        let entries = match value {
            Value::Dict(entries) => entries.as_slice(),
            _ => &[],
        };
        return Ok(entries.iter().any(|(_, item)| matches!(item, Value::Placeholder(_))));
    }
    let mut alone = Writer::new();
    content.pickle(&mut alone)?;
    let alone = alone.finish()?;
    Ok(is_split(Document::parse(&alone)?.root()))
}

/// Writes the items of a merged dictionary: one's own by their numbers, the others as the folder has them.
fn encode_merged(
    merged: &Merged,
    items: &[(Key<'_>, Content<'_>)],
    files: &[Option<String>],
    mine: impl Fn(usize, &mut Writer) -> Result<()>,
    writer: &mut Writer,
) -> Result<()> {
    let document = Document::parse(&merged.values)?;
    let theirs: Vec<Node<'_>> =
        document.root().entries().into_iter().flatten().map(|(_, item)| item).collect();
    let mut carried = Carried::default();
    merged.pieces.iter().try_for_each(|piece| match piece {
        Piece::Mine(number) => mine(*number, writer),
        // An array that got a file is where that is.
        Piece::Within(number, ..) if files.get(*number).is_some_and(Option::is_some) => {
            mine(*number, writer)
        }
        Piece::Theirs(Their { key, number, .. }) | Piece::Both(_, Their { key, number, .. }) => {
            writer.key(key)?;
            theirs.get(*number).map_or(Ok(()), |item| writer.carry(*item, &mut carried))
        }
        Piece::Within(number, their, loaded) => {
            let (Some((key, content)), Some(&node)) =
                (items.get(*number), theirs.get(their.number))
            else {
                return Ok(());
            };
            key.pickle(writer)?;
            let mut within = Within { prunes: merged.prunes, carried: &mut carried, writer };
            within.encode(content, loaded.as_ref(), node)
        }
    })
}

/// Writes an item over the one that the folder has.
struct Within<'w> {
    prunes: bool,
    carried: &'w mut Carried,
    writer: &'w mut Writer,
}

impl Within<'_> {
    /// What was not changed since it was `loaded` as the folder has it, of a struct field by field. It goes as deep as
    /// the structs of the program do.
    fn encode(
        &mut self,
        content: &Content<'_>,
        loaded: Option<&Mine>,
        there: Node<'_>,
    ) -> Result<()> {
        if let (ContentKind::Dict(items, _), Some(entries)) = (&content.0, there.entries())
            && content.is_struct()
        {
            let loaded = match loaded {
                Some(Mine::Dict(loaded)) => Some(loaded.as_ref()),
                _ => None,
            };
            let mut fingerprints = Fingerprints::default();
            let theirs: Vec<_> =
                entries.map(|(key, value)| (fingerprints.of_key(key), key, value)).collect();
            let keys: HashSet<_> = theirs.iter().map(|(digest, ..)| *digest).collect();
            let names = ItemNames::of(content, |name| keys.contains(name))?;
            return self.encode_fields((items, names), loaded, &theirs);
        }
        match loaded.map_or(Ok(false), |loaded| loaded.is_still(content, Alike::Pickled))? {
            true => self.writer.carry(there, self.carried),
            false => content.pickle(self.writer),
        }
    }

    fn encode_fields(
        &mut self,
        (items, mut names): (&[(Key<'_>, Content<'_>)], ItemNames),
        loaded: Option<&MyItems>,
        theirs: &[(Fingerprint, Node<'_>, Node<'_>)],
    ) -> Result<()> {
        self.writer.begin_dict()?;
        // What was loaded may have been of a type that has no such struct.
        let nothing = Mine::nothing();
        for &(digest, key, value) in theirs {
            match names.find(&digest) {
                NamedItem::Item(number) => {
                    let Some((own, content)) = items.get(number) else { continue };
                    own.pickle(self.writer)?;
                    let before = names.keys().get(number).and_then(|own| loaded?.items.get(own));
                    self.encode(content, before.or(loaded.map(|_| &nothing)), value)?;
                }
                // It was `None` here before, too: others have set it.
                NamedItem::None(own) if loaded.is_some_and(|all| !all.items.contains_key(&own)) => {
                    self.writer.key(&key.to_value()?)?;
                    self.writer.carry(value, self.carried)?;
                }
                NamedItem::Unknown => {
                    if !self.prunes {
                        self.writer.key(&key.to_value()?)?;
                        self.writer.carry(value, self.carried)?;
                    }
                }
                NamedItem::None(_) => {}
            }
        }
        for (own, content) in names.rest().filter_map(|number| items.get(number)) {
            own.pickle(self.writer)?;
            content.pickle(self.writer)?;
        }
        self.writer.end_dict()
    }
}
