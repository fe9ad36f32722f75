//! One file on its way into a commit: its target checked, made, written, given its owner, synced.

use super::fs::{Dir, Identity};
use super::os::{FileKind, FileSystem, Stat};
use super::record::RECORD_FILE;
use crate::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;

/// Files are written here; nobody but the holder of the writer lock looks at it.
pub(crate) const STAGING_FOLDER: &str = ".varpack-staging";

/// Below this many bytes no space is reserved: one write tells as well whether there is room.
const RESERVE_MIN: u64 = 1 << 20;

/// Bytes gathered before they are written: a small array's header and elements go in one call.
const BUFFER: usize = 64 << 10;

/// How a file is staged.
pub(crate) struct Staging<'a> {
    /// The folder that it is written to.
    pub(crate) dir: &'a Dir,
    /// What it will replace: its permissions and owner are taken over.
    pub(crate) target: Option<&'a Stat>,
    /// Whether to sync this file by itself.
    pub(crate) sync: bool,
}

impl Staging<'_> {
    /// Writes a file of exactly `len` bytes. One that fails is removed.
    pub(crate) fn write(
        &self,
        name: &str,
        len: u64,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<Identity> {
        self.write_whole(name, len, write).inspect_err(|_| self.remove(name))
    }

    /// Gives a whole file that has no name this one, without a copy of its bytes. `None` where that cannot
    /// be: the file is as it was.
    pub(crate) fn link(&self, name: &str, file: &File) -> Result<Option<Identity>> {
        let fs = self.dir.fs().as_ref();
        let io = |action: &'static str| {
            move |error: io::Error| Error::io(action, self.dir.file_path(name), error)
        };
        let before = fs.stat_open(file.as_fd()).map_err(io("cannot examine"))?;
        if let Some(target) = self.target {
            // First, so that nobody can open it meanwhile who might not.
            take_over(fs, file, target).map_err(io("cannot set the permissions of"))?;
        }
        if let Err(error) = self.dir.link(file, name) {
            log::debug!("copied and not linked: {error}");
            if self.target.is_some() {
                take_over(fs, file, &before).map_err(io("cannot set the permissions of"))?;
            }
            return Ok(None);
        }
        let synced =
            if self.sync { fs.sync(file.as_fd()).map_err(io("cannot sync")) } else { Ok(()) };
        synced.and_then(|()| self.identity(name)).map(Some).inspect_err(|_| self.remove(name))
    }

    fn write_whole(
        &self,
        name: &str,
        len: u64,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<Identity> {
        let io = |action: &'static str| {
            move |error: io::Error| Error::io(action, self.dir.file_path(name), error)
        };
        let fs = self.dir.fs().as_ref();
        let mode = self.target.map_or(0o666, |target| target.mode);
        let file = self.dir.create_file(name, mode)?;
        if len >= RESERVE_MIN {
            fs.reserve(&file, len).map_err(io("cannot reserve space for"))?;
        }
        let capacity = usize::try_from(len).unwrap_or(BUFFER).min(BUFFER);
        let mut buffered =
            BufWriter::with_capacity(capacity, Writer { fs, file: &file, left: len });
        let written =
            write(&mut buffered).and_then(|()| buffered.flush().map_err(io("cannot write")));
        // Taken apart, it does not try what has failed again.
        let (writer, _) = buffered.into_parts();
        written.map_err(|error| error.with_path(self.dir.file_path(name)))?;
        if writer.left != 0 {
            return Err(Error::new(ErrorKind::Usage)
                .with_path(self.dir.file_path(name))
                .with_expected(format!("{len} bytes to be written"))
                .with_found((len - writer.left).to_string()));
        }
        if let Some(target) = self.target {
            take_over(fs, &file, target).map_err(io("cannot set the permissions of"))?;
        }
        if self.sync {
            fs.sync(file.as_fd()).map_err(io("cannot sync"))?;
        }
        // Some network file systems settle the times when a file is closed.
        drop(file);
        self.identity(name)
    }

    fn identity(&self, name: &str) -> Result<Identity> {
        self.dir.identity(name)?.ok_or_else(|| {
            Error::msg(ErrorKind::NotFound, "was removed while it was saved")
                .with_path(self.dir.file_path(name))
        })
    }

    fn remove(&self, name: &str) {
        if let Err(error) = self.dir.remove_file(name) {
            log::warn!("left behind: {error}");
        }
    }
}

/// What stands under a name, if it is what the save was told to replace.
///
/// # Errors
/// [`ErrorKind::Exists`] if something stands where nothing should; [`ErrorKind::Stale`] if what should
/// stand there was replaced, changed or removed.
pub(crate) fn check_target(
    folder: &Dir,
    name: &str,
    expected: Option<&Identity>,
) -> Result<Option<Stat>> {
    let found = folder.stat(name)?;
    let wrong = match (expected, found) {
        (None, None) => return Ok(None),
        (Some(expected), Some(found))
            if found.kind == FileKind::Regular && expected.is_still(&found.identity) =>
        {
            return Ok(Some(found));
        }
        (None, Some(found)) => Error::new(ErrorKind::Exists)
            .with_expected("no file of that name")
            .with_found(found.kind.noun()),
        (Some(_), found) => Error::msg(
            ErrorKind::Stale,
            "was replaced or changed by someone else since it was loaded: load it again, or save \
             with the option `overwrite`",
        )
        .with_expected("the file as it was")
        .with_found(found.map_or("nothing", |found| match found.kind {
            FileKind::Regular => "another file, or other content",
            kind => kind.noun(),
        })),
    };
    Err(wrong.with_path(folder.file_path(name)))
}

/// Gives a file the owner and permissions of another, as far as this process may.
fn take_over(fs: &dyn FileSystem, file: &File, target: &Stat) -> io::Result<()> {
    let made = fs.stat_open(file.as_fd())?;
    let mut mode = target.mode;
    if made.uid != target.uid {
        // Only root gives files away; anyone else's save makes the file theirs.
        let _ = fs.set_owner(file, Some(target.uid), None);
    }
    if made.gid != target.gid && fs.set_owner(file, None, Some(target.gid)).is_err() {
        // What one group might do is not granted to another.
        mode &= !0o070;
    }
    if made.mode == mode && made.uid == target.uid && made.gid == target.gid {
        return Ok(());
    }
    fs.set_mode(file, mode)
}

/// Writes at most as many bytes as were announced.
struct Writer<'a> {
    fs: &'a dyn FileSystem,
    file: &'a File,
    left: u64,
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let over = || io::Error::new(io::ErrorKind::InvalidInput, "more bytes than announced");
        if u64::try_from(bytes.len()).map_err(|_| over())? > self.left {
            return Err(over());
        }
        let written = self.fs.write(self.file, bytes)?;
        self.left = self.left.saturating_sub(u64::try_from(written).map_err(|_| over())?);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Removes the files of a folder, but for `keep`; links are removed and not followed.
///
/// # Errors
/// [`ErrorKind::FileType`] if it holds a folder: varpack made none there.
pub(crate) fn clear(dir: &Dir, keep: Option<&str>) -> Result<()> {
    const BATCH: usize = 4096;
    loop {
        let mut removed = false;
        for name in dir.list(BATCH)? {
            let name = name.to_str().ok_or_else(|| {
                Error::msg(ErrorKind::Name, format!("holds the foreign file `{}`", name.display()))
                    .with_path(dir.path())
            })?;
            if keep == Some(name) {
                continue;
            }
            if dir.stat(name)?.is_some_and(|stat| stat.kind == FileKind::Folder) {
                return Err(Error::new(ErrorKind::FileType)
                    .with_path(dir.file_path(name))
                    .with_expected("no folder inside of varpack's own")
                    .with_found("a folder: remove it, or move it away"));
            }
            dir.remove_file(name)?;
            removed = true;
        }
        if !removed {
            return Ok(());
        }
    }
}

/// Removes what a killed or failed save has staged.
pub(crate) fn discard_staging(folder: &Dir) -> Result<()> {
    match folder.open_folder(STAGING_FOLDER) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => {
            clear(&other?, None)?;
            folder.remove_folder(STAGING_FOLDER)
        }
    }
}

/// Removes what this save has staged: by name, for that takes no descriptor, and there may be none left.
pub(crate) fn discard_staged<'n>(
    folder: &Dir,
    staging: &Dir,
    names: impl Iterator<Item = &'n String>,
) {
    let mut names = names.map(String::as_str).chain([RECORD_FILE]);
    let removed = names
        .try_for_each(|name| staging.remove_file(name))
        .and_then(|()| folder.remove_folder(STAGING_FOLDER));
    if let Err(error) = removed {
        log::warn!("left behind: {error}");
    }
}
