//! A file of the folder opened to be read, itself or through a symbolic link.

use super::trust::Links;
use crate::os::dir::{Dir, Identity};
use crate::os::{Access, File, FileKind, Stat, effective_user};
use crate::{Error, ErrorKind, Result};

/// The largest page of a system, in bytes.
const PAGE: u64 = 64 << 10;

/// See the file's first line.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    pub(crate) seen: Seen,
}

/// What was seen of an open file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Of the file.
    pub(crate) identity: Identity,
    /// Bytes of the blocks that it has.
    pub(crate) allocated: u64,
    /// See [`Stat::block`].
    pub(crate) block: u64,
    /// The link that led to it. The file is another folder's then.
    pub(crate) link: Option<Identity>,
    /// What stands under the name: the file, or the link.
    pub(crate) stands: Stat,
    /// Whether it is about to be moved into its place, which changes what is known of it.
    is_moving: bool,
}

impl Dir {
    /// Opens a regular file, or one behind a link if links are followed. Nothing blocks.
    ///
    /// # Errors
    /// `FileType` if it is anything else, `NotFound` also if a link leads nowhere, `Io` also if it leads
    /// in a circle.
    pub(crate) fn open_through(&self, name: &str, links: Links) -> Result<OpenFile> {
        // A regular file that is swapped for a link after this is the regular file all the same.
        let refused = match self.open_as(name, Access::Read) {
            Ok((file, stat)) => return Ok(OpenFile::new(file, &stat, None)),
            Err(error) => error,
        };
        if links == Links::Refuse {
            return Err(refused);
        }
        // Before it is followed: if another one takes its place after this, a save will find that out.
        let link = match self.stat(name)? {
            // Regular: one that has taken the place of a link just now.
            Some(found) if matches!(found.kind, FileKind::SymbolicLink | FileKind::Regular) => {
                found
            }
            _ => return Err(refused),
        };
        let (file, stat) = self.open_as(name, Access::Follow)?;
        Ok(OpenFile::new(file, &stat, Some(&link)))
    }
}

impl OpenFile {
    fn new(file: File, stat: &Stat, link: Option<&Stat>) -> Self {
        let stands = *link.unwrap_or(stat);
        let Stat { identity, allocated, block, .. } = *stat;
        let link = link.map(|link| link.identity);
        Self { file, seen: Seen { identity, allocated, block, link, stands, is_moving: false } }
    }

    /// The same of a file that is about to be moved into its place.
    pub(crate) fn before_move(self) -> Self {
        let identity = self.seen.identity.before_move();
        Self { seen: Seen { identity, is_moving: true, ..self.seen }, ..self }
    }

    /// The whole file, as long as it was when it was opened.
    pub(crate) fn read(&self) -> Result<Vec<u8>> {
        let size = self.seen.identity.size;
        self.file.read_whole(size, size)
    }
}

impl Seen {
    /// What is seen by now: until it was locked, somebody else may have changed the file, and its length.
    ///
    /// # Errors
    /// `Io` if it cannot be examined.
    pub(crate) fn again(self, file: &File) -> Result<Self> {
        let found = file.stat().map_err(|error| {
            Error::msg(ErrorKind::Io, "cannot examine the file").with_source(error)
        })?;
        let Stat { identity, allocated, block, .. } = found;
        let identity = if self.is_moving { identity.before_move() } else { identity };
        let stands = if self.link.is_none() { found } else { self.stands };
        Ok(Self { identity, allocated, block, stands, ..self })
    }

    /// Whether it has just the blocks that it needs, and nobody but this user can have written to it: then there is no
    /// hole in it. Whoever makes a hole and as many blocks behind the end has something in mind; but of huge pages the
    /// system itself gives some behind the end.
    pub(crate) fn is_full(&self) -> bool {
        let spare = self.allocated.checked_sub(self.identity.size);
        // With an access control list the bits of the group are the most that anyone of it may do.
        let is_own = self.stands.uid == effective_user() && self.stands.mode & 0o022 == 0;
        spare.is_some_and(|spare| spare < PAGE) && self.block <= PAGE && is_own
    }

    /// What stands under the name: the file, or the link.
    pub(crate) fn stands_as(&self) -> Identity {
        self.link.unwrap_or(self.identity)
    }
}
