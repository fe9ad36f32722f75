//! A file that is written by itself, outside of any commit: made beside its place and moved there, whole or not at all.

use super::belonging::Belonging;
use super::commit_errors::durability;
use super::folder::Folder;
use super::lock_file::{Guard, PATIENCE, poll};
use super::owners::Owners;
use super::progress::ProgressMeter;
use super::staging::{Made, Staging, check_staged, check_target};
use super::trust::Trust;
use crate::layout::manifest::{MANIFEST_CAP, Manifest};
use crate::layout::own::{ASIDE, DATA_LOCK, MANIFEST, SCRATCH, SHARED_PICKLE, is_reserved};
use crate::os::dir::{Dir, Identity, unforeseeable};
use crate::os::{File, Lock, Stat, effective_user};
use crate::{Error, ErrorKind, Result, text};
use std::io;

/// What stands in the place of a file that is about to be written, and the locks that keep it as it is.
#[derive(Debug)]
pub(crate) struct SingleFile<'f> {
    dir: &'f Dir,
    name: &'f str,
    owners: Owners,
    replaces: Option<Stat>,
    /// Keeps those from the file that would edit it in place.
    _target: Option<File>,
    /// Keeps saves of the folder away, which might make the file a variable's.
    _writer: Option<Guard>,
}

/// A file that is in its place.
#[must_use = "an error may have come after the file was moved into its place"]
pub(crate) struct Placed {
    pub(crate) identity: Identity,
    /// [`ErrorKind::DurabilityUnknown`] if the sync of its folder has failed.
    pub(crate) outcome: Result<()>,
}

impl<'f> SingleFile<'f> {
    /// Looks at the place of a file and locks what stands there.
    ///
    /// # Errors
    /// [`ErrorKind::Name`] if the name is one of the folder's own; [`ErrorKind::Exists`] if the file belongs to a variable
    /// of the folder, or to a stranger; [`ErrorKind::FileType`] if it is no regular file; [`ErrorKind::ReadOnly`] if the
    /// system does not let it be replaced; [`ErrorKind::Busy`] if it is edited in place, or the folder saved.
    pub(crate) fn begin(folder: &'f Folder, name: &'f str) -> Result<Self> {
        let dir = folder.dir();
        check_name(dir, name)?;
        let writer = match folder.is_not_ours() {
            true => None,
            false => {
                let writer = folder.take_writer(None, true)?;
                check_unowned(folder, name)?;
                writer
            }
        };
        dir.sweep_replaced();
        let owners = Owners::of(dir)?;
        let replaces = settled(dir, name)?;
        let mut target = None;
        if let Some(found) = &replaces {
            check_target(dir, name, Some(&found.identity))?;
            owners.check(dir, name, found)?;
            owners.check_replaceable(dir, name, found, effective_user())?;
            target = match lock_target(dir, name) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(check_target(dir, name, Some(&found.identity))
                        .err()
                        .unwrap_or(error));
                }
                target => Some(target?),
            };
        }
        Ok(Self { dir, name, owners, replaces, _target: target, _writer: writer })
    }

    /// The file that is to be replaced.
    pub(crate) fn replaces(&self) -> Option<Identity> {
        self.replaces.map(|stat| stat.identity)
    }

    /// Lets `make` make the file under the name that it is given, and moves it into its place. What fails before
    /// leaves no trace.
    ///
    /// # Errors
    /// Those of `make`; [`ErrorKind::Stale`] and [`ErrorKind::Exists`] if someone else has put another file in the place
    /// meanwhile.
    pub(crate) fn write(
        self,
        make: impl FnOnce(&Staging<'_>, &str) -> Result<Identity>,
    ) -> Result<Placed> {
        let Self { dir, name, owners, replaces, .. } = &self;
        let belonging = match replaces {
            Some(replaced) => Belonging::of(dir, name, replaced)?,
            None => Belonging::of_new(owners),
        };
        let staging = Staging {
            dir,
            medium: dir.medium(),
            belonging: Some(belonging),
            sync: true,
            meter: &ProgressMeter::unwatched(),
        };
        let made_name = format!("{SCRATCH}{:016x}", unforeseeable());
        let identity = make(&staging, &made_name)?;
        let made = Made { dir, name: &made_name };
        check_staged(dir, &made_name, &identity)?;
        check_target(dir, name, self.replaces().as_ref())?;
        if let Err(error) = dir.rename_file(&made_name, name, replaces.is_some()) {
            // It is no fault of the system's if someone else was sooner.
            check_target(dir, name, self.replaces().as_ref())?;
            return Err(error);
        }
        made.keep();
        // The move has set its ctime.
        let found = dir.identity(name).ok().flatten().filter(|it| identity.is_unmoved_content(it));
        let outcome = dir.sync().map_err(|error| durability(&error));
        Ok(Placed { identity: found.unwrap_or(identity.before_move()), outcome })
    }
}

/// What stands under a name. Where that is nothing, and something is aside for another to take its place, once that has: for a
/// moment, for whoever was at it may have died.
///
/// # Errors
/// `Busy` if it does not.
pub(crate) fn settled(dir: &Dir, name: &str) -> Result<Option<Stat>> {
    let found = poll(PATIENCE, || {
        let found = dir.stat(name)?;
        Ok::<_, Error>(if found.is_none() && dir.is_set_aside(name)? { None } else { Some(found) })
    })?;
    found.ok_or_else(|| {
        let message = format!(
            "a save that was to replace it has not ended, or has died: what was there is in a file whose name begins with `{ASIDE}` \
             and ends with this one's"
        );
        Error::msg(ErrorKind::Busy, message).with_path(dir.file_path(name))
    })
}

/// Refuses the names of the folder's own files, also where there is no folder of ours yet.
fn check_name(dir: &Dir, name: &str) -> Result<()> {
    if [MANIFEST, SHARED_PICKLE].contains(&name) || is_reserved(name) {
        return Err(Error::new(ErrorKind::Name)
            .with_path(dir.file_path(name))
            .with_expected("a name that is not varpack's own")
            .with_found(format!("`{name}`")));
    }
    Ok(())
}

/// Refuses a file that a variable of the folder has, by its manifest or by that of an interrupted save.
fn check_unowned(folder: &Folder, name: &str) -> Result<()> {
    let trust = Trust::default();
    let dir = folder.dir();
    let texts = [
        folder.snapshot(trust, false)?.read_manifest(),
        dir.read_file(MANIFEST, MANIFEST_CAP).map(|(text, _)| text),
    ];
    for text in texts {
        let text = match text {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other?,
        };
        let manifest = Manifest::parse(&text, &trust.budget())
            .map_err(|error| error.with_path(dir.file_path(MANIFEST)))?;
        if let Some(variable) = manifest.owner_of(name) {
            let variable = text::bounded_name(variable);
            let message = format!(
                "it belongs to the variable `{variable}` of this varpack folder: save it with the folder, by \
                 `Pack::update` say, or under another name"
            );
            return Err(Error::msg(ErrorKind::Exists, message)
                .with_path(dir.file_path(name))
                .with_expected("a file of no variable")
                .with_found(format!("one of `{variable}`")));
        }
    }
    Ok(())
}

/// Locks a file that is to be replaced against edits in place, which would be lost.
fn lock_target(dir: &Dir, name: &str) -> Result<File> {
    let file = dir.open_file(name)?;
    let taken = poll(PATIENCE, || match file.lock(DATA_LOCK, Lock::Shared) {
        Ok(is_taken) => Ok(is_taken.then_some(())),
        // Nobody edits in place what cannot be locked.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Some(())),
        Err(error) => Err(Error::io("cannot lock the file", dir.file_path(name), error)),
    })?;
    match taken {
        Some(()) => Ok(file),
        None => {
            let message = "someone edits it in place, until it is flushed or dropped: try again when that is over";
            Err(Error::msg(ErrorKind::Busy, message).with_path(dir.file_path(name)))
        }
    }
}
