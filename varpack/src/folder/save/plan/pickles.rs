//! Which pickle a variable is in: the one that all share, or one of its own.
//!
//! What has arrays in files of their own has a pickle of its own: in their places stand objects of a class of the Python
//! program, and Python's `pickle` is to read the shared one without that. Some stay in the shared one all the same: what
//! has a name that no file can have, what would have to take a file that is another variable's or none's, as the Python
//! program leaves them, and what shares much with variables before, which pickles of their own would each have.

use super::Plan;
use crate::Result;
use crate::folder::baseline::{Part, SeenItem};
use crate::folder::content::{Content, ContentKind, Placement, Variable};
use crate::folder::save::contents::SharedNodes;
use crate::folder::save::existing::Existing;
use crate::folder::split::Split;
use crate::layout::manifest::Entry;
use crate::layout::name;
use crate::layout::own::SHARED_PICKLE;
use crate::pickle::Writer;
use crate::pickle::internal::Repeated;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::iter::Peekable;
use std::vec::IntoIter;

/// About the bytes that a variable with placeholders may share with variables before, and have a pickle of its own.
const SHARED_BYTES: usize = 10_000;

/// Bytes of the pickles of their own that variables of a shared one get without being written: so many times its
/// bytes, and these. They may have shared what each of them has then.
const PARTED: (usize, usize) = (8, 1 << 20);

/// The pickles of a save while they are made.
pub(super) struct NewPickles<'c> {
    /// Those that are finished: written if their bytes are new.
    pub(super) own: Vec<(String, Vec<u8>)>,
    /// The shared one, the folder's own variables in it carried over as far as it has come.
    pub(super) shared: Writer,
    /// The folder's variables that are yet to be looked at for that.
    to_carry: Peekable<IntoIter<(&'c str, &'c Entry)>>,
    /// What the folder's shared pickle holds.
    pub(super) nodes: RefCell<SharedNodes<'c>>,
    /// Whether a variable was put into the shared one that does not stay as it is.
    pub(super) has_new: bool,
    /// What the variables share that may have pickles of their own.
    repeated: Repeated,
    /// Values that are known to hold placeholders, from the plan before.
    holders: BTreeSet<String>,
    /// Those that turned out to, when they were in the shared pickle.
    pub(super) misplaced: BTreeSet<String>,
    /// In a few words, what those are that were pickled.
    pub(super) summaries: HashMap<String, String>,
    /// Variables that stay as they are, but for the shared pickle, which they leave, and their new entries.
    pub(super) parted: BTreeMap<String, Entry>,
    /// Bytes of the pickles that were made to find those.
    parted_bytes: usize,
    /// The same of those that were made of what has none.
    probed_bytes: usize,
}

impl<'c> NewPickles<'c> {
    pub(super) fn new(existing: &'c Existing<'c>, holders: BTreeSet<String>) -> Result<Self> {
        let mut shared = Writer::new();
        shared.begin_dict()?;
        Ok(Self {
            own: Vec::new(),
            shared,
            to_carry: existing.entries().collect::<Vec<_>>().into_iter().peekable(),
            nodes: RefCell::default(),
            has_new: false,
            repeated: Repeated::default(),
            holders,
            misplaced: BTreeSet::new(),
            summaries: HashMap::new(),
            parted: BTreeMap::new(),
            parted_bytes: 0,
            probed_bytes: 0,
        })
    }
}

/// Where a variable may go.
enum Choice {
    Shared,
    /// The same unless it turns out to hold placeholders: then into a pickle of its own.
    SharedIfPlain,
    /// Into a pickle of its own if it holds placeholders, or has at least so many bytes.
    Own {
        least: usize,
    },
}

impl<'a> Plan<'a, '_> {
    /// Writes a variable into the pickle that it belongs to.
    pub(super) fn pickled(&mut self, variable: &Variable<'a>, split: Split) -> Result<Entry> {
        let name = variable.name.as_ref();
        let choice = self.choice(variable, &split)?;
        if let Choice::Own { least } = choice {
            let mut writer = Writer::new();
            let start = writer.position();
            let is_dict = self.encode(variable, &split, &mut writer)?;
            self.note_summary(name, &writer, start);
            let is_plain = writer.placeholders() == 0;
            let bytes = writer.finish()?;
            let file = name::pickle_file(name);
            let is_free = self.check_free(&file, Some(variable));
            if bytes.len() >= least || !is_plain && is_free.is_ok() {
                is_free?;
                let entry = split.entry(is_dict, file.clone(), bytes.len() as u64);
                self.pickles.own.push((file, bytes));
                return Ok(entry);
            }
        }
        self.carry_over(Some(name))?;
        self.pickles.has_new = true;
        self.pickles.shared.key(name)?;
        let (start, before) = (self.pickles.shared.position(), self.pickles.shared.placeholders());
        let mut shared = std::mem::take(&mut self.pickles.shared);
        let is_dict = self.encode(variable, &split, &mut shared);
        self.note_summary(name, &shared, start);
        self.pickles.shared = shared;
        let (is_dict, size) = (is_dict?, self.pickles.shared.position() - start);
        if matches!(choice, Choice::SharedIfPlain) && self.pickles.shared.placeholders() > before {
            self.pickles.misplaced.insert(name.to_owned());
        }
        Ok(split.entry(is_dict, SHARED_PICKLE.to_owned(), size as u64))
    }

    fn choice(&mut self, variable: &Variable<'_>, split: &Split) -> Result<Choice> {
        let name = variable.name.as_ref();
        let (least, most) = match variable.placement {
            Placement::Separate => {
                name::check_stem(name)?;
                return Ok(Choice::Own { least: 0 });
            }
            _ if name::stem_fault(name).is_some() => return Ok(Choice::Shared),
            Placement::BySize(size) => (size, size.max(1)),
            Placement::Shared => (usize::MAX, SHARED_BYTES),
        };
        // What is pickled by itself, and belongs into the shared pickle, is pickled twice.
        let may_be_own = least < usize::MAX
            || split.has_files()
            || self.moved.contains_key(name)
            || self.pickles.holders.contains(name);
        if !may_be_own {
            return Ok(Choice::SharedIfPlain);
        }
        self.pickles.repeated.next_value();
        Ok(match self.shared_weight(&variable.content, most) < most {
            true => Choice::Own { least },
            false => Choice::Shared,
        })
    }

    /// Whether the folder has a variable in the pickle that a save would put it into. `part`: what was seen of it.
    pub(super) fn is_in_its_pickle(
        &self,
        variable: &Variable<'_>,
        entry: &Entry,
        part: Option<&Part>,
    ) -> bool {
        let is_own = || entry.filename == name::pickle_file(&variable.name);
        let is_split = || match part {
            Some(Part::Dict { items, .. }) => {
                items.values().any(|item| matches!(item, SeenItem::File(_)))
            }
            _ => false,
        };
        match variable.placement {
            // One with placeholders leaves it when it is written: see `part_from_shared`.
            Placement::Shared if entry.filename == SHARED_PICKLE => {
                self.existing.has_shared_pickle()
            }
            Placement::Shared => is_own() && is_split(),
            Placement::Separate => is_own(),
            Placement::BySize(_) => false, // nobody knows before it is pickled
        }
    }

    /// About how many bytes of a pickle a content shares with variables before; `most` if there are more.
    fn shared_weight(&mut self, content: &Content<'_>, most: usize) -> usize {
        match &content.0 {
            ContentKind::Node(value) => self.pickles.repeated.weight(value, most),
            ContentKind::Dict(items, _) => items.iter().fold(0, |weight, (_, item)| {
                if weight >= most { most } else { weight + self.shared_weight(item, most) }
            }),
            ContentKind::Absent | ContentKind::Array(_) | ContentKind::Value(_) => 0,
        }
    }

    /// Writes a value; what was not changed as the folder has it. Gives whether Python sees a dictionary.
    fn encode(&self, variable: &Variable<'a>, split: &Split, writer: &mut Writer) -> Result<bool> {
        if let Some(there) = self.moved.get(variable.name.as_ref())
            && let Some(is_dict) =
                self.existing.copy(there, &mut self.pickles.nodes.borrow_mut(), writer)?
        {
            return Ok(is_dict);
        }
        split.encode(variable, writer)
    }

    /// Writes the kept variables of the shared pickle that the folder has before `next`.
    pub(super) fn carry_over(&mut self, next: Option<&str>) -> Result<()> {
        while let Some((name, entry)) =
            self.pickles.to_carry.next_if(|(name, _)| Some(*name) != next)
        {
            if entry.filename == SHARED_PICKLE
                && self.kept.contains(name)
                && !self.part_from_shared(name, entry)?
            {
                self.pickles.shared.key(name)?;
                self.existing.carry(
                    name,
                    &mut self.pickles.nodes.borrow_mut(),
                    &mut self.pickles.shared,
                )?;
            }
        }
        Ok(())
    }

    /// Gives a variable that stays as it is a pickle of its own, if it has placeholders and can have one: a shared pickle
    /// that was written otherwise is written anew. Where its file is somebody's, it is no reason to fail.
    fn part_from_shared(&mut self, name: &str, entry: &Entry) -> Result<bool> {
        if !self.existing.has_shared_placeholders() || name::stem_fault(name).is_some() {
            return Ok(false);
        }
        let (times, more) = PARTED;
        let most = self.existing.shared_len().saturating_mul(times).saturating_add(more);
        // Where the manifest says nothing of placeholders, a pickle is made to find out: of what shares much with others that
        // would take as long as all of them have it.
        let spent = match entry.uses_placeholders {
            Some(true) => &mut self.pickles.parted_bytes,
            _ => &mut self.pickles.probed_bytes,
        };
        if *spent > most {
            return Ok(false);
        }
        let mut alone = Writer::new();
        let nodes = &mut self.pickles.nodes.borrow_mut();
        let is_there = self.existing.carry_alone(name, nodes, &mut alone)?;
        *spent = spent.saturating_add(alone.position());
        let is_within = *spent <= most;
        let file = name::pickle_file(name);
        let is_own = is_there
            && alone.placeholders() > 0
            && is_within
            && self.check_free(&file, None).is_ok()
            && self.taken.insert(&file);
        if !is_own {
            return Ok(false);
        }
        let bytes = alone.finish()?;
        let size = Some((bytes.len() as u64).into());
        let entry = Entry { filename: file.clone(), size, ..entry.clone() };
        self.pickles.parted.insert(name.to_owned(), entry);
        self.pickles.own.push((file, bytes));
        Ok(true)
    }
}
