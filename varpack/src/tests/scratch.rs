//! Arrays in files without a name, on systems that know none and on ones that fail.

use super::observed::{Observed, Observer};
use super::{loading, on_system, saving, system};
use crate::array::MmapArray1;
use crate::os::testing::MACHINE;
use crate::os::{FileSystem, Medium};
use crate::{AnyArray, ErrorKind, LoadAction, Mode, Pack, PackValue, ReadReason};
use nix::libc::{EIO, ENOSPC};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::tempdir;

/// With an array of ones, in a file without a name.
fn pack(folder: &Path) -> Pack {
    let mut x = MmapArray1::<u16>::zeros_on(&system(), folder, 50_000).unwrap();
    x.view_mut().unwrap().fill(1);
    let mut pack = Pack::new();
    pack.insert("x", PackValue::from(AnyArray::try_from(x).unwrap())).unwrap();
    pack
}

fn x(pack: &mut Pack) -> &mut AnyArray {
    pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap()
}

fn set(pack: &mut Pack, value: u16) -> crate::Result<()> {
    x(pack).view_mut::<u16, ndarray::Ix1>().map(|mut view| view.fill(value))
}

/// What the folder holds, if all elements are the same.
fn loaded(folder: &Path) -> Option<u16> {
    let mut pack = Pack::open_with(folder, &loading()).unwrap();
    let view = x(&mut pack).view::<u16, ndarray::Ix1>().unwrap();
    view.iter().all(|element| *element == view[0]).then_some(view[0])
}

#[test]
fn file_system_without_unnamed_files_gets_one_that_is_removed_at_once_and_copied() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let parent = root.path().to_owned();
    let without = Observed::new(move |step| match step.operation {
        "make_unnamed" => Err(std::io::ErrorKind::Unsupported.into()),
        "remove_file" => {
            // While it has a name nobody else can open it.
            let found = fs::metadata(parent.join(step.name))?;
            assert_eq!(found.mode() & 0o777, 0o600);
            Ok(())
        }
        _ => Ok(()),
    });
    let mut pack = on_system(without, || pack(&folder));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    pack.save_to_with(&folder, &saving()).unwrap();
    assert_eq!((loaded(&folder), x(&mut pack).path()), (Some(1), None));
    set(&mut pack, 2).unwrap();
    assert_eq!(loaded(&folder), Some(1));
    pack.save_to_with(&folder, &saving()).unwrap();
    assert_eq!(loaded(&folder), Some(2));
}

#[test]
fn file_that_has_a_name_for_a_moment_is_nobody_elses_to_open() {
    let root = tempdir().unwrap();
    let modes = Arc::new(Mutex::new(Vec::new()));
    let (seen, parent) = (Arc::clone(&modes), root.path().to_owned());
    let without = Observed::new(move |step| match step.operation {
        "make_unnamed" => Err(std::io::ErrorKind::Unsupported.into()),
        "remove_file" => {
            let named = fs::read_dir(&parent).unwrap().map(|entry| entry.unwrap().metadata());
            seen.lock().unwrap().extend(named.map(|found| found.unwrap().mode() & 0o777));
            Ok(())
        }
        _ => Ok(()),
    });
    on_system(without, || pack(&root.path().join("7")));
    assert_eq!(*modes.lock().unwrap(), [0o600]);
}

#[test]
fn link_that_fails_is_made_up_for_by_a_copy_with_the_right_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempdir().unwrap();
    let [folder, other] = ["7", "8"].map(|name| root.path().join(name));
    pack(&folder).save_to_with(&folder, &saving()).unwrap();
    fs::set_permissions(folder.join("x.npy"), fs::Permissions::from_mode(0o600)).unwrap();
    let mut pack = pack(&folder);
    set(&mut pack, 2).unwrap();
    let elsewhere = Observed::new(|step| match step.operation {
        "link_unnamed" => Err(std::io::ErrorKind::CrossesDevices.into()),
        _ => Ok(()),
    });
    on_system(elsewhere, || pack.save_to_with(&folder, &saving())).unwrap();
    let mode = |folder: &Path| fs::metadata(folder.join("x.npy")).unwrap().mode() & 0o777;
    assert_eq!((loaded(&folder), mode(&folder)), (Some(2), 0o600));
    // It was never linked, so it can be; and it has kept no trace of what it did not replace.
    assert_eq!(x(&mut pack).path(), None);
    pack.save_to_with(&other, &saving()).unwrap();
    assert_eq!(x(&mut pack).path(), Some(other.join("x.npy").as_path()));
    fs::write(root.path().join("plain"), "").unwrap();
    let plain = fs::metadata(root.path().join("plain")).unwrap().mode() & 0o777;
    assert_eq!((loaded(&other), mode(&other)), (Some(2), plain));
}

#[test]
fn operation_that_fails_leaves_the_array_to_itself_or_to_the_folder() {
    let (mut failed, mut made) = (0, 0);
    for (errno, is_new) in [(EIO, true), (EIO, false), (ENOSPC, false)] {
        for number in 0.. {
            let root = tempdir().unwrap();
            let folder = root.path().join("7");
            if !is_new {
                pack(&folder).save_to_with(&folder, &saving()).unwrap();
            }
            let mut pack = pack(&folder);
            set(&mut pack, 2).unwrap();
            // A lock that cannot be given back is none of the array's business.
            let failing = Observed::new(move |step| match step.operation {
                operation if step.number == number && operation != "lock" => {
                    Err(std::io::Error::from_raw_os_error(errno))
                }
                _ => Ok(()),
            });
            let system: Arc<Observed> = Arc::clone(&failing);
            let result = on_system(system, || pack.save_to_with(&folder, &saving()));
            if failing.count() <= number {
                break;
            }
            let at = format!("errno {errno} at {number}: {result:?}");
            match result.as_ref().map_err(crate::Error::kind) {
                Ok(_) => {
                    assert_eq!(loaded(&folder), Some(2), "{at}");
                    match x(&mut pack).path() {
                        // The link has failed, and the bytes were written; or nobody could tell which
                        // file stands there at the end.
                        // The link has failed, and the bytes were written.
                        None => {
                            set(&mut pack, 3).unwrap();
                            assert_eq!(loaded(&folder), Some(2), "{at}");
                        }
                        Some(path) => {
                            assert_eq!(path, folder.join("x.npy"), "{at}");
                            set(&mut pack, 3).unwrap();
                            x(&mut pack).flush().unwrap();
                            assert_eq!(loaded(&folder), Some(3), "{at}");
                        }
                    }
                }
                Err(ErrorKind::CommitPending | ErrorKind::DurabilityUnknown) => {
                    made += 1;
                    // A save made is a save: the file is the folder's, locked, and written in place.
                    assert_eq!(loaded(&folder), Some(2), "{at}");
                    let editing = loading().mode(Mode::ReadWrite);
                    let refused =
                        set(&mut Pack::open_with(&folder, &editing).unwrap(), 9).unwrap_err();
                    assert_eq!(refused.kind(), ErrorKind::Busy, "{at}: {refused}");
                    set(&mut pack, 3).unwrap_or_else(|error| panic!("{at}: then {error}"));
                    pack.flush().unwrap();
                    assert_eq!(loaded(&folder), Some(3), "{at}");
                }
                Err(_) => {
                    failed += 1;
                    assert_eq!(x(&mut pack).path(), None, "{at}");
                    set(&mut pack, 3).unwrap();
                    if !is_new {
                        assert_eq!(loaded(&folder), Some(1), "{at}");
                    }
                }
            }
            pack.save_to_with(&folder, &saving())
                .unwrap_or_else(|error| panic!("{at}: then {error}"));
            let found = loaded(&folder);
            assert_eq!(found, Some(3), "{at}");
            assert_eq!(fs::metadata(folder.join("x.npy")).unwrap().nlink(), 1, "{at}");
        }
    }
    println!("{failed} saves failed, {made} were made but for their end");
    assert!(failed > 40 && made > 5, "{failed}, {made}");
}

/// A file system that locks the folder's own file, which is empty, but no file with data.
fn without_locks_on_data() -> Arc<Observed> {
    Observed::new(|step| match (step.operation, step.file) {
        ("lock", Some(file)) if MACHINE.stat_open(file)?.identity.size > 0 => {
            Err(std::io::ErrorKind::Unsupported.into())
        }
        _ => Ok(()),
    })
}

#[test]
fn array_of_zeros_on_a_file_system_without_locks_is_copied_into_the_folder() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    on_system(without_locks_on_data(), || {
        let mut pack = pack(&folder);
        for value in [2, 3] {
            set(&mut pack, value).unwrap();
            pack.save_to_with(&folder, &saving()).unwrap();
            // Its file has no name: nobody else can ever map it.
            assert_eq!(x(&mut pack).path(), None);
        }
    });
    assert_eq!(loaded(&folder), Some(3));
}

/// What the system takes for a network or a user's program.
struct Unknown;

impl Observer for Unknown {
    fn medium(&self, _: Medium) -> Medium {
        Medium::Other
    }
}

#[test]
fn file_with_several_names_is_read_where_each_may_have_locks_of_its_own() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    pack(&folder).save_to_with(&folder, &saving()).unwrap();
    let is_mapped = || {
        on_system(Observed::by(Unknown), || {
            let mut pack = Pack::open_with(&folder, &loading()).unwrap();
            let [entry] = pack.report().entries() else { panic!("one array") };
            let is_read = entry.action == LoadAction::Read(Some(ReadReason::HardLinks));
            assert_eq!(is_read, !x(&mut pack).is_mapped());
            !is_read
        })
    };
    assert!(is_mapped());
    fs::hard_link(folder.join("x.npy"), root.path().join("another")).unwrap();
    assert!(!is_mapped());
}

#[test]
fn array_on_a_file_system_without_locks_is_read_and_not_mapped() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    pack(&folder).save_to_with(&folder, &saving()).unwrap();
    on_system(without_locks_on_data(), || {
        for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
            let mut pack = Pack::open_with(&folder, &loading().mode(mode)).unwrap();
            assert!(!x(&mut pack).is_mapped());
            let [entry] = pack.report().entries() else { panic!("one array") };
            assert_eq!(entry.action, LoadAction::Read(Some(ReadReason::NoLock)));
            let edited = set(&mut pack, 2).map_err(|error| error.kind());
            assert_eq!(edited.err(), (mode == Mode::ReadOnly).then_some(ErrorKind::ReadOnly));
            assert_eq!(loaded(&folder), Some(1), "{mode:?}: an edit in memory shows in the file");
        }
    });
}
