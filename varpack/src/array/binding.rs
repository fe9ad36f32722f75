//! What ties an array to files: where its elements came from and were saved to, whether they are still
//! the same, and the right to write in place.

use super::data_lock::{EditLock, PATIENCE};
use super::mapping::Memory;
use super::placed::ReadReason;
use super::scratch::Scratch;
use super::witness::Witness;
use crate::os::dir::{Dir, DirId, Identity};
use crate::os::{File, Medium, System};
use crate::store::folder::Folder;
use crate::store::in_place::InPlace;
use crate::store::lock_file::poll;
use crate::store::original::Original;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// The folder of one load, for all its arrays. Opened anew where no mapped array keeps it open.
#[derive(Debug)]
pub(crate) struct FolderHandle {
    system: System,
    path: PathBuf,
    /// Which folder it is: another may stand under the path by now.
    id: DirId,
    open: Mutex<Weak<Folder>>,
}

impl FolderHandle {
    /// For a folder that is open now, and its id.
    pub(crate) fn new(folder: &Arc<Folder>, id: DirId) -> Arc<Self> {
        let (system, path) = (folder.dir().system().clone(), folder.dir().path().to_owned());
        Arc::new(Self { system, path, id, open: Mutex::new(Arc::downgrade(folder)) })
    }

    /// The open folder; one for all arrays, so that their locks do not stand in each other's way.
    fn folder(&self) -> Result<Arc<Folder>> {
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
}

/// Where writes to an array go.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// To memory; a save brings them to a file.
    Memory,
    /// To memory as well, though mode `r+` was asked for; why.
    Unmapped(ReadReason),
    /// Nowhere: mode `r`.
    Refused,
    /// To the file: mode `r+`.
    InPlace(Arc<FolderHandle>),
}

/// How an array stands to the file that a save would replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The file holds these very elements.
    Same,
    /// A link stands there, through which the array came: the same if it leads to this file still.
    Linked(Identity),
    /// The file holds something else, or there is none.
    Different,
    /// The file is the one this array came from or was saved to, but it was replaced since. The elements
    /// are as they came.
    Behind,
    /// As above, and the elements were changed.
    Stale,
}

/// See the file's first line. Arrays hold it in a box: they are moved about, by a map of thousands too.
#[derive(Debug, Default)]
pub(crate) struct Binding {
    /// Set by the load, or by the save that gave the array's own file its name.
    home: OnceLock<Home>,
    state: Mutex<State>,
}

/// The file of a folder that an array is tied to.
#[derive(Debug)]
struct Home {
    access: Access,
    /// What errors call the array.
    variable: Box<str>,
    path: Box<Path>,
    /// Keeps the folder open, and its *use* lock, while the elements are mapped.
    folder: Option<Arc<Folder>>,
}

/// What changes while the array lives. What few arrays have is boxed: a map may hold a hundred thousand.
#[derive(Debug, Default)]
struct State {
    /// The file that the elements were loaded from; in mode `r+` the file that writes go to, until a save takes it
    /// away.
    loaded: Option<Origin>,
    /// The files that they were saved to.
    saved: Option<Box<SavedTo>>,
    /// Whether they were changed since they were loaded or saved last.
    changed: bool,
    /// Whether the file that they were loaded from lacks a change that was saved elsewhere.
    outdated: bool,
    /// Held while edits in place are not flushed.
    claim: Option<Claim>,
    /// The array's own file, until a save has moved it into a folder.
    scratch: Option<Box<Scratch>>,
    /// A flush has failed: what the file holds is not known.
    poisoned: bool,
    /// What the load saw that the array came with, or the save.
    witness: Option<Arc<dyn Witness>>,
}

/// The last files that an array was saved to, in the order of their first saves: checkpoints may go to two folders in turn.
#[derive(Clone, Debug, Default)]
struct SavedTo(Vec<SavedFile>);

#[derive(Clone, Debug)]
struct SavedFile {
    origin: Origin,
    /// Whether it lacks a change that was made since: saved elsewhere, or in place of another file.
    outdated: bool,
}

impl SavedTo {
    /// How many are remembered: the first, which mostly is the folder that the array belongs to, and the last.
    const MOST: usize = 8;

    /// Adds the file that the elements are in by now; `changed`: whether the others lack a change. One that was there
    /// before keeps its place.
    fn add(&mut self, origin: Origin, changed: bool) {
        self.outdate_if(changed);
        let is_it = |saved: &&mut SavedFile| {
            saved.origin.dir == origin.dir && saved.origin.name == origin.name
        };
        if let Some(known) = self.0.iter_mut().find(is_it) {
            *known = SavedFile { origin, outdated: false };
            return;
        }
        if self.0.len() == Self::MOST {
            self.0.remove(1);
        }
        self.0.push(SavedFile { origin, outdated: false });
    }

    fn forget(&mut self, dir: DirId, name: &str) {
        self.0.retain(|saved| saved.origin.dir != dir || saved.origin.name != name);
    }

    fn outdate_if(&mut self, changed: bool) {
        self.0.iter_mut().for_each(|saved| saved.outdated |= changed);
    }
}

/// The right to edit the file that the elements are mapped from: first of the file, then of its folder.
#[derive(Debug)]
struct Claim {
    lock: Arc<EditLock>,
    folder: InPlace,
}

impl State {
    /// To reserve the file's blocks may have moved its times on, whether or not that went well: nobody has edited it,
    /// while this holds a lock.
    fn note_reserved(&mut self, folder: &Folder) -> Result<()> {
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
    fn note_times(&mut self, folder: &Folder) -> Result<bool> {
        if let Some(origin) = &mut self.loaded
            && let Some(found) = folder.dir().identity(&origin.name)?
            && found.is_same_file(&origin.identity)
        {
            origin.identity = found;
            if let Some(witness) = &self.witness {
                witness.note_edit(origin.dir, &origin.name, found);
            }
            if let Some(saved) = &mut self.saved {
                saved.forget(origin.dir, &origin.name);
                saved.outdate_if(true);
            }
            // Edits in place are in the file, whatever was saved elsewhere meanwhile.
            self.outdated = false;
            return Ok(true);
        }
        Ok(false)
    }

    /// The files that it was saved to, the last first, and the one that it was loaded from; whether each lacks a
    /// change.
    fn origins(&self) -> impl Iterator<Item = (&Origin, bool)> + Clone {
        let saved = self.saved.iter().flat_map(|saved| saved.0.iter().rev());
        let saved = saved.map(|saved| (&saved.origin, saved.outdated));
        saved.chain(self.loaded.iter().map(|origin| (origin, self.outdated)))
    }
}

impl Binding {
    /// Of an array that never was in a file.
    pub(crate) fn none() -> Box<Self> {
        Box::default()
    }

    /// Of an array that is mapped from a file of its own.
    pub(crate) fn scratch(scratch: Scratch) -> Box<Self> {
        let state = State { scratch: Some(Box::new(scratch)), ..State::default() };
        Box::new(Self { home: OnceLock::new(), state: Mutex::new(state) })
    }

    /// Of an array that was loaded from a file of `folder`. `mapped` keeps the folder's lock.
    pub(crate) fn loaded(
        folder: &Arc<Folder>,
        variable: String,
        origin: Origin,
        access: Access,
        mapped: bool,
    ) -> Box<Self> {
        let path = folder.dir().path().join(&origin.name);
        let folder = mapped.then(|| Arc::clone(folder));
        Box::new(Self {
            home: Home { access, variable: variable.into(), path: path.into(), folder }.into(),
            state: Mutex::new(State { loaded: Some(origin), ..State::default() }),
        })
    }

    /// Of a copy in memory of the elements in `memory`. It comes from where this array came from, with what has been
    /// edited in place so far.
    pub(crate) fn of_copy(&self, memory: Option<&Memory>) -> Box<Self> {
        let mut state = self.state();
        let claimed = state.claim.as_ref().map(|claim| Arc::clone(claim.folder.folder()));
        if let (Some(folder), Some(memory)) = (claimed, memory)
            // From now on a write moves the file's times on again.
            && memory.flush().is_ok()
            && state.note_times(&folder).is_ok_and(|is_there| is_there)
        {
            state.changed = false;
        }
        let State { loaded, saved, changed, outdated, witness, .. } = &*state;
        let state = State {
            loaded: loaded.clone(),
            saved: saved.clone(),
            changed: *changed,
            outdated: *outdated,
            witness: witness.clone(),
            ..State::default()
        };
        Box::new(Self { home: OnceLock::new(), state: Mutex::new(state) })
    }

    /// Notes what was seen when it was loaded or saved.
    pub(crate) fn remember(&self, witness: Arc<dyn Witness>) {
        self.state().witness = Some(witness);
    }

    /// What was seen when it was loaded or saved last.
    pub(crate) fn witness(&self) -> Option<Arc<dyn Witness>> {
        self.state().witness.clone()
    }

    /// Whether it came from a file, or went to one.
    pub(crate) fn has_origin(&self) -> bool {
        let state = self.state();
        state.origins().next().is_some()
    }

    /// Whether the elements are as a file of a folder held them, of which `is_it` tells whether it is the one.
    pub(crate) fn is_unchanged(&self, dir: DirId, is_it: impl Fn(&Origin) -> bool) -> bool {
        let state = self.state();
        let is_as_it =
            |(origin, outdated): (&Origin, bool)| !outdated && origin.dir == dir && is_it(origin);
        !state.changed && state.origins().any(is_as_it)
    }

    /// Whether it came from a file of that name, or went to one.
    pub(crate) fn comes_from(&self, dir: DirId, name: &str) -> bool {
        self.state().origins().any(|(origin, _)| origin.dir == dir && origin.name == name)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn locate(&self, error: Error) -> Error {
        match self.home.get() {
            Some(Home { variable, path, .. }) => {
                error.with_variable(&**variable).with_path(&**path)
            }
            None => error,
        }
    }

    /// The file it was loaded from, or moved to.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.home.get().map(|home| &*home.path)
    }

    /// The folder it keeps locked.
    pub(crate) fn folder(&self) -> Option<&Arc<Folder>> {
        self.home.get()?.folder.as_ref()
    }

    /// The elements are about to change where they are.
    pub(crate) fn mark_changed(&mut self) {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner).changed = true;
    }

    /// Whether a write to the elements is, or becomes, a write to a file.
    pub(crate) fn is_in_place(&self) -> bool {
        let home = self.home.get();
        home.is_some_and(|home| matches!(home.access, Access::InPlace(_)))
            || self.state().scratch.is_some()
    }

    /// The elements, which are in `memory` so far, are about to be in memory alone: from now on writes go there,
    /// and a save brings them to a file. What was written in place is flushed first. `reason`: why they leave it.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush).
    pub(crate) fn leave_file(&mut self, memory: &Memory, reason: ReadReason) -> Result<()> {
        self.flush(memory)?;
        if let Some(home) = self.home.get_mut() {
            home.folder = None;
            if matches!(home.access, Access::InPlace(_)) {
                home.access = Access::Unmapped(reason);
            }
        }
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.scratch = None;
        Ok(())
    }

    /// Gets ready for a write to `len` bytes of elements. If they have to move, to memory or to a new map of
    /// their file, `replace` puts that in their place: the old map goes before the file is locked alone, for its
    /// own lock would be in the way.
    ///
    /// # Errors
    /// `ReadOnly` in mode `r` or if the file cannot be written, `Busy` if another holder uses the
    /// file or edits the folder, `Stale` if the file was replaced since, `Usage` in a forked child, `Io`
    /// after a failed flush. The elements are as readable as before.
    pub(crate) fn prepare_write(
        &mut self,
        len: usize,
        replace: impl FnOnce(Moved) -> Result<()>,
    ) -> Result<()> {
        let access = self.home.get().map_or(&Access::Memory, |home| &home.access);
        match access {
            Access::Memory | Access::Unmapped(_) => self.prepare_scratch(len, replace)?,
            Access::Refused => {
                let message = "loaded in mode `r`; load it in mode `r+` or `c` to write to it";
                return Err(self.locate(Error::msg(ErrorKind::ReadOnly, message)));
            }
            Access::InPlace(handle) => {
                let handle = Arc::clone(handle);
                self.prepare_in_place(&handle, len, replace).map_err(|error| self.locate(error))?;
            }
        }
        self.mark_changed();
        Ok(())
    }

    /// The array's own file is written to only while it has no name. One that a failed save could not take
    /// back, or that someone has mapped there meanwhile, is left to them: the elements move to memory.
    fn prepare_scratch(
        &mut self,
        len: usize,
        replace: impl FnOnce(Moved) -> Result<()>,
    ) -> Result<()> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(scratch) = &state.scratch else { return Ok(()) };
        if state.poisoned {
            return Err(poisoned());
        }
        let has_name = scratch
            .has_name()
            .map_err(|error| in_file("cannot examine the array's file", error))?;
        // A save that failed has shared it already.
        if has_name || is_busy(take_alone(scratch.lock()))? {
            replace(Moved::To(scratch.read(len)?))?;
            state.scratch = None;
        }
        Ok(())
    }

    fn prepare_in_place(
        &mut self,
        handle: &FolderHandle,
        len: usize,
        replace: impl FnOnce(Moved) -> Result<()>,
    ) -> Result<()> {
        let variable = self.home.get().map_or("", |home| &home.variable);
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.poisoned {
            return Err(poisoned());
        }
        let Some(origin) = &mut state.loaded else {
            // A save has put the elements into a pickle: they are as any that were read out of one.
            replace(Moved::Copy)?;
            if let Some(home) = self.home.get_mut() {
                (home.access, home.folder) = (Access::Memory, None);
            }
            return Ok(());
        };
        if let Some(claim) = &state.claim {
            // It is alone, but after a flush that could not tell what the file is.
            return take_alone(&claim.lock);
        }
        let folder = handle.folder()?;
        let claim = folder.claim(handle.id, variable)?;
        let found = folder.dir().identity(&origin.name)?;
        if !found.is_some_and(|found| origin.identity.is_still(&found)) {
            return Err(stale());
        }
        let file = match folder.dir().open_to_edit(&origin.name) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(stale()),
            other => other?,
        };
        let lock = match EditLock::shared(file) {
            Ok(Some(lock)) => Arc::new(lock),
            Ok(None) => return Err(mapped_elsewhere()),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                let message = "cannot be edited in place, for its file cannot be locked";
                return Err(Error::msg(ErrorKind::ReadOnly, message).with_source(error));
            }
            Err(error) => return Err(in_file("cannot lock the file", error)),
        };
        // Only now: until it was locked somebody may have edited it, and cut it.
        let found = lock.file().stat();
        let found = found.map_err(|error| in_file("cannot examine the file", error))?.identity;
        // Not its ctime: an overlay copies a file up when it is opened for writing, which is no change.
        if !origin.identity.is_unmoved_content(&found) {
            return Err(stale());
        }
        if found != origin.identity {
            origin.identity = found;
            if let Some(witness) = &state.witness {
                witness.note_file(origin.dir, &origin.name, found);
            }
        }
        let (offset, size) = (origin.offset, origin.identity.size);
        // An array that was read for it is small may have holes. In memory a read of one takes space too: if
        // there is none, the elements stay where they are.
        let has_holes = || {
            let in_memory = lock.file().medium() == Medium::Memory;
            Ok(in_memory && lock.file().has_holes(size)?)
        };
        if has_holes().map_err(|error| in_file("cannot look for holes in the file", error))? {
            let reserved = lock.file().reserve(size);
            state.note_reserved(&folder)?;
            reserved.map_err(|error| in_file("cannot reserve the file's blocks", error))?;
        }
        // A map of its own for each claim, and a lock of its own: a child that was forked off since the last
        // one has that map, and keeps the file from being taken alone.
        let memory = Memory::map_in_place(&lock, offset + len)
            .map_err(|error| in_file("cannot map the file for writing", error))?;
        replace(Moved::To(memory))?;
        if let Some(home) = self.home.get_mut() {
            home.folder = Some(Arc::clone(&folder));
        }
        take_alone(&lock)?;
        // On a full disk a write into a hole of the file would be a SIGBUS, and one into blocks that it
        // shares with a copy, which a save may have made since the last edit.
        let reserved = lock.file().reserve(size);
        let refused = match reserved {
            Ok(true) => None,
            // What has no holes needs no more room.
            Ok(false) => match lock.file().has_holes(size) {
                Ok(false) => None,
                Ok(true) => {
                    let message = "the file has holes, for which this file system cannot reserve space: \
                                   load it in mode `c` and save";
                    Some(Error::msg(ErrorKind::ReadOnly, message))
                }
                Err(error) => Some(in_file("cannot look for holes in the file", error)),
            },
            Err(error) => Some(in_file("cannot reserve the file's blocks", error)),
        };
        state.note_reserved(&folder)?;
        if let Some(error) = refused {
            lock.share()?;
            return Err(error);
        }
        state.claim = Some(Claim { lock, folder: claim });
        Ok(())
    }

    /// Brings edits in place, and the array's own file, to the disk and gives the file and folder free for
    /// others.
    ///
    /// # Errors
    /// `Io` if the disk fails, now or at an earlier flush: what the file holds is not known then.
    pub(crate) fn flush(&self, memory: &Memory) -> Result<()> {
        let mut state = self.state();
        if state.poisoned {
            return Err(self.locate(poisoned()));
        }
        if state.claim.is_none() && state.scratch.is_none() {
            return Ok(());
        }
        if let Some(claim) = &state.claim {
            claim.lock.check_process().map_err(|error| self.locate(error))?;
        }
        let flushed = memory.flush().map_err(|error| in_file("cannot flush", error));
        state.poisoned = flushed.is_err();
        let claim = state.claim.take();
        flushed.map_err(|error| self.locate(error))?;
        let Some(claim) = claim else { return Ok(()) };
        // While nobody else can write: the times are those of our edits.
        let noted = state.note_times(claim.folder.folder());
        let noted = noted.and_then(|is_there| claim.lock.share().map(|()| is_there));
        match noted {
            Ok(is_there) => state.changed &= !is_there,
            Err(error) => {
                // Without it the file would count as someone else's: the next edit, flush or save tries again.
                state.claim = Some(claim);
                return Err(self.locate(error));
            }
        }
        Ok(())
    }

    /// That no change is missing in the file of an array that was loaded to be edited in place: a save elsewhere does
    /// not bring it there. (Who loads in mode `c` has asked for that; an array that was not loaded has no file to be
    /// brought to.)
    ///
    /// # Errors
    /// `Usage` if one is.
    pub(crate) fn check_flushed(&self) -> Result<()> {
        let state = self.state();
        match self.home.get() {
            Some(Home { access: Access::Unmapped(reason), .. })
                if state.changed || state.outdated =>
            {
                let message = format!(
                    "changed in memory, for it is not mapped ({reason}): only a save writes it to the file"
                );
                Err(self.locate(Error::msg(ErrorKind::Usage, message)))
            }
            _ => Ok(()),
        }
    }

    /// How the elements stand to the file `found` under `name`.
    pub(crate) fn standing(
        &self,
        dir: Option<DirId>,
        name: &str,
        found: Option<Identity>,
    ) -> Standing {
        let state = self.state();
        let Some(found) = found else { return Standing::Different };
        let stands = |origin: &Origin| origin.stands_as().is_still(&found);
        if let Some((origin, outdated)) = state.origins().find(|(origin, _)| stands(origin)) {
            return match &origin.link {
                _ if state.changed || outdated => Standing::Different,
                None => Standing::Same,
                Some(_) => Standing::Linked(origin.identity),
            };
        }
        let mut replaced =
            state.origins().filter(|(origin, _)| Some(origin.dir) == dir && origin.name == name);
        match replaced.next() {
            Some((_, outdated)) if !state.changed && !outdated => Standing::Behind,
            Some(_) => Standing::Stale,
            None => Standing::Different,
        }
    }

    /// A file that holds the elements as they are now, if its folder is at hand: the one that is kept
    /// locked, or `target`, whose id is `dir`.
    pub(crate) fn original<'d>(&'d self, target: &'d Dir, dir: DirId) -> Option<Original<'d>> {
        let state = self.state();
        if state.changed || state.poisoned {
            return None;
        }
        let loaded = state.loaded.as_ref().filter(|_| !state.outdated);
        let loaded = loaded.and_then(|origin| Some((self.folder()?.dir(), origin)));
        let mut saved = state.origins().filter(|(origin, outdated)| origin.dir == dir && !outdated);
        let (dir, origin) = loaded.or_else(|| saved.next().map(|(origin, _)| (target, origin)))?;
        Some(Original { dir, name: origin.name.clone(), identity: origin.identity })
    }

    /// Lets `give` give the array's own file, if that starts with `header`, a name in a folder, in place of a
    /// copy: `give` says whether it has. [`mark_saved`](Self::mark_saved) makes it the array's home; a save
    /// that is not made takes the name away again.
    pub(crate) fn give_name(
        &self,
        header: &[u8],
        give: impl FnOnce(&File) -> Result<bool>,
    ) -> Result<bool> {
        // Not while the state is locked: the progress callback may ask the array for something.
        let own = match &mut self.state().scratch {
            Some(scratch) => scratch.prepare_name(header)?,
            None => None,
        };
        let Some(own) = own else { return Ok(false) };
        let given = give(own.file());
        if let Some(scratch) = &mut self.state().scratch {
            scratch.end_naming();
        }
        given
    }

    /// How the array comes to its folder, if writes to it go to a file of `dir`.
    pub(crate) fn handle(&self, dir: DirId) -> Option<&Arc<FolderHandle>> {
        match &self.home.get()?.access {
            Access::InPlace(handle) if handle.id == dir => Some(handle),
            _ => None,
        }
    }

    /// A save has put the elements elsewhere, and taken files of `dir` away, of which `is_gone` tells whether they are
    /// among them: none of these is this array's any more.
    pub(crate) fn mark_taken_away(&self, dir: DirId, is_gone: impl Fn(&str) -> bool) {
        let mut state = self.state();
        let is_it = |origin: &Origin| origin.dir == dir && is_gone(&origin.name);
        if let Some(saved) = &mut state.saved {
            saved.0.retain(|saved| !is_it(&saved.origin));
        }
        if state.loaded.take_if(|loaded| is_it(loaded)).is_some() {
            state.outdated = false;
        }
    }

    /// The elements have been saved as they are now, to a file of `folder`: call it once the save is
    /// committed. `variable` is what errors will call the array, `handle` gives what the other arrays of the folder have.
    pub(crate) fn mark_saved(
        &self,
        origin: Origin,
        variable: &str,
        folder: &Arc<Folder>,
        handle: &dyn Fn() -> Arc<FolderHandle>,
    ) {
        let mut state = self.state();
        // Its lock is shared since it got its name. This closes its descriptor, and the map keeps the lock.
        if state.scratch.take_if(|scratch| scratch.is(&origin.identity)).is_some() {
            let home = Home {
                access: Access::InPlace(handle()),
                variable: variable.into(),
                path: folder.dir().path().join(&origin.name).into(),
                folder: Some(Arc::clone(folder)),
            };
            // It has none yet: an array with a file of its own was not loaded, and is moved once.
            let _ = self.home.set(home);
            (state.loaded, state.outdated) = (Some(origin), false);
            // Another thread may have saved it elsewhere, as a copy, while this save was made.
            let changed = std::mem::take(&mut state.changed);
            if let Some(saved) = &mut state.saved {
                saved.outdate_if(changed);
            }
            return;
        }
        if state.loaded.as_ref().is_some_and(|loaded| loaded.dir == origin.dir) {
            // The save has replaced the file: from now on writes in place go to the new one.
            state.loaded = Some(origin.clone());
            state.outdated = false;
        } else {
            state.outdated |= state.changed;
        }
        let changed = std::mem::take(&mut state.changed);
        state.saved.get_or_insert_default().add(origin, changed);
    }
}

/// Where elements go before a write.
pub(crate) enum Moved {
    To(Memory),
    /// To a copy of them in memory.
    Copy,
}

impl Moved {
    /// Where elements go that are in `memory` from `offset` on.
    ///
    /// # Errors
    /// If there is not so much memory.
    pub(crate) fn from(self, memory: &Memory, offset: usize) -> Result<Memory> {
        match self {
            Self::To(memory) => Ok(memory),
            Self::Copy => Memory::copy_of(memory.bytes().get(offset..).unwrap_or_default()),
        }
    }
}

/// An edit in place that was not flushed is one's own all the same.
impl Drop for Binding {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(claim) = state.claim.take()
            && claim.lock.check_process().is_ok()
            && let Err(error) = state.note_times(claim.folder.folder())
        {
            log::debug!("{error}");
        }
    }
}

/// Makes a file's lock exclusive.
fn take_alone(lock: &EditLock) -> Result<()> {
    let taken = poll(PATIENCE, || Ok(lock.try_alone()?.then_some(())))?;
    taken.ok_or_else(mapped_elsewhere)
}

fn is_busy(outcome: Result<()>) -> Result<bool> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::Busy => Ok(true),
        other => other.map(|()| false),
    }
}

fn mapped_elsewhere() -> Error {
    let message = "someone else has the file mapped, and an in-place edit has to be alone: try again when \
                   that is over";
    Error::msg(ErrorKind::Busy, message)
}

fn stale() -> Error {
    Error::msg(ErrorKind::Stale, "the file was replaced since it was loaded; load the folder again")
}

fn in_file(action: &str, error: io::Error) -> Error {
    Error::msg(ErrorKind::Io, action).with_source(error)
}

fn poisoned() -> Error {
    let message =
        "an earlier flush failed, so what the file holds is not known; load the folder again";
    Error::msg(ErrorKind::Io, message)
}
