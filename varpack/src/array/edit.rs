//! Edits in place: the right to write to the file that the elements are mapped from, asked for at the first write, given
//! back by a flush.

use super::binding::Binding;
use super::data_lock::EditLock;
use super::mapping::Memory;
use super::state::{Claim, FolderHandle, WriteTarget};
use crate::os::Medium;
use crate::store::lock_file::{PATIENCE, poll};
use crate::{Error, ErrorKind, Result, text};
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

impl Binding {
    /// Gets ready for a write to `len` bytes of elements. If they have to move, to memory or to a new map of
    /// their file, `replace` puts that in their place: the old map goes before the file is locked alone, for its
    /// own lock would be in the way. `is_writable`: whether they may be written where they are.
    ///
    /// # Errors
    /// `ReadOnly` in mode `r` or if the file cannot be written, `Busy` if another holder uses the
    /// file or edits the folder, `Stale` if the file was replaced since, `Usage` in a forked child, `Io`
    /// after a failed flush. The elements are as readable as before.
    pub(crate) fn prepare_write(
        &mut self,
        len: usize,
        is_writable: bool,
        replace: impl FnOnce(Moved) -> Result<()>,
    ) -> Result<()> {
        let writes_to = self.home.get().map_or(&WriteTarget::Memory, |home| &home.writes_to);
        match writes_to {
            WriteTarget::Memory | WriteTarget::Unmapped(_) => {
                let prepared = self.prepare_memory(len, is_writable, replace);
                prepared.map_err(|error| self.locate(error))?;
            }
            WriteTarget::Refused => {
                let message = "loaded by `Mode::ReadOnly`: load it by `Mode::CopyOnWrite`, or by `edit`, to write to it";
                return Err(self.locate(Error::msg(ErrorKind::ReadOnly, message)));
            }
            WriteTarget::InPlace(handle) => {
                let handle = Arc::clone(handle);
                let had_claim = self.state().claim.is_some();
                self.prepare_in_place(&handle, len, replace).map_err(|error| self.locate(error))?;
                if !had_claim && self.state().claim.is_some() {
                    self.log("edited in place");
                }
            }
        }
        self.mark_changed();
        Ok(())
    }

    /// Elements that may not be written where they are, for a clone has their map too or it is read-only, move to memory.
    /// The array's own file is written to only while it has no name. One that a failed save could not take
    /// back, or that someone has mapped there meanwhile, is left to them: the elements move to memory.
    fn prepare_memory(
        &mut self,
        len: usize,
        is_writable: bool,
        replace: impl FnOnce(Moved) -> Result<()>,
    ) -> Result<()> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(scratch) = &state.scratch else {
            if !is_writable {
                replace(Moved::Copy)?;
                self.close_folder();
            }
            return Ok(());
        };
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
                (home.writes_to, home.folder) = (WriteTarget::Memory, None);
            }
            return Ok(());
        };
        if let Some(claim) = &state.claim {
            // It is alone, but after a flush that could not tell what the file is.
            return take_alone(&claim.lock);
        }
        let folder = handle.folder()?;
        let claim = handle.claim(&folder, variable)?;
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
        // Only the file is locked, and nobody moves another over it from here on who asks for its lock: who did before
        // has left this one without a name.
        if folder.is_not_ours() && !state.stands_in(&folder)? {
            lock.share()?;
            return Err(stale());
        }
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
                                   load it by `Mode::CopyOnWrite` and save";
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
            // No lock of the folder has kept others from moving a file over this one.
            Ok(false) if claim.folder.folder().is_not_ours() => {
                return Err(self.locate(stale()));
            }
            Ok(is_there) => state.changed &= !is_there,
            Err(error) => {
                // Without it the file would count as someone else's: the next edit, flush or save tries again.
                state.claim = Some(claim);
                return Err(self.locate(error));
            }
        }
        drop(state);
        self.log("flushed");
        Ok(())
    }

    /// Tells the log of what has become of the file.
    fn log(&self, event: &str) {
        if let Some(home) = self.home.get() {
            let (variable, file) = (text::name(&home.variable), text::path(&home.path));
            log::debug!(variable:%, file:%; "{event}: `{variable}` in {file}");
        }
    }

    /// That no change is missing in the folder: what a flush does not bring there is for a save. (What never was in one has none
    /// to be brought to.)
    ///
    /// # Errors
    /// `Usage` if one is.
    pub(crate) fn check_flushed(&self) -> Result<()> {
        let state = self.state();
        let home = self.home.get();
        let was_there = home.is_some() || state.witness.is_some() || state.saved.is_some();
        if !was_there || state.is_let_go || !state.changed && !state.outdated {
            return Ok(());
        }
        let message = match home.map(|home| &home.writes_to) {
            Some(WriteTarget::Unmapped(reason)) => format!(
                "changed in memory, for it is not mapped ({reason}): only a save writes it to the file"
            ),
            Some(WriteTarget::Memory) if state.loaded.is_some() => {
                let message = "changed in this process alone: a save writes it to the file, all or nothing; load with `edit` \
                               to write to the file itself";
                message.to_owned()
            }
            Some(WriteTarget::Refused | WriteTarget::InPlace(_)) => return Ok(()),
            Some(WriteTarget::Memory) | None => {
                let message = "changed in memory, for it has no file that it was loaded from: it stood in a pickle, was cast or \
                               copied, or was put there; only a save brings it to the folder";
                message.to_owned()
            }
        };
        Err(self.locate(Error::msg(ErrorKind::Usage, message)))
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
            Self::Copy => memory.to_heap(offset),
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

/// Tries again while others are in the way, for at most so long.
pub(super) fn wait_for(at_most: Duration, mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    let mut last = Ok(());
    poll(at_most, || {
        last = attempt();
        let is_over = last.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::Busy);
        Ok::<_, Error>(is_over.then_some(()))
    })?;
    last
}

fn is_busy(outcome: Result<()>) -> Result<bool> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::Busy => Ok(true),
        other => other.map(|()| false),
    }
}

fn mapped_elsewhere() -> Error {
    let message = "another load, of this process or another, has the file mapped, and an edit in place has to be \
                   alone: drop that load, or wait for it by `view_mut_wait`";
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
