//! A file system that shows every operation to an observer: to count and record them, to fail one, to
//! be killed there, or to give files other identities.

use crate::layout::own::{ASIDE, aside};
use crate::os::acl::Acl;
use crate::os::dir::{DirId, unforeseeable};
use crate::os::file::Handle;
use crate::os::map::RawMap;
use crate::os::testing::machine;
use crate::os::{Access, FileSystem, Lock, Medium, NameAt, Sharing, Stat};
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An operation, with what it has of the following.
#[derive(Debug, Default)]
pub(super) struct Step<'a> {
    /// The number of operations before this one.
    pub(super) number: usize,
    pub(super) operation: &'static str,
    pub(super) dir: Option<&'a Handle>,
    pub(super) name: &'a str,
    /// Where something is moved to.
    pub(super) to: Option<NameAt<'a>>,
    pub(super) file: Option<&'a Handle>,
    pub(super) bytes: &'a [u8],
    /// Where bytes are copied to, and how many at most.
    pub(super) range: (u64, u64),
}

pub(super) trait Observer: Send + Sync {
    /// An error stands for the operation's own.
    fn before(&self, _step: &Step<'_>) -> io::Result<()> {
        Ok(())
    }
    /// The operation has succeeded.
    fn after(&self, _step: &Step<'_>) {}
    /// What the folder code is told that a folder lies on.
    fn medium(&self, medium: Medium) -> Medium {
        medium
    }
    /// What the folder code is told of a file.
    fn translate(&self, stat: Stat) -> Stat {
        stat
    }
    /// What the folder code is told of a folder.
    fn translate_id(&self, id: DirId) -> DirId {
        id
    }
}

impl<F: Fn(&Step<'_>) -> io::Result<()> + Send + Sync> Observer for F {
    fn before(&self, step: &Step<'_>) -> io::Result<()> {
        self(step)
    }
}

pub(super) struct Observed {
    count: AtomicUsize,
    observer: Box<dyn Observer>,
    beneath: Arc<dyn FileSystem>,
    /// Whether it replaces and removes files as Windows does those that are mapped.
    sets_aside: bool,
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Observed {
    pub(super) fn by(observer: impl Observer + 'static) -> Arc<Self> {
        Self::over(machine(), observer)
    }

    /// Over another file system than the machine's.
    pub(super) fn over(
        beneath: Arc<dyn FileSystem>,
        observer: impl Observer + 'static,
    ) -> Arc<Self> {
        let observer = Box::new(observer);
        Arc::new(Self { count: AtomicUsize::new(0), observer, beneath, sets_aside: false })
    }

    /// Observed by a closure that is asked before each operation.
    pub(super) fn new(
        ask: impl Fn(&Step<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::by(ask)
    }

    /// Dead from the operation of this number on: nothing has an effect any more, clean-up included.
    pub(super) fn killed_at(beneath: &Arc<dyn FileSystem>, number: usize) -> Arc<Self> {
        Self::over(Arc::clone(beneath), move |step: &Step<'_>| match step.number >= number {
            true => Err(io::Error::other("killed")),
            false => Ok(()),
        })
    }

    /// Fails the one operation of this number.
    pub(super) fn failing_at(number: usize, errno: i32) -> Arc<Self> {
        Self::new(move |step| match step.number == number {
            true => Err(io::Error::from_raw_os_error(errno)),
            false => Ok(()),
        })
    }

    /// The same in the order in which Windows replaces and removes files that are mapped: each is first given another
    /// name.
    pub(super) fn setting_aside(self: Arc<Self>) -> Arc<Self> {
        let observed = Arc::into_inner(self).expect("it is nobody else's yet");
        Arc::new(Self { sets_aside: true, ..observed })
    }

    fn move_file(&self, from: NameAt<'_>, to: NameAt<'_>, replaces: bool) -> io::Result<()> {
        let step = Step { to: Some(to), ..in_dir("rename", from.0, from.1) };
        self.run(step, || self.beneath.rename(from, to, replaces))
    }

    /// Gives a file a name that is nobody's; gives that.
    fn set_aside(&self, (dir, name): NameAt<'_>, is_replaced: bool) -> io::Result<String> {
        let aside = aside(unforeseeable(), is_replaced.then_some(name));
        self.move_file((dir, name), (dir, &aside), false)?;
        Ok(aside)
    }

    fn remove(&self, dir: &Handle, name: &str) -> io::Result<()> {
        self.run(in_dir("remove_file", dir, name), || self.beneath.remove_file(dir, name))
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    fn run<T>(&self, step: Step<'_>, run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let step = Step { number: self.count.fetch_add(1, Ordering::SeqCst), ..step };
        self.observer.before(&step)?;
        let result = run()?;
        self.observer.after(&step);
        Ok(result)
    }
}

fn plain(operation: &'static str) -> Step<'static> {
    Step { operation, ..Step::default() }
}

fn in_dir<'a>(operation: &'static str, dir: &'a Handle, name: &'a str) -> Step<'a> {
    Step { operation, dir: Some(dir), name, ..Step::default() }
}

fn on_file<'a>(operation: &'static str, file: &'a Handle) -> Step<'a> {
    Step { operation, file: Some(file), ..Step::default() }
}

// What is observed is thrown away with the test that panics.
impl UnwindSafe for Observed {}
impl RefUnwindSafe for Observed {}

impl FileSystem for Observed {
    fn open_folder(&self, path: &Path) -> io::Result<Handle> {
        self.run(plain("open_folder"), || self.beneath.open_folder(path))
    }
    fn open_folder_at(&self, dir: &Handle, name: &str) -> io::Result<Handle> {
        self.run(in_dir("open_folder_at", dir, name), || self.beneath.open_folder_at(dir, name))
    }
    fn open_file(&self, dir: &Handle, name: &str, access: Access) -> io::Result<Handle> {
        let operation = match access {
            Access::CreateNew(_) => "create",
            Access::Read | Access::Follow => "open_to_read",
            Access::ReadWrite => "open_to_write",
        };
        self.run(in_dir(operation, dir, name), || self.beneath.open_file(dir, name, access))
    }
    fn stat(&self, dir: &Handle, name: &str) -> io::Result<Stat> {
        let stat = self.run(in_dir("stat", dir, name), || self.beneath.stat(dir, name))?;
        Ok(self.observer.translate(stat))
    }
    fn stat_open(&self, file: &Handle) -> io::Result<Stat> {
        let step = Step { dir: Some(file), ..plain("stat_open") };
        Ok(self.observer.translate(self.run(step, || self.beneath.stat_open(file))?))
    }
    fn folder_id(&self, folder: &Handle) -> io::Result<DirId> {
        let id = self.run(on_file("folder_id", folder), || self.beneath.folder_id(folder))?;
        Ok(self.observer.translate_id(id))
    }
    fn medium(&self, dir: &Handle) -> Medium {
        self.observer.medium(self.beneath.medium(dir))
    }
    fn list(&self, dir: &Handle, cap: usize) -> io::Result<Vec<OsString>> {
        self.run(in_dir("list", dir, ""), || self.beneath.list(dir, cap))
    }
    fn make_folder(&self, dir: &Handle, name: &str, mode: u32) -> io::Result<()> {
        self.run(in_dir("make_folder", dir, name), || self.beneath.make_folder(dir, name, mode))
    }
    fn make_unnamed(&self, dir: &Handle, mode: u32) -> io::Result<Handle> {
        let file =
            self.run(in_dir("make_unnamed", dir, ""), || self.beneath.make_unnamed(dir, mode))?;
        // Only now is there a file to tell of.
        self.run(on_file("made_unnamed", &file), || Ok(()))?;
        Ok(file)
    }
    fn link_unnamed(&self, file: &Handle, dir: &Handle, name: &str) -> io::Result<()> {
        let step = Step { to: Some((dir, name)), ..on_file("link_unnamed", file) };
        self.run(step, || self.beneath.link_unnamed(file, dir, name))
    }
    fn duplicate(&self, file: &Handle) -> io::Result<Handle> {
        self.run(on_file("duplicate", file), || self.beneath.duplicate(file))
    }
    fn read_at(&self, file: &Handle, room: &mut [u8], offset: u64) -> io::Result<usize> {
        self.run(on_file("read_at", file), || self.beneath.read_at(file, room, offset))
    }
    fn set_len(&self, file: &Handle, len: u64) -> io::Result<()> {
        self.run(on_file("set_len", file), || self.beneath.set_len(file, len))
    }
    fn map(&self, file: &Handle, len: usize, sharing: Sharing) -> io::Result<RawMap> {
        self.run(on_file("map", file), || self.beneath.map(file, len, sharing))
    }
    fn flush(&self, map: &RawMap) -> io::Result<()> {
        self.run(plain("flush"), || self.beneath.flush(map))
    }
    fn write(&self, file: &Handle, bytes: &[u8]) -> io::Result<usize> {
        // Short, as the system may do: a kill then falls in the middle of a file.
        let bytes = bytes.split_at(bytes.len().div_ceil(2)).0;
        self.run(Step { bytes, ..on_file("write", file) }, || self.beneath.write(file, bytes))
    }
    fn copy(&self, from: &Handle, to: &Handle, at: u64, len: u64) -> io::Result<u64> {
        // Short, as a write.
        let range = (at, len.div_ceil(2));
        let step = Step { range, ..on_file("copy", to) };
        self.run(step, || self.beneath.copy(from, to, range.0, range.1))
    }
    fn reserve(&self, file: &Handle, len: u64) -> io::Result<bool> {
        self.run(on_file("reserve", file), || self.beneath.reserve(file, len))
    }
    fn has_holes(&self, file: &Handle, size: u64) -> io::Result<bool> {
        self.run(on_file("has_holes", file), || self.beneath.has_holes(file, size))
    }
    fn set_owner(&self, file: &Handle, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        self.run(on_file("set_owner", file), || self.beneath.set_owner(file, uid, gid))
    }
    fn set_mode(&self, file: &Handle, mode: u32) -> io::Result<()> {
        self.run(on_file("set_mode", file), || self.beneath.set_mode(file, mode))
    }
    fn acl(&self, of: &Handle, name: Option<&str>) -> io::Result<Option<Acl>> {
        self.run(in_dir("acl", of, name.unwrap_or_default()), || self.beneath.acl(of, name))
    }
    fn set_acl(&self, file: &Handle, acl: Option<&Acl>) -> io::Result<()> {
        self.run(on_file("set_acl", file), || self.beneath.set_acl(file, acl))
    }
    fn sync(&self, file: &Handle) -> io::Result<()> {
        // Nobody cuts the power of these tests: what a sync would keep is for the observer to say.
        self.run(Step { dir: Some(file), ..plain("sync") }, || Ok(()))
    }
    fn sync_all(&self, file: &Handle) -> io::Result<()> {
        self.run(Step { dir: Some(file), ..plain("sync_all") }, || Ok(()))
    }
    fn rename(&self, from: NameAt<'_>, to: NameAt<'_>, replaces: bool) -> io::Result<()> {
        if !(self.sets_aside && replaces && self.beneath.stat(to.0, to.1).is_ok()) {
            return self.move_file(from, to, replaces);
        }
        let aside = self.set_aside(to, true)?;
        self.move_file(from, to, false)?;
        let _ = self.remove(to.0, &aside);
        Ok(())
    }
    fn sets_aside(&self) -> bool {
        self.sets_aside
    }
    fn rename_folder(&self, dir: &Handle, name: &str, new_name: &str) -> io::Result<()> {
        let step = Step { to: Some((dir, new_name)), ..in_dir("rename_folder", dir, name) };
        self.run(step, || self.beneath.rename_folder(dir, name, new_name))
    }
    fn remove_file(&self, dir: &Handle, name: &str) -> io::Result<()> {
        if !(self.sets_aside && name.ends_with(".npy") && !name.starts_with(ASIDE)) {
            return self.remove(dir, name);
        }
        let aside = self.set_aside((dir, name), false)?;
        let _ = self.remove(dir, &aside);
        Ok(())
    }
    fn remove_folder(&self, dir: &Handle, name: &str) -> io::Result<()> {
        self.run(in_dir("remove_folder", dir, name), || self.beneath.remove_folder(dir, name))
    }
    fn is_mounted(&self, at: &Handle, name: Option<&str>) -> bool {
        self.beneath.is_mounted(at, name)
    }
    fn may_remove(&self, dir: &Handle, name: &str) -> io::Result<bool> {
        self.run(in_dir("may_remove", dir, name), || self.beneath.may_remove(dir, name))
    }
    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool> {
        self.run(on_file("lock", file), || self.beneath.lock(file, byte, lock))
    }
}

/// What an operation is about, if that is open.
pub(super) fn subject<'a>(step: &Step<'a>) -> Option<&'a Handle> {
    step.file.or(step.dir)
}
