//! Which arrays this process edits in place, and in which folder: an error that it is in its own way names them.

use super::busy::busy;
use crate::os::dir::{Dir, DirId};
use crate::sync::lock;
use crate::{Error, ErrorKind, text};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// So many arrays are named by an error.
const LISTED: usize = 5;

static CLAIMS: Mutex<Claims> = Mutex::new(Claims { arrays: BTreeMap::new(), last: 0 });

#[derive(Debug)]
struct Claims {
    arrays: BTreeMap<u64, Claimed>,
    /// The number given last.
    last: u64,
}

#[derive(Debug)]
struct Claimed {
    folder: DirId,
    variable: Arc<str>,
    /// A forked child has its parent's list.
    pid: u32,
}

/// One array in the list, until it is dropped.
#[derive(Debug)]
pub(crate) struct ClaimEntry(u64);

impl ClaimEntry {
    pub(crate) fn new(folder: DirId, variable: &str) -> Self {
        let mut claims = lock(&CLAIMS);
        claims.last += 1;
        let number = claims.last;
        let claimed = Claimed { folder, variable: variable.into(), pid: std::process::id() };
        claims.arrays.insert(number, claimed);
        Self(number)
    }
}

impl Drop for ClaimEntry {
    fn drop(&mut self) {
        lock(&CLAIMS).arrays.remove(&self.0);
    }
}

/// The error for a folder that someone edits in place.
pub(crate) fn edited(dir: &Dir) -> Error {
    let own = dir.id().map(arrays_in).unwrap_or_default();
    if own.is_empty() {
        return busy(
            dir.path(),
            "another holder edits its arrays in place, until they are flushed or dropped",
        );
    }
    let listed = own.iter().take(LISTED).map(|name| format!("`{}`", text::bounded_name(name)));
    let mut names = listed.collect::<Vec<_>>().join(", ");
    if own.len() > LISTED {
        names += &format!(" and {} more", own.len() - LISTED);
    }
    let message = format!(
        "this process itself edits {names} in it in place: flush or drop what was loaded first"
    );
    Error::msg(ErrorKind::Busy, message).with_path(dir.path())
}

/// The arrays that this process edits in a folder.
fn arrays_in(folder: DirId) -> Vec<Arc<str>> {
    let (claims, pid) = (lock(&CLAIMS), std::process::id());
    let here =
        claims.arrays.values().filter(|claimed| (claimed.folder, claimed.pid) == (folder, pid));
    here.map(|claimed| Arc::clone(&claimed.variable)).collect()
}
