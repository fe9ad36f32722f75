//! What ties an array to files: where its elements came from and were saved to, and whether they are still
//! the same. How they are edited there: see [`edit`](super::edit).

use super::mapping::Memory;
use super::read_reason::ReadReason;
use super::scratch::Scratch;
use super::state::{ArrayState, FolderHandle, Origin, WriteTarget};
use super::witness::Witness;
use crate::os::File;
use crate::os::dir::{Dir, DirId, Identity};
use crate::store::copy_source::Original;
use crate::store::folder::Folder;
use crate::sync::lock;
use crate::{Error, Result};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

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
    pub(super) home: OnceLock<Home>,
    pub(super) state: Mutex<ArrayState>,
}

/// The file of a folder that an array is tied to.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) writes_to: WriteTarget,
    /// What errors call the array.
    pub(super) variable: Box<str>,
    pub(super) path: Box<Path>,
    /// Keeps the folder open, and its *use* lock, while the elements are mapped.
    pub(super) folder: Option<Arc<Folder>>,
}

impl Binding {
    /// Of an array that never was in a file.
    pub(crate) fn none() -> Box<Self> {
        Box::default()
    }

    /// Of an array that is mapped from a file of its own.
    pub(crate) fn scratch(scratch: Scratch) -> Box<Self> {
        let state = ArrayState { scratch: Some(Box::new(scratch)), ..ArrayState::default() };
        Box::new(Self { home: OnceLock::new(), state: Mutex::new(state) })
    }

    /// Of an array that was loaded from a file of `folder`. `mapped` keeps the folder's lock.
    pub(crate) fn loaded(
        folder: &Arc<Folder>,
        variable: String,
        origin: Origin,
        writes_to: WriteTarget,
        mapped: bool,
    ) -> Box<Self> {
        let path = folder.dir().path().join(&origin.name);
        let folder = mapped.then(|| Arc::clone(folder));
        Box::new(Self {
            home: Home { writes_to, variable: variable.into(), path: path.into(), folder }.into(),
            state: Mutex::new(ArrayState { loaded: Some(origin), ..ArrayState::default() }),
        })
    }

    /// Of an array whose elements were cast from those of a file of `folder`. What is there is something else, so it is
    /// tied to no file.
    pub(crate) fn cast(
        folder: &Arc<Folder>,
        variable: String,
        origin: &Origin,
        writes_to: WriteTarget,
    ) -> Box<Self> {
        let path = folder.dir().path().join(&origin.name);
        let home = Home { writes_to, variable: variable.into(), path: path.into(), folder: None };
        Box::new(Self { home: home.into(), state: Mutex::default() })
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
        let ArrayState { loaded, saved, changed, outdated, witness, .. } = &*state;
        let state = ArrayState {
            loaded: loaded.clone(),
            saved: saved.clone(),
            changed: *changed,
            outdated: *outdated,
            witness: witness.clone(),
            ..ArrayState::default()
        };
        Box::new(Self { home: OnceLock::new(), state: Mutex::new(state) })
    }

    /// Lets go of the folder, which is opened again if it is asked for.
    pub(super) fn close_folder(&mut self) {
        if let Some(home) = self.home.get_mut() {
            home.folder = None;
        }
    }

    /// Of an array that shares the map of this one. It keeps the folder as this one does, and is written to in memory.
    pub(crate) fn of_sharer(&self) -> Box<Self> {
        let sharer = self.of_copy(None);
        if let Some(Home { variable, path, folder, .. }) = self.home.get() {
            let (variable, path, folder) = (variable.clone(), path.clone(), folder.clone());
            // A copy has none yet.
            let writes_to = WriteTarget::Memory;
            let _ = sharer.home.set(Home { writes_to, variable, path, folder });
        }
        sharer
    }

    /// Lets go of the folders that it came from and went to, though it is still told by them.
    pub(crate) fn let_go(&self) {
        self.state().is_let_go = true;
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

    /// What lives as long as this array, if it was edited in place.
    pub(crate) fn editor(&self) -> Option<Weak<()>> {
        self.state().editor.as_ref().map(Arc::downgrade)
    }

    /// Whether it came from a file of that name, or went to one.
    pub(crate) fn comes_from(&self, dir: DirId, name: &str) -> bool {
        self.state().origins().any(|(origin, _)| origin.dir == dir && origin.name == name)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, ArrayState> {
        lock(&self.state)
    }

    pub(super) fn locate(&self, error: Error) -> Error {
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
        home.is_some_and(|home| matches!(home.writes_to, WriteTarget::InPlace(_)))
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
            if matches!(home.writes_to, WriteTarget::InPlace(_)) {
                home.writes_to = WriteTarget::Unmapped(reason);
            }
        }
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.scratch = None;
        Ok(())
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
        let loaded = state.loaded.as_ref().filter(|_| !state.outdated && state.is_unchanged());
        let loaded = loaded.and_then(|origin| Some((self.folder()?.dir(), origin)));
        let (dir, origin) = loaded.or_else(|| Some((target, state.file_in(dir)?)))?;
        Some(Original { dir, name: origin.name.clone(), identity: origin.identity })
    }

    /// The same, if it is one of the folder.
    pub(crate) fn file_in<'d>(&self, target: &'d Dir, dir: DirId) -> Option<Original<'d>> {
        let state = self.state();
        let origin = state.file_in(dir)?;
        Some(Original { dir: target, name: origin.name.clone(), identity: origin.identity })
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
        match &self.home.get()?.writes_to {
            WriteTarget::InPlace(handle) if handle.id == dir => Some(handle),
            _ => None,
        }
    }

    /// A save has taken files of `dir` away, or written others in their places, of which `is_gone` tells whether a file
    /// is among them: none of these is this array's any more.
    pub(crate) fn mark_taken_away(&self, dir: DirId, is_gone: impl Fn(&Origin) -> bool) {
        let mut state = self.state();
        let is_it = |origin: &Origin| origin.dir == dir && is_gone(origin);
        if let Some(saved) = &mut state.saved {
            saved.0.retain(|saved| !is_it(&saved.origin));
        }
        if state.loaded.take_if(|loaded| is_it(loaded)).is_some() {
            state.outdated = false;
        }
    }

    /// The elements have been saved as they are now, wherever that was. Of those that went to files
    /// [`mark_saved`](Self::mark_saved) has told where.
    pub(crate) fn end_change(&self) {
        self.state().end_change();
    }

    /// The elements have been saved as they are now, to a file of `folder`: call it once the save is
    /// committed. `variable` is what errors will call the array, `handle` gives what the other arrays of the folder have,
    /// `is_gone` tells whether the save has taken a file of the folder away.
    pub(crate) fn mark_saved(
        &self,
        origin: Origin,
        variable: &str,
        folder: &Arc<Folder>,
        handle: &dyn Fn() -> Arc<FolderHandle>,
        is_gone: impl Fn(&Origin) -> bool,
    ) {
        // Under whatever name it was there before: but a shared pointer may be there under both.
        let is_it = |loaded: &Origin, saved: &Origin| {
            let is_left = || !is_gone(loaded) && loaded.stands_in(folder.dir()).unwrap_or(false);
            loaded.dir == saved.dir && (loaded.name == saved.name || !is_left())
        };
        self.mark_saved_to(origin, variable, folder, handle, is_it);
    }

    /// The same of a save to this file alone: what else the folder has of the array stays.
    pub(super) fn mark_saved_alone(&self, origin: Origin, variable: &str, folder: &Arc<Folder>) {
        let handle = || FolderHandle::new(folder, origin.dir);
        let is_it = |loaded: &Origin, saved: &Origin| {
            (loaded.dir, &loaded.name) == (saved.dir, &saved.name)
        };
        self.mark_saved_to(origin.clone(), variable, folder, &handle, is_it);
    }

    /// `is_it`: whether the file that it was loaded from is the one that was saved to.
    fn mark_saved_to(
        &self,
        origin: Origin,
        variable: &str,
        folder: &Arc<Folder>,
        handle: &dyn Fn() -> Arc<FolderHandle>,
        is_it: impl Fn(&Origin, &Origin) -> bool,
    ) {
        let mut state = self.state();
        // Another thread may have saved it elsewhere, as a copy, while this save was made.
        state.end_change();
        // Its lock is shared since it got its name. This closes its descriptor, and the map keeps the lock.
        if state.scratch.take_if(|scratch| scratch.is(&origin.identity)).is_some() {
            let home = Home {
                writes_to: WriteTarget::InPlace(handle()),
                variable: variable.into(),
                path: folder.dir().path().join(&origin.name).into(),
                folder: Some(Arc::clone(folder)),
            };
            // It has none yet: an array with a file of its own was not loaded, and is moved once.
            let _ = self.home.set(home);
            (state.loaded, state.outdated) = (Some(origin), false);
            return;
        }
        if state.loaded.as_ref().is_some_and(|loaded| is_it(loaded, &origin)) {
            // The save has replaced the file: from now on writes in place go to the new one.
            state.loaded = Some(origin.clone());
            state.outdated = false;
        }
        let home = state.witness.as_ref().map(|witness| witness.dir());
        state.saved.get_or_insert_default().add(origin, home);
    }
}
