//! What an array remembers of the files that its elements came from and went to, and how it comes to their folder.

use super::data_lock::EditLock;
use super::read_reason::ReadReason;
use super::scratch::Scratch;
use super::witness::Witness;
use crate::Result;
use crate::os::System;
use crate::os::dir::{Dir, DirId, Identity};
use crate::store::folder::Folder;
use crate::store::in_place::InPlace;
use crate::sync::lock;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

/// The folder of one load, for all its arrays. Opened anew where no mapped array keeps it open.
#[derive(Debug)]
pub(crate) struct FolderHandle {
    system: System,
    path: PathBuf,
    /// Which folder it is: another may stand under the path by now.
    pub(super) id: DirId,
    /// Whether it was none of ours when its arrays were opened, each by itself.
    is_not_ours: bool,
    open: Mutex<Weak<Folder>>,
}

impl FolderHandle {
    /// For a folder that is open now, and its id.
    pub(crate) fn new(folder: &Arc<Folder>, id: DirId) -> Arc<Self> {
        let (system, path) = (folder.dir().system().clone(), folder.dir().path().to_owned());
        let (is_not_ours, open) = (folder.is_not_ours(), Mutex::new(Arc::downgrade(folder)));
        Arc::new(Self { system, path, id, is_not_ours, open })
    }

    /// Claims the folder for in-place edits of an array; one that is none of ours, and was none, has nothing to be claimed.
    pub(super) fn claim(&self, folder: &Arc<Folder>, variable: &str) -> Result<InPlace> {
        match self.is_not_ours && folder.is_not_ours() {
            true => Ok(folder.claim_nothing(self.id, variable)),
            false => folder.claim(self.id, variable),
        }
    }

    /// Takes this one for the open folder, if none is: an array of it is mapped by now.
    pub(crate) fn adopt(&self, folder: &Arc<Folder>) {
        let mut open = lock(&self.open);
        if open.strong_count() == 0 {
            *open = Arc::downgrade(folder);
        }
    }

    /// The open folder; one for all arrays, so that their locks do not stand in each other's way.
    pub(super) fn folder(&self) -> Result<Arc<Folder>> {
        let mut open = lock(&self.open);
        // One whose lock file was taken away keeps nobody from the folder any more.
        if let Some(folder) = open.upgrade()
            && folder.is_current()?
        {
            return Ok(folder);
        }
        let folder = Folder::open_same(&self.system, &self.path, Some(self.id), None)?;
        *open = Arc::downgrade(&folder);
        Ok(folder)
    }
}

/// A file at one moment: where it stands and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Its folder.
    pub(crate) dir: DirId,
    /// Its name there.
    pub(crate) name: String,
    /// What it was.
    pub(crate) identity: Identity,
    /// The symbolic link that stands there, if the file was reached through one.
    pub(crate) link: Option<Box<Identity>>,
    /// Bytes before its elements.
    pub(crate) offset: usize,
}

impl Origin {
    /// What stood under its name: the file, or the link that led to it.
    pub(crate) fn stands_as(&self) -> &Identity {
        self.link.as_deref().unwrap_or(&self.identity)
    }

    /// Whether the file stands under its name still, whatever was written to it.
    pub(super) fn stands_in(&self, dir: &Dir) -> Result<bool> {
        dir.is_there(&self.name, &self.identity)
    }
}

/// Where writes to an array go.
#[derive(Clone, Debug)]
pub(crate) enum WriteTarget {
    /// To memory; a save brings them to a file.
    Memory,
    /// To memory as well, though mode `r+` was asked for; why.
    Unmapped(ReadReason),
    /// Nowhere: mode `r`.
    Refused,
    /// To the file: mode `r+`.
    InPlace(Arc<FolderHandle>),
}

/// What changes while the array lives. What few arrays have is boxed: a map may hold a hundred thousand.
#[derive(Debug, Default)]
pub(super) struct ArrayState {
    /// The file that the elements were loaded from; in mode `r+` the file that writes go to, until a save takes it
    /// away.
    pub(super) loaded: Option<Origin>,
    /// The files that they were saved to.
    pub(super) saved: Option<Box<SavedTo>>,
    /// Whether it was let go of: no flush is to bring anything to a folder, before a save has.
    pub(super) is_let_go: bool,
    /// Whether they were changed since they were loaded or saved last.
    pub(super) changed: bool,
    /// Whether the file that they were loaded from lacks a change that was saved elsewhere.
    pub(super) outdated: bool,
    /// Lives as long as an array that was edited in place.
    pub(super) editor: Option<Arc<()>>,
    /// Held while edits in place are not flushed.
    pub(super) claim: Option<Claim>,
    /// The array's own file, until a save has moved it into a folder.
    pub(super) scratch: Option<Box<Scratch>>,
    /// A flush has failed: what the file holds is not known.
    pub(super) poisoned: bool,
    /// What the load saw that the array came with, or the save.
    pub(super) witness: Option<Arc<dyn Witness>>,
}

/// The last files that an array was saved to, in the order of their first saves: checkpoints may go to two folders in turn.
#[derive(Clone, Debug, Default)]
pub(super) struct SavedTo(pub(super) Vec<SavedFile>);

#[derive(Clone, Debug)]
pub(super) struct SavedFile {
    pub(super) origin: Origin,
    /// Whether it lacks a change that was made since: saved elsewhere, or in place of another file.
    pub(super) outdated: bool,
}

impl SavedTo {
    /// How many are remembered: that of the folder which the array belongs to, and the last.
    const MOST: usize = 8;

    /// Adds the file that the elements are in by now. One that was there before keeps its place. `home`: the folder that the array belongs to, if that is known; else it is the first.
    pub(super) fn add(&mut self, origin: Origin, home: Option<DirId>) {
        let is_it = |saved: &&mut SavedFile| {
            saved.origin.dir == origin.dir && saved.origin.name == origin.name
        };
        if let Some(known) = self.0.iter_mut().find(is_it) {
            *known = SavedFile { origin, outdated: false };
            return;
        }
        if self.0.len() == Self::MOST {
            let is_home = |saved: &SavedFile| Some(saved.origin.dir) == home;
            let kept = self.0.iter().position(is_home).unwrap_or_default();
            self.0.remove(usize::from(kept == 0));
        }
        self.0.push(SavedFile { origin, outdated: false });
    }

    pub(super) fn forget(&mut self, dir: DirId, name: &str) {
        self.0.retain(|saved| saved.origin.dir != dir || saved.origin.name != name);
    }

    /// All of them lack a change.
    fn outdate(&mut self) {
        self.0.iter_mut().for_each(|saved| saved.outdated = true);
    }
}

/// The right to edit the file that the elements are mapped from: first of the file, then of its folder.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) lock: Arc<EditLock>,
    pub(super) folder: InPlace,
}

impl ArrayState {
    /// The elements have been saved as they are now: the files that are known so far lack what was changed.
    pub(super) fn end_change(&mut self) {
        self.is_let_go = false;
        if !std::mem::take(&mut self.changed) {
            return;
        }
        self.outdated |= self.loaded.is_some();
        if let Some(saved) = &mut self.saved {
            saved.outdate();
        }
    }

    /// Whether the elements may be in a file as they are now.
    pub(super) fn is_unchanged(&self) -> bool {
        !self.changed && !self.poisoned
    }

    /// The file of a folder that they are in, reached through no link.
    pub(super) fn file_in(&self, dir: DirId) -> Option<&Origin> {
        let is_it = |(origin, outdated): &(&Origin, bool)| {
            origin.dir == dir && !outdated && origin.link.is_none()
        };
        self.origins().find(is_it).filter(|_| self.is_unchanged()).map(|(origin, _)| origin)
    }

    /// Whether the file that the elements were loaded from stands under its name still, whatever was written to it.
    pub(super) fn stands_in(&self, folder: &Folder) -> Result<bool> {
        self.loaded.as_ref().map_or(Ok(false), |origin| origin.stands_in(folder.dir()))
    }

    /// To reserve the file's blocks may have moved its times on, whether or not that went well: nobody has edited it,
    /// while this holds a lock.
    pub(super) fn note_reserved(&mut self, folder: &Folder) -> Result<()> {
        let Some(origin) = &mut self.loaded else { return Ok(()) };
        // Once more if it fails: without, what this has done itself would count as somebody else's change.
        let look = || folder.dir().identity(&origin.name);
        let found = look().or_else(|_| look())?;
        if let Some(found) = found.filter(|found| found.is_same_file(&origin.identity)) {
            origin.identity = found;
            if let Some(witness) = &self.witness {
                witness.note_file(origin.dir, &origin.name, found);
            }
        }
        Ok(())
    }

    /// A write in place has moved the file's times on. If another file stands there by now (`false`), the
    /// next use finds out.
    pub(super) fn note_times(&mut self, folder: &Folder) -> Result<bool> {
        if let Some(origin) = &mut self.loaded
            && let Some(found) = folder.dir().identity(&origin.name)?
            && found.is_same_file(&origin.identity)
        {
            origin.identity = found;
            if let Some(witness) = &self.witness {
                let editor = Arc::downgrade(self.editor.get_or_insert_default());
                witness.note_edit(origin.dir, &origin.name, found, editor);
            }
            if let Some(saved) = &mut self.saved {
                saved.forget(origin.dir, &origin.name);
                saved.outdate();
            }
            // Edits in place are in the file, whatever was saved elsewhere meanwhile.
            self.outdated = false;
            return Ok(true);
        }
        Ok(false)
    }

    /// The files that it was saved to, the last first, and the one that it was loaded from; whether each lacks a
    /// change.
    pub(super) fn origins(&self) -> impl Iterator<Item = (&Origin, bool)> + Clone {
        let saved = self.saved.iter().flat_map(|saved| saved.0.iter().rev());
        let saved = saved.map(|saved| (&saved.origin, saved.outdated));
        saved.chain(self.loaded.iter().map(|origin| (origin, self.outdated)))
    }
}
