//! A forked child has its parent's open file description and another process id. Forking needs
//! `unsafe`, so the child is played by a second descriptor of the description.

use super::*;
use crate::os::System;

fn child_of(parent: &LockFile) -> Arc<LockFile> {
    Arc::new(LockFile {
        file: parent.file.duplicate().unwrap(),
        path: parent.path.clone(),
        is_new: false,
        unwritable: None,
        pid: parent.pid.wrapping_add(1),
        held: Mutex::new(*parent.held()),
    })
}

#[test]
fn forked_child_does_not_unlock_what_its_parent_holds() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open(&System::default(), root.path()).unwrap();
    let open = || Arc::new(LockFile::open(&dir).unwrap().unwrap());
    let parent = open();
    let guard = parent.try_acquire(Byte::Writer, Lock::Exclusive).unwrap().unwrap();
    let child = child_of(&parent);
    drop(Guard { lock: Arc::clone(&child), byte: Byte::Writer });
    drop(child);
    assert!(open().try_acquire(Byte::Writer, Lock::Exclusive).unwrap().is_none());
    drop(guard);
    assert!(open().try_acquire(Byte::Writer, Lock::Exclusive).unwrap().is_some());
}

#[test]
fn forked_child_may_not_lock_through_its_parents_descriptor() {
    let root = tempfile::tempdir().unwrap();
    let dir = Dir::open(&System::default(), root.path()).unwrap();
    let parent = Arc::new(LockFile::open(&dir).unwrap().unwrap());
    let child = child_of(&parent);
    for error in [
        child.try_acquire(Byte::Use, Lock::Shared).unwrap_err(),
        child.try_upgrade_use().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().contains("fork"), "{error}");
    }
}
