//! Systems of which nothing is known but what the standard library says, such as WASI. Nothing can be locked there, and an
//! open folder is lost when it is renamed: folders are loaded into memory, and not saved.

use super::paths::{Extensions, FileNumber};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

/// What the standard library says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Elsewhere;

impl Extensions for Elsewhere {
    /// Files of a folder are told from each other by their names, which they keep when they are moved; states of one
    /// file by its size and time. Folders are not told from each other.
    fn number(&self, path: &Path, _file: Option<&File>) -> io::Result<FileNumber> {
        let ino = match path.is_dir() {
            true => 0,
            false => {
                let mut hasher = DefaultHasher::new();
                path.file_name().hash(&mut hasher);
                hasher.finish()
            }
        };
        Ok(FileNumber { dev: 0, ino, links: 1, ctime: None })
    }

    fn rename(&self, _from: &Path, _to: &Path, _replaces: bool) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "folders are not saved on this system"))
    }
}
