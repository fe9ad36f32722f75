//! The right to edit a folder's arrays in place.

use super::claims::ClaimEntry;
use super::folder::Folder;
use super::recover::finish_before_edit;
use crate::os::Lock;
use crate::os::dir::DirId;
use crate::{Error, ErrorKind, Result};
use std::sync::Arc;

impl Folder {
    /// Claims the folder for in-place edits of an array, which errors call `variable`: *use* turns exclusive
    /// until the last claim is dropped. The first claim finishes an interrupted save.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if someone else uses it, [`ErrorKind::ReadOnly`] if it cannot be locked; those of
    /// an interrupted save that cannot be finished.
    pub(crate) fn claim(self: &Arc<Self>, id: DirId, variable: &str) -> Result<InPlace> {
        let refused = |reason: &str| {
            Error::msg(
                ErrorKind::ReadOnly,
                format!("cannot be edited in place, for the folder is not locked for it: {reason}"),
            )
            .with_path(self.dir().path())
        };
        let lock = self.writable_lock().map_err(refused)?;
        // What a parent has claimed is no claim of its child's.
        lock.check_usable(Lock::Exclusive)?;
        let mut claims = self.claims();
        if *claims == 0 && !lock.try_upgrade_use()? {
            let message = "it is loaded elsewhere, in this process or another, or is being saved, and an edit in place \
                           has to be alone: drop that load, or wait for it by `view_mut_wait`";
            return Err(Error::msg(ErrorKind::Busy, message).with_path(self.dir().path()));
        }
        if *claims == 0
            && let Err(error) = finish_before_edit(self, lock)
        {
            lock.downgrade_use()?;
            return Err(error);
        }
        *claims += 1;
        drop(claims);
        Ok(InPlace { _entry: ClaimEntry::new(id, variable), folder: Arc::clone(self) })
    }

    /// Notes the in-place edits of a file in a folder that is [none of ours](Self::is_not_ours): the lock on the file keeps
    /// others from it, and there is nothing to claim.
    pub(crate) fn claim_nothing(self: &Arc<Self>, id: DirId, file: &str) -> InPlace {
        *self.claims() += 1;
        InPlace { _entry: ClaimEntry::new(id, file), folder: Arc::clone(self) }
    }
}

/// A claim on a folder by one array that has unflushed edits. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct InPlace {
    folder: Arc<Folder>,
    _entry: ClaimEntry,
}

impl InPlace {
    /// The folder claimed.
    pub(crate) fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }
}

impl Drop for InPlace {
    fn drop(&mut self) {
        let mut claims = self.folder.claims();
        *claims = claims.saturating_sub(1);
        if *claims == 0
            && let Some(lock) = self.folder.lock()
            && let Err(error) = lock.downgrade_use()
        {
            log::warn!("{error}");
        }
    }
}
