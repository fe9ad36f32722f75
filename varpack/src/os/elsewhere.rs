//! Systems of which nothing is known but what the standard library says, such as WASI: no locks, so that arrays are read
//! and not mapped, and saves are to be asked for with `without_lock`.

use super::paths::{Extensions, Number};
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
    fn number(&self, path: &Path, _file: Option<&File>) -> io::Result<Number> {
        let ino = match path.is_dir() {
            true => 0,
            false => {
                let mut hasher = DefaultHasher::new();
                path.file_name().hash(&mut hasher);
                hasher.finish()
            }
        };
        Ok(Number { dev: 0, ino, links: 1 })
    }
}
