//! What a save has decided to write, and its way into the staging folder.

use crate::array::ArraySource;
use crate::folder::baseline::Part;
use crate::folder::report::SaveReport;
use crate::layout::manifest::Entry;
use crate::os::Stat;
use crate::os::dir::{DirId, Identity};
use crate::pickle::internal::Fingerprint;
use crate::store::commit::Commit;
use crate::{Result, parallel};
use std::collections::HashSet;
use std::path::Path;

/// From so many bytes on, an array is copied from a file that holds its elements, if there is one: not
/// more to do than a write from its map on ext4, less on tmpfs and where pages are not mapped yet, and
/// nothing but shared blocks on XFS and btrfs. A smaller one is written sooner than the other is opened.
const COPY_MIN: u64 = 1 << 20;

/// An array that a save writes.
pub(crate) struct PlannedArray<'a> {
    /// What errors call it.
    pub(crate) variable: String,
    pub(crate) file: String,
    pub(crate) array: &'a dyn ArraySource,
    /// The bytes before the elements.
    pub(crate) header: Vec<u8>,
    /// Bytes of the whole file.
    pub(crate) len: u64,
    /// What stood under the file's name when it was judged whether the array has to be written.
    pub(crate) replaces: Option<Stat>,
}

/// A variable that a save writes, or takes away.
pub(crate) struct WrittenVariable {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) entry: Option<Entry>,
    /// Of a merged dictionary: the items that are one's own by now.
    pub(crate) keys: Option<HashSet<Fingerprint>>,
}

/// A variable that others have made what it is here.
pub(crate) struct Agreed {
    /// The field's name, and what the folder calls it.
    pub(crate) name: String,
    pub(crate) there: String,
    pub(crate) part: Part,
}

/// An array that others have put into a file, too.
pub(crate) struct AgreedArray<'a> {
    /// What errors call it.
    pub(crate) variable: String,
    pub(crate) file: String,
    pub(crate) array: &'a dyn ArraySource,
    pub(crate) identity: Identity,
    /// Bytes before the elements.
    pub(crate) offset: usize,
}

/// A pickle that a save writes.
pub(crate) struct PlannedPickle {
    pub(crate) file: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) replaces: Option<Stat>,
}

/// What a save writes, and what it removes.
pub(crate) struct Planned<'a> {
    pub(crate) pickles: Vec<PlannedPickle>,
    /// Those that the folder has in these very bytes.
    pub(crate) same_pickles: Vec<PlannedPickle>,
    pub(crate) arrays: Vec<PlannedArray<'a>>,
    /// The text of `varpack.json`; `None` if the folder has it all, and nothing is written.
    pub(crate) manifest: Option<Vec<u8>>,
    pub(crate) removed: Vec<(String, Stat)>,
    /// The variables that are written, or taken away as fields.
    pub(crate) written: Vec<WrittenVariable>,
    /// Those that stay as others have made them, and as they are here.
    pub(crate) agreed: Vec<Agreed>,
    /// Files of arrays that others have made what they are here.
    pub(crate) agreed_files: Vec<(String, Identity)>,
    /// Those arrays: each is in its file by now, wherever it came from.
    pub(crate) agreed_arrays: Vec<AgreedArray<'a>>,
    /// Those that are taken out of the folder by name.
    pub(crate) taken_out: Vec<String>,
    /// Those that stay as they are, in pickles of their own from now on.
    pub(crate) parted: Vec<String>,
    /// Whether something stays that is not as it was seen.
    pub(crate) leaves_changes: bool,
    /// All that, for who saves.
    pub(crate) report: SaveReport,
}

impl Planned<'_> {
    /// Whether more is known by it of the folder than was, though nothing is written.
    pub(crate) fn notes_something(&self) -> bool {
        !(self.written.is_empty() && self.agreed.is_empty() && self.taken_out.is_empty())
    }

    /// Bytes of each file that is written, the manifest last.
    pub(crate) fn lens(&self) -> impl Iterator<Item = u64> {
        let arrays = self.arrays.iter().map(|array| array.len);
        let pickles = self.pickles.iter().map(|pickle| len(&pickle.bytes));
        arrays.chain(pickles).chain(self.manifest.iter().map(|manifest| len(manifest)))
    }

    /// Writes it all into the staging folder but the manifest, arrays on several threads.
    ///
    /// # Errors
    /// Of what could not be written, with its file; [`Cancelled`](crate::ErrorKind::Cancelled).
    pub(crate) fn stage(&self, path: &Path, commit: &Commit, threads: usize) -> Result<()> {
        let (files, bytes) = self
            .lens()
            .fold((0_u64, 0_u64), |(files, sum), len| (files + 1, sum.saturating_add(len)));
        commit.meter().expect(files, bytes);
        for PlannedPickle { file, bytes, replaces } in &self.pickles {
            commit.stage(file, len(bytes), *replaces, |out| {
                out.put(bytes).map_err(|error| error.with_path(path.join(file)))
            })?;
        }
        let dir = commit.folder().dir().id()?;
        let removed: HashSet<&str> = self.removed.iter().map(|(file, _)| file.as_str()).collect();
        parallel::for_each(threads, &self.arrays, |_, array| {
            let staged = array.stage(commit, dir, &removed);
            staged.map_err(|error| error.with_path(path.join(&array.file)))
        })
    }
}

impl PlannedArray<'_> {
    /// `removed`: files of the folder that are to go, of which one may only get this one's name.
    fn stage(&self, commit: &Commit, dir: DirId, removed: &HashSet<&str>) -> Result<()> {
        if let Some(binding) = self.array.binding()
            && binding.give_name(&self.header, |own| {
                commit.stage_unnamed(&self.file, own, self.replaces)
            })?
        {
            return Ok(());
        }
        if self.replaces.is_none()
            && !removed.is_empty()
            && let Some(binding) = self.array.binding()
            && let Some(file) = binding.file_in(commit.folder().dir(), dir)
            && removed.contains(file.name.as_str())
            && commit.stage_renamed(&self.file, &file, &self.header, self.len)?
        {
            return Ok(());
        }
        let original = self.array.binding().filter(|_| self.len >= COPY_MIN);
        let original = original.and_then(|binding| binding.original(commit.folder().dir(), dir));
        commit.stage(&self.file, self.len, self.replaces, |out| {
            if let Some(original) = original
                && out.copy(&original, &self.header)?
            {
                return Ok(());
            }
            out.put(&self.header)?;
            self.array.write_data(out)
        })
    }
}

fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
