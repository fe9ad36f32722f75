//! The files of a save that wait for its commit: made, synced and looked at.

use super::Commit;
use crate::layout::own::{MANIFEST, is_reserved};
use crate::os::dir::Identity;
use crate::os::{File, Stat, effective_user};
use crate::store::belonging::Belonging;
use crate::store::copy_source::Original;
use crate::store::output::FileOutput;
use crate::store::owners::Owners;
use crate::store::progress::ProgressMeter;
use crate::store::staging::Staging;
use crate::store::staging_folder::StagingFolder;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result, parallel};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// So many files are synced one by one; with more, one sync of the file system takes less time.
const SYNC_EACH: usize = 128;

/// Fewer files are looked at by one thread: another would not have begun before it is done.
const LOOK_ALONE: usize = 512;

/// A file that waits for its commit.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    pub(super) identity: Identity,
    /// The file's name in the folder, if it only gets another.
    pub(super) from: Option<String>,
    /// What it is to replace.
    pub(super) replaces: Option<Identity>,
}

impl Commit {
    /// Writes a file of `len` bytes (known beforehand, to reserve space where that helps) into the
    /// staging folder. `replaces` is what must stand under the name at the commit point, which is when
    /// that is checked: a check before would say nothing of it. From any thread.
    ///
    /// # Errors
    /// If it cannot be written, if `fill` fails, or gives more or less than `len` bytes;
    /// [`ErrorKind::Exists`] if it would replace a stranger's;
    /// [`ErrorKind::Cancelled`].
    pub(crate) fn stage(
        &self,
        name: &str,
        len: u64,
        replaces: Option<Stat>,
        fill: impl FnOnce(&mut FileOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        self.stage_own(name, replaces, |staging| staging.write(name, len, fill).map(Some))?;
        Ok(())
    }

    /// Moves a whole file that has no name into the staging folder, as [`stage`](Self::stage) writes one;
    /// `false` where that cannot be, and it has to be written.
    pub(crate) fn stage_unnamed(
        &self,
        name: &str,
        file: &File,
        replaces: Option<Stat>,
    ) -> Result<bool> {
        Ok(self.stage_own(name, replaces, |staging| staging.link_unnamed(name, file))?.is_some())
    }

    /// Gives a file of the folder, which the save is told to remove, too, this name, under which nothing stands. `false` where it
    /// has to be copied: it has other names, or is no longer what it was; or the system moves no file that is mapped.
    ///
    /// # Errors
    /// As of [`stage`](Self::stage).
    pub(crate) fn stage_renamed(
        &self,
        name: &str,
        original: &Original<'_>,
        begin: &[u8],
        len: u64,
    ) -> Result<bool> {
        let Some(dir) = self.dir() else { return Ok(false) };
        let from = original.name.as_str();
        let found = dir.stat(from)?.filter(|found| found.links == 1);
        let Some(found) = found.filter(|found| original.identity.is_still(&found.identity)) else {
            return Ok(false);
        };
        let opened = original.open(begin, len).filter(|_| !dir.system().sets_aside());
        let Some(opened) = opened else { return Ok(false) };
        self.check_owner(from, Some(&found))?;
        self.staging()?;
        if self.sync {
            opened.sync().map_err(|error| Error::io("cannot sync", dir.file_path(from), error))?;
        }
        // Of two arrays that were in it, the other has to be copied.
        if !lock(&self.renamed).insert(from.to_owned()) {
            return Ok(false);
        }
        let (identity, from, replaces) = (found.identity, Some(from.to_owned()), None);
        lock(&self.staged).insert(name.to_owned(), Staged { identity, from, replaces });
        self.meter.advance(1, len).map_err(|error| error.with_path(dir.path()))?;
        Ok(true)
    }

    fn stage_own(
        &self,
        name: &str,
        replaces: Option<Stat>,
        stage: impl FnOnce(&Staging<'_>) -> Result<Option<Identity>>,
    ) -> Result<Option<Identity>> {
        if name == MANIFEST || is_reserved(name) {
            return Err(Error::new(ErrorKind::Name)
                .with_path(self.folder.dir().path())
                .with_expected("a name that is not varpack's own")
                .with_found(format!("`{name}`")));
        }
        self.stage_as(name, replaces, &self.meter, stage)
    }

    /// Stages a file by `stage`; `None` if that has staged nothing.
    pub(super) fn stage_as(
        &self,
        name: &str,
        replaces: Option<Stat>,
        meter: &ProgressMeter,
        stage: impl FnOnce(&Staging<'_>) -> Result<Option<Identity>>,
    ) -> Result<Option<Identity>> {
        self.check_owner(name, replaces.as_ref())?;
        let one_by_one = self.count.fetch_add(1, Ordering::Relaxed) < SYNC_EACH;
        let staging = Staging {
            dir: &self.staging()?.dir,
            medium: self.medium,
            belonging: self.belonging(name, replaces.as_ref())?,
            sync: self.sync && one_by_one,
            meter,
        };
        let staged = stage(&staging).inspect_err(|_| {
            self.has_failed.store(true, Ordering::Relaxed);
        })?;
        if let Some(identity) = staged {
            let replaces = replaces.map(|stat| stat.identity);
            let staged = Staged { identity, from: None, replaces };
            lock(&self.staged).insert(name.to_owned(), staged);
        }
        Ok(staged)
    }

    /// Brings the staged files and their folder to the disk.
    pub(super) fn sync_staging(&self) -> Result<()> {
        if !self.sync {
            return Ok(());
        }
        let staging = &self.staging()?.dir;
        if self.count.load(Ordering::Relaxed) > SYNC_EACH {
            // The descriptor was opened before the first write, so it reports the errors of all.
            match staging.sync_all() {
                Err(error) if error.os_kind() == Some(io::ErrorKind::Unsupported) => {
                    self.for_each_staged(|name, file| match file.from {
                        Some(_) => Ok(()), // when it was staged
                        None => staging.sync_file(name),
                    })?;
                }
                synced => synced?,
            }
        }
        // The files' own syncs do not cover their names: ext4 was seen to keep the folder without.
        staging.sync()
    }

    /// Whom a staged file is to belong to.
    fn belonging(&self, name: &str, replaces: Option<&Stat>) -> Result<Option<Belonging>> {
        match replaces {
            Some(replaced) => Belonging::of(self.folder.dir(), name, replaced).map(Some),
            None => Ok(self.owners.as_ref().map(Belonging::of_new)),
        }
    }

    pub(super) fn staging(&self) -> Result<Arc<StagingFolder>> {
        let mut staging = lock(&self.staging);
        if let Some(made) = &*staging {
            return Ok(Arc::clone(made));
        }
        let made = match self.new {
            Some(_) => StagingFolder::whole(self.folder.dir())?,
            None => {
                let dir = self.folder.dir();
                // Every save replaces it: one that may not makes nothing.
                self.check_replaceable(MANIFEST, self.manifest.as_ref(), effective_user())?;
                StagingFolder::make(dir, &Owners::of(dir)?)?
            }
        };
        Ok(Arc::clone(staging.insert(Arc::new(made))))
    }

    /// Of the files of the save, as they stand in their places: a move sets a file's ctime. The save is
    /// made: of a file that is not there yet, that cannot be examined or that someone has replaced since, it
    /// is what was staged.
    pub(super) fn identities(&self) -> BTreeMap<String, Identity> {
        let identities = Mutex::new(BTreeMap::new());
        // Nothing in it can fail.
        let _ = self.for_each_staged(|name, file| {
            if name != MANIFEST {
                let found = self.folder.dir().identity(name).ok().flatten();
                let found = found.filter(|found| found.is_unmoved_content(&file.identity));
                let identity = found.unwrap_or_else(|| file.identity.before_move());
                lock(&identities).insert(name.to_owned(), identity);
            }
            Ok(())
        });
        std::mem::take(&mut *lock(&identities))
    }

    /// Looks at each file of the save, on several threads if they are many.
    pub(super) fn for_each_staged(
        &self,
        look: impl Fn(&str, &Staged) -> Result<()> + Sync,
    ) -> Result<()> {
        let staged = lock(&self.staged);
        let staged: Vec<_> = staged.iter().collect();
        parallel::for_each(look_threads(staged.len(), self.threads), &staged, |_, (name, file)| {
            look(name, file)
        })
    }
}

/// How many threads look at so many files, of those that there may be.
pub(crate) fn look_threads(files: usize, threads: usize) -> usize {
    if files < LOOK_ALONE { 1 } else { threads }
}
