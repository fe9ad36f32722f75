//! Which functions of a caller this thread is in, and for which folders: a save of such a folder from there
//! would wait for itself.

use crate::os::dir::{Dir, DirId};
use crate::{Error, ErrorKind, Result};
use std::cell::RefCell;

/// A function of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// Is told how far a load or a save is.
    Progress,
    /// Changes what an `update` has loaded.
    Change,
}

thread_local! {
    static CALLING: RefCell<Vec<(DirId, Function)>> = const { RefCell::new(Vec::new()) };
}

/// For the time of a call, however it ends.
#[must_use = "the call ends with it"]
pub(crate) struct Calling;

impl Calling {
    pub(crate) fn begin(dir: DirId, function: Function) -> Self {
        CALLING.with_borrow_mut(|calling| calling.push((dir, function)));
        Self
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        CALLING.with_borrow_mut(Vec::pop);
    }
}

/// Refuses to begin a save of a folder that this thread is in the middle of.
///
/// # Errors
/// [`ErrorKind::Usage`]; those of a look at the folder.
pub(crate) fn check_save(dir: &Dir) -> Result<()> {
    if CALLING.with_borrow(Vec::is_empty) {
        return Ok(());
    }
    let id = dir.id()?;
    let inside = CALLING.with_borrow(|calling| {
        let mut latest_first = calling.iter().rev();
        latest_first.find(|(dir, _)| *dir == id).map(|(_, function)| *function)
    });
    let message = match inside {
        None => return Ok(()),
        Some(Function::Progress) => {
            "cannot be saved or updated from the progress callback of its own load or save, which would have \
             to be over first"
        }
        Some(Function::Change) => {
            "cannot be saved or updated from within its own `update`, which saves it at its end"
        }
    };
    Err(Error::msg(ErrorKind::Usage, message).with_path(dir.path()))
}
