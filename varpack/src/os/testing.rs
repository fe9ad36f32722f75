//! Another file system beneath the tests of one thread.

use super::FileSystem;
use super::file::Handle;
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    static SYSTEM: RefCell<Option<Arc<dyn FileSystem>>> = const { RefCell::new(None) };
}

/// The file system that this thread's test has put beneath the folder code.
pub(crate) fn replaced() -> Option<Arc<dyn FileSystem>> {
    SYSTEM.with(|system| system.borrow().clone())
}

/// Runs a closure on top of another file system.
pub(crate) fn on_system<T>(system: Arc<dyn FileSystem>, run: impl FnOnce() -> T) -> T {
    let before = SYSTEM.with(|slot| slot.borrow_mut().replace(system));
    let result = run();
    SYSTEM.with(|slot| *slot.borrow_mut() = before);
    result
}

/// What the system has opened.
pub(crate) fn std_file(opened: &Handle) -> &std::fs::File {
    opened.std()
}
