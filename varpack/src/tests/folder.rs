//! Opening files of a folder: what is refused, what is seen.

use super::observed::{Observed, Observer, Step};
use super::{UNSYNCED, loading, on_system, save, saving, state, system};
use crate::array::MmapArray1;
use crate::os::Access;
use crate::os::dir::{Dir, DirId};
use crate::store::folder::Folder;
use crate::store::trust::Trust;
use crate::{AnyArray, ErrorKind, LoadAction, Mode, Pack, PackValue, ReadReason};
use nix::sys::stat::Mode as Permissions;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::tempdir;

#[test]
fn only_regular_files_open_and_nothing_blocks() {
    let root = tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    fs::write(path("file"), "x").unwrap();
    symlink(path("file"), path("link")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    nix::unistd::mkfifo(&path("fifo"), Permissions::from_bits_truncate(0o600)).unwrap();
    let _socket = UnixListener::bind(path("socket")).unwrap();
    let dir = Dir::open(&system(), root.path()).unwrap();
    for (name, found) in [
        ("link", "a symbolic link"),
        ("folder", "a folder"),
        ("fifo", "a FIFO"),
        ("socket", "a socket"),
    ] {
        for error in [
            dir.open_file(name).unwrap_err(),
            dir.open_as(name, Access::ReadWrite).map(drop).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.found()), (ErrorKind::FileType, Some(found)));
            assert_eq!(error.path().unwrap(), path(name));
        }
    }
    let error =
        Dir::open(&system(), std::path::Path::new("/dev")).unwrap().open_file("null").unwrap_err();
    assert_eq!(error.found(), Some("a device"));
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let root = tempdir().unwrap();
    let dir = Dir::open(&system(), root.path()).unwrap();
    for name in ["", ".", "..", "a/b", "/etc/passwd", "a\0b", &"x".repeat(256)] {
        assert_eq!(dir.open_file(name).unwrap_err().kind(), ErrorKind::Name, "{name:?}");
    }
}

#[test]
fn file_over_the_cap_is_not_read() {
    let root = tempdir().unwrap();
    fs::write(root.path().join("x"), "12345").unwrap();
    let dir = Dir::open(&system(), root.path()).unwrap();
    assert_eq!(dir.read_file("x", 5).unwrap().0, b"12345");
    let error = dir.read_file("x", 4).unwrap_err();
    assert_eq!((error.kind(), error.found()), (ErrorKind::Limit, Some("5")));
}

#[test]
fn folder_that_is_missing_or_a_file_is_refused_by_name() {
    let root = tempdir().unwrap();
    fs::write(root.path().join("file"), "x").unwrap();
    for (name, kind) in [("missing", ErrorKind::NotFound), ("file", ErrorKind::FileType)] {
        let error = Folder::open(&system(), &root.path().join(name), None).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.path().unwrap(), root.path().join(name));
    }
}

#[test]
fn load_leaves_no_lock_file_in_a_folder_that_is_not_ours() {
    let root = tempdir().unwrap();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    assert!(folder.unlocked_because().is_some());
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

/// Puts a link under a name before the operations of one kind, and takes it away before those of another.
struct Flickering {
    link: PathBuf,
    on: &'static str,
    off: &'static str,
}

impl Observer for Flickering {
    fn before(&self, step: &Step<'_>) -> io::Result<()> {
        if self.link.ends_with(step.name) && step.operation == self.on {
            let _ = symlink("nowhere", &self.link);
        } else if self.link.ends_with(step.name)
            && step.operation == self.off
            && self.link.is_symlink()
        // a stranger may remove nothing else
        {
            let _ = fs::remove_file(&self.link);
        }
        Ok(())
    }
}

#[test]
fn link_that_comes_and_goes_in_place_of_the_commit_folder_or_the_lock_file_keeps_no_load_away() {
    for (name, on, off) in [
        (".varpack-commit", "open_folder_at", "stat"),
        (".varpack.lock", "open_to_write", "stat"),
        (".varpack.lock", "create", "open_to_write"),
    ] {
        let root = tempdir().unwrap();
        let state = state(&[("x.npy", "one")]);
        save(root.path(), &state, &UNSYNCED).unwrap();
        fs::remove_file(root.path().join(".varpack.lock")).unwrap();
        let flickering = Observed::by(Flickering { link: root.path().join(name), on, off });
        on_system(flickering, || {
            let folder = Folder::open(&system(), root.path(), None);
            let folder = folder.unwrap_or_else(|error| panic!("{name}, {on}: {error}"));
            let snapshot = folder.snapshot(Trust::default(), true).unwrap();
            assert_eq!(snapshot.read_pickle("x.npy").unwrap().0, b"one", "{name}");
        });
    }
}

#[test]
fn snapshot_reads_and_stays_stable() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    assert!(folder.unlocked_because().is_none());
    let snapshot = folder.snapshot(Trust::default(), true).unwrap();
    assert_eq!(snapshot.read_pickle("x.npy").unwrap().0, b"one");
    let identity = snapshot.open_file("x.npy").unwrap().seen.identity;
    assert_eq!(identity, super::identity_of(&root.path().join("x.npy")));
    assert!(snapshot.is_stable().unwrap());
}

#[test]
fn snapshot_notices_a_manifest_written_by_a_program_without_locks() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let snapshot = folder.snapshot(Trust::default(), true).unwrap();
    fs::write(root.path().join("varpack.json"), "{}").unwrap();
    assert!(!snapshot.is_stable().unwrap());
}

/// Every folder gets the inode number of one that was removed.
struct OneInode;

impl Observer for OneInode {
    fn translate_id(&self, id: DirId) -> DirId {
        DirId { ino: 7, ..id }
    }
}

#[test]
fn folder_made_anew_with_the_same_inode_is_another() {
    let root = tempdir().unwrap();
    let folder = root.path().join("run");
    on_system(Observed::by(OneInode), || {
        Pack::new().save_to_with(&folder, &saving()).unwrap();
        let mut pack = Pack::open_with(&folder, &loading()).unwrap();
        if Dir::open(&system(), &folder).unwrap().id().unwrap().born.is_none() {
            println!("skipped: this file system does not know when a folder was made");
            return;
        }
        fs::remove_dir_all(&folder).unwrap();
        // Times are no finer than the tick of the kernel's clock.
        std::thread::sleep(std::time::Duration::from_millis(20));
        Pack::new().save_to_with(&folder, &saving()).unwrap();
        assert_eq!(pack.save_with(&saving()).unwrap_err().kind(), ErrorKind::Stale);
        assert_eq!(
            pack.flush().map(|()| Pack::open_with(&folder, &loading()).unwrap().len()).unwrap(),
            0
        );
    });
}

#[test]
fn commit_folder_that_may_not_be_looked_at_is_a_strangers() {
    // As of a file system that a user has mounted: the kernel keeps all others out, root too.
    for errno in [nix::libc::EACCES, nix::libc::ENOTCONN] {
        let root = tempdir().unwrap();
        let folder = root.path().join("run");
        let mut pack = Pack::new();
        pack.insert_value("step", &1).unwrap();
        pack.save_to_with(&folder, &saving()).unwrap();
        let commit = folder.join(".varpack-commit");
        fs::create_dir(&commit).unwrap();
        let system = Observed::new(move |step| match step.name {
            ".varpack-commit" => Err(io::Error::from_raw_os_error(errno)),
            _ => Ok(()),
        });
        on_system(system, || {
            let mut pack = Pack::open_with(&folder, &loading()).unwrap();
            assert_eq!(pack.value::<u64>("step").unwrap(), 1);
            assert!(pack.report().notes()[0].contains(".varpack-commit"), "{}", pack.report());
            pack.insert_value("step", &2).unwrap();
            let error = pack.save_with(&saving()).unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::Exists, Some(commit.as_path())));
            assert_eq!(error.found(), Some("what may not be looked at"), "{error}");
        });
        fs::remove_dir(&commit).unwrap();
    }
}

fn with_an_array(folder: &Path) {
    let mut pack = Pack::new();
    let x = MmapArray1::from(vec![1.5; 50_000]);
    pack.insert("x", PackValue::from(AnyArray::try_from(x).unwrap())).unwrap();
    pack.save_to_with(folder, &saving()).unwrap();
}

fn failing(operation: &'static str) -> Arc<Observed> {
    Observed::new(move |step| match step.operation == operation {
        true => Err(io::Error::from_raw_os_error(nix::libc::EIO)),
        false => Ok(()),
    })
}

#[test]
fn array_that_the_system_does_not_map_is_read_and_the_report_says_so() {
    let root = tempdir().unwrap();
    with_an_array(root.path());
    for mode in [Mode::ReadOnly, Mode::ReadWrite, Mode::CopyOnWrite] {
        let pack = on_system(failing("map"), || {
            Pack::open_with(root.path(), &loading().mode(mode)).unwrap()
        });
        let array = pack.get("x").and_then(PackValue::as_array).unwrap();
        assert_eq!(array.view::<f64, ndarray::Ix1>().unwrap()[49_999], 1.5);
        let [entry] = pack.report().entries() else { panic!("one array") };
        assert_eq!(entry.action, LoadAction::Read(Some(ReadReason::Unmappable)), "{mode:?}");
    }
}

#[test]
fn file_that_the_disk_does_not_read_is_named_with_the_reason() {
    let root = tempdir().unwrap();
    with_an_array(root.path());
    let mode = Mode::InMemory;
    let error = on_system(failing("read_at"), || {
        Pack::open_with(root.path(), &loading().mode(mode)).unwrap_err()
    });
    assert_eq!(error.os_error().and_then(io::Error::raw_os_error), Some(nix::libc::EIO), "{error}");
    assert_eq!(error.path(), Some(root.path().join("varpack.json").as_path()), "{error}");
}
