//! What a save has made itself: told from what others have put in its place, and from what it may be taken for.

use super::owners::Owners;
use crate::os::Stat;
use crate::os::dir::Dir;
use crate::{Error, ErrorKind, Result};
use std::time::{Duration, SystemTime};

/// Makes a folder in another one and opens it; `mode` is subject to the umask, but that its maker may use it. What is
/// opened is what was made, whatever user it is seen to belong to: where others could put another folder in its place
/// in between (one of this user, say, that is kept from them), it is empty and has come since.
///
/// # Errors
/// [`ErrorKind::Io`] with the system's [`AlreadyExists`](std::io::ErrorKind::AlreadyExists) if the name is taken;
/// [`ErrorKind::Stale`] if another folder stands under the name already.
pub(crate) fn make_folder(
    parent: &Dir,
    name: &str,
    mode: u32,
    owners: &Owners,
) -> Result<(Dir, Stat)> {
    let since = if owners.is_alone() { None } else { Some(now(parent)?) };
    parent.make_folder(name, mode)?;
    let opened = parent.open_folder(name).and_then(|dir| {
        let found = dir.stat_self()?;
        let is_made = match since {
            Some(since) => is_fresh(&dir, &found, since)?,
            None => true,
        };
        if is_made && found.mode & 0o700 != 0o700 {
            dir.set_mode(found.mode | found.special | 0o700)?;
        }
        Ok(is_made.then_some((dir, found)))
    });
    match opened {
        Ok(Some(made)) => Ok(made),
        Ok(None) => Err(swapped(parent, name)),
        // What has gone is not this save's any more: another may have made its own there by now.
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error),
        Err(error) => {
            if let Err(error) = parent.remove_folder(name) {
                log::warn!("left behind: {error}");
            }
            Err(error)
        }
    }
}

/// The error of a save in whose folder's place another one stands.
pub(crate) fn swapped(parent: &Dir, name: &str) -> Error {
    let message = "another folder stands in the place of the one that this save has made";
    Error::msg(ErrorKind::Stale, message).with_path(parent.file_path(name))
}

/// The time as the file system has it: its clock may be another machine's.
fn now(dir: &Dir) -> Result<(i64, i64)> {
    let file = dir.make_unnamed(0o600)?;
    let found = file.stat();
    let found = found.map_err(|error| Error::io("cannot examine a file in", dir.path(), error))?;
    Ok(found.identity.mtime)
}

/// Whether a folder is empty, and has come since. Who may not write to a folder cannot set its times.
fn is_fresh(dir: &Dir, found: &Stat, since: (i64, i64)) -> Result<bool> {
    let is_born = dir.id()?.born.is_none_or(|born| time(since).is_none_or(|since| born >= since));
    Ok(is_born && found.identity.mtime >= since && dir.list(1)?.is_empty())
}

fn time((seconds, nanoseconds): (i64, i64)) -> Option<SystemTime> {
    let since = Duration::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}
