//! What a load remembers of its folder, as far as arrays have to tell it.

use crate::os::dir::{DirId, Identity};
use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};

/// What arrays remember that were opened each by itself: nothing of the rest.
pub(crate) fn nobody() -> Weak<dyn Witness> {
    Weak::<Nobody>::new()
}

/// There is none.
#[derive(Debug)]
enum Nobody {}

impl Witness for Nobody {
    fn dir(&self) -> DirId {
        match *self {}
    }

    fn note_file(&self, _: DirId, _: &str, _: Identity) {
        match *self {}
    }

    fn note_edit(&self, _: DirId, _: &str, _: Identity, _: Weak<()>) {
        match *self {}
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        match *self {}
    }
}

/// Kept by every array of a load, so that whoever saves one of them knows what was seen of the rest. Who remembers is
/// told what becomes of the files.
pub(crate) trait Witness:
    Any + fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe
{
    /// The folder.
    fn dir(&self) -> DirId;

    /// Notes what a file is as an array has it.
    fn note_file(&self, dir: DirId, name: &str, identity: Identity);

    /// Notes what a file is after an edit in place by one of those who share this.
    /// `editor` lives as long as the array that was edited.
    fn note_edit(&self, dir: DirId, name: &str, identity: Identity, editor: Weak<()>);

    /// As what it is, for who knows.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}
