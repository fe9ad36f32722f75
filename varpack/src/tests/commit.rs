//! What a save leaves behind, made or failed.

use super::observed::Observed;
use super::{SYNCED, UNSYNCED, manifest, on_disk, on_system, save, stage_state, state, system};
use crate::os::dir::Dir;
use crate::store::commit::Commit;
use crate::store::output::FileOutput;
use crate::store::recover::{Recover, recover};
use crate::{Error, ErrorKind};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use tempfile::tempdir;

fn identity(folder: &Path, name: &str) -> crate::os::dir::Identity {
    Dir::open(&system(), folder).unwrap().identity(name).unwrap().unwrap()
}

#[test]
fn new_folder_appears_whole_with_the_folders_above_it() {
    let root = tempdir().unwrap();
    let folder = root.path().join("runs/a/7");
    let new = state(&[("x.npy", "one"), ("misc.pickle", "two")]);
    let identities = save(&folder, &new, &SYNCED).unwrap();
    assert_eq!(on_disk(&folder), new);
    assert_eq!(identities.keys().collect::<Vec<_>>(), ["misc.pickle", "x.npy"]);
    assert_eq!(identities["x.npy"], identity(&folder, "x.npy"));
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn resave_replaces_adds_and_removes_and_leaves_foreign_files_alone() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one"), ("y.npy", "two")]), &SYNCED).unwrap();
    fs::write(root.path().join("notes.txt"), "mine").unwrap();
    fs::create_dir(root.path().join("plots")).unwrap();
    let inode = fs::metadata(root.path()).unwrap().ino();

    let mut new = state(&[("x.npy", "changed"), ("z.pickle", "three")]);
    let identities = save(root.path(), &new, &SYNCED).unwrap();
    assert_eq!(identities["x.npy"], identity(root.path(), "x.npy"));
    new.insert("notes.txt".to_owned(), b"mine".to_vec());
    new.insert("plots/".to_owned(), Vec::new());
    assert_eq!(on_disk(root.path()), new);
    assert_eq!(fs::metadata(root.path()).unwrap().ino(), inode);
}

#[test]
fn save_that_changes_nothing_touches_nothing() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let same = state(&[("x.npy", "one")]);
    save(&folder, &same, &SYNCED).unwrap();
    let before = (fs::metadata(&folder).unwrap(), identity(&folder, "varpack.json"));
    assert!(save(&folder, &same, &SYNCED).unwrap().is_empty());
    let after = (fs::metadata(&folder).unwrap(), identity(&folder, "varpack.json"));
    assert_eq!((before.0.ctime(), before.0.ctime_nsec()), (after.0.ctime(), after.0.ctime_nsec()));
    assert_eq!(before.1, after.1);
}

#[test]
fn unchanged_files_keep_their_identity() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one"), ("y.npy", "two")]), &SYNCED).unwrap();
    let before = identity(root.path(), "x.npy");
    save(root.path(), &state(&[("x.npy", "one"), ("y.npy", "three")]), &SYNCED).unwrap();
    assert_eq!(identity(root.path(), "x.npy"), before);
}

#[test]
fn dropped_commit_leaves_the_old_state_and_no_trace() {
    let root = tempdir().unwrap();
    let old = state(&[("x.npy", "one")]);
    save(root.path(), &old, &SYNCED).unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &SYNCED).unwrap();
    stage_state(&commit, &state(&[("x.npy", "two"), ("y.npy", "three")])).unwrap();
    assert!(on_disk(root.path()).contains_key(".varpack-staging/x.npy"));
    drop(commit);
    assert_eq!(on_disk(root.path()), old);
}

#[test]
fn dropped_commit_of_a_new_folder_leaves_no_trace_of_it_nor_of_those_above() {
    let root = tempdir().unwrap();
    let folder = root.path().join("runs/7");
    let commit = Commit::begin(&system(), &folder, &[], &SYNCED).unwrap();
    assert!(commit.dir().is_none());
    stage_state(&commit, &state(&[("x.npy", "two")])).unwrap();
    assert!(root.path().join("runs/.7.varpack-new/x.npy").exists());
    drop(commit);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn failing_writer_fails_the_stage_with_the_files_name() {
    let root = tempdir().unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    let error =
        commit.stage("x.npy", 3, None, |_| Err(Error::msg(ErrorKind::Value, "no"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.path().unwrap(), root.path().join("x.npy"));
}

#[test]
fn save_of_which_a_file_failed_cannot_be_committed() {
    let root = tempdir().unwrap();
    let old = state(&[("x.npy", "one")]);
    save(root.path(), &old, &UNSYNCED).unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    commit.stage("y.npy", 3, None, |_| Ok(())).unwrap_err();
    let error = commit.finish(&manifest(["x.npy"].into_iter())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(on_disk(root.path()), old);
}

#[test]
fn more_or_fewer_bytes_than_announced_are_refused() {
    let root = tempdir().unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    let write = |bytes: &'static [u8]| move |out: &mut FileOutput<'_>| out.put(bytes);
    let error = commit.stage("x.npy", 3, None, write(b"abcd")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    let error = commit.stage("y.npy", 3, None, write(b"ab")).unwrap_err();
    assert_eq!((error.expected(), error.found()), (Some("3 bytes to be written"), Some("2")));
}

#[test]
fn file_replaced_since_it_was_loaded_is_stale_and_kept() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    let loaded = Dir::open(&system(), root.path()).unwrap().stat("x.npy").unwrap();
    fs::write(root.path().join("new"), "python's").unwrap();
    fs::rename(root.path().join("new"), root.path().join("x.npy")).unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    commit.stage("x.npy", 0, loaded, |_| Ok(())).unwrap();
    let error = commit.finish(&manifest(["x.npy"].into_iter())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    let mut expected = state(&[("x.npy", "one")]);
    expected.insert("x.npy".to_owned(), b"python's".to_vec());
    assert_eq!(on_disk(root.path()), expected);
}

#[test]
fn file_replaced_while_it_is_saved_is_stale_and_kept() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    let new = state(&[("x.npy", "two")]);
    stage_state(&commit, &new).unwrap();
    fs::write(root.path().join("x.npy"), "python's").unwrap();
    let error = commit.finish(&new["varpack.json"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!(error.path().unwrap(), root.path().join("x.npy"));
    let mut expected = state(&[("x.npy", "one")]);
    expected.insert("x.npy".to_owned(), b"python's".to_vec());
    assert_eq!(on_disk(root.path()), expected);
}

#[test]
fn manifest_replaced_while_it_is_saved_is_stale() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    fs::write(root.path().join("varpack.json"), "{}").unwrap();
    let error = commit.finish(&manifest(["x.npy", "y.npy"].into_iter())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
}

#[test]
fn foreign_file_under_a_new_name_is_an_exists_error() {
    let root = tempdir().unwrap();
    fs::write(root.path().join("x.npy"), "mine").unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    commit.stage("x.npy", 0, None, |_| Ok(())).unwrap();
    let error = commit.finish(&manifest(["x.npy"].into_iter())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(on_disk(root.path()), [("x.npy".to_owned(), b"mine".to_vec())].into());
}

#[test]
fn foreign_file_is_never_removed() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    for name in ["thesis.npy", "thesis.docx"] {
        fs::write(root.path().join(name), "mine").unwrap();
        let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
        commit
            .remove(name, &Dir::open(&system(), root.path()).unwrap().stat(name).unwrap().unwrap())
            .unwrap();
        let error = commit.finish(&manifest(["x.npy"].into_iter())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(fs::read(root.path().join(name)).unwrap(), b"mine");
    }
}

#[test]
fn replaced_file_passes_on_its_permissions() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    save(&folder, &state(&[("x.npy", "one"), ("y.npy", "one")]), &UNSYNCED).unwrap();
    for (name, mode) in [("x.npy", 0o640), ("y.npy", 0o666), ("varpack.json", 0o600)] {
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    save(&folder, &state(&[("x.npy", "two"), ("y.npy", "two")]), &UNSYNCED).unwrap();
    for (name, mode) in [("x.npy", 0o640), ("y.npy", 0o666)] {
        let found = fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
}

#[test]
fn reserved_names_cannot_be_staged() {
    let root = tempdir().unwrap();
    let commit = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    for name in ["varpack.json", "commit.json", ".varpack.lock", "../x.npy", "a/b", "", "."] {
        let error = commit.stage(name, 0, None, |_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Name, "{name}");
    }
}

#[test]
fn folder_reached_through_a_link_stays_a_link() {
    let root = tempdir().unwrap();
    let folder = root.path().join("real");
    fs::create_dir(&folder).unwrap();
    symlink(&folder, root.path().join("link")).unwrap();
    let new = state(&[("x.npy", "one")]);
    save(&root.path().join("link"), &new, &UNSYNCED).unwrap();
    assert_eq!(on_disk(&folder), new);
    assert!(root.path().join("link").is_symlink());
}

#[test]
fn link_to_nothing_is_refused() {
    let root = tempdir().unwrap();
    symlink(root.path().join("nothing"), root.path().join("link")).unwrap();
    let error = Commit::begin(&system(), &root.path().join("link"), &[], &UNSYNCED).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileType);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn file_in_place_of_the_folder_is_refused() {
    let root = tempdir().unwrap();
    fs::write(root.path().join("file"), "mine").unwrap();
    for path in ["file", "file/below"] {
        let error = Commit::begin(&system(), &root.path().join(path), &[], &UNSYNCED).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileType, "{path}");
    }
}

#[test]
fn leftovers_of_a_killed_save_are_removed() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    fs::create_dir(root.path().join(".7.varpack-new")).unwrap();
    fs::write(root.path().join(".7.varpack-new/x.npy"), "half").unwrap();
    let new = state(&[("y.npy", "one")]);
    save(&folder, &new, &UNSYNCED).unwrap();
    fs::create_dir(folder.join(".varpack-staging")).unwrap();
    fs::write(folder.join(".varpack-staging/y.npy"), "half").unwrap();
    save(&folder, &state(&[("y.npy", "two")]), &UNSYNCED).unwrap();
    assert_eq!(on_disk(&folder), state(&[("y.npy", "two")]));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn leftovers_of_killed_saves_of_other_new_folders_beside_are_removed() {
    let root = tempdir().unwrap();
    let left = |name: &str, files: &[&str]| {
        let folder = root.path().join(name);
        fs::create_dir(&folder).unwrap();
        files.iter().for_each(|file| fs::write(folder.join(file), "half").unwrap());
    };
    left(".6.varpack-new", &["x.npy", ".varpack.lock"]);
    left(".5.varpack-new-0123456789abcdef", &[".varpack.lock", "m.pickle", "varpack.json"]);
    // Whoever makes it may be about to lock it.
    left(".4.varpack-new", &[".varpack.lock"]);
    // None that a save makes, or of none.
    left(".3.varpack-new", &["x.npy", "photo.jpg"]);
    left(".2.varpack-new-short", &["x.npy"]);
    left("1.varpack-new", &["x.npy"]);
    save(&root.path().join("7"), &state(&[("y.npy", "one")]), &UNSYNCED).unwrap();
    let names = fs::read_dir(root.path()).unwrap();
    let mut names: Vec<_> =
        names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let rest = [".2.varpack-new-short", ".3.varpack-new", ".4.varpack-new", "1.varpack-new", "7"];
    assert_eq!(names, rest);
}

#[test]
fn folder_is_saved_while_what_a_killed_save_of_it_has_left_is_removed_by_another() {
    let root = tempdir().unwrap();
    let left = root.path().join(".6.varpack-new");
    fs::create_dir(&left).unwrap();
    ["x.npy", ".varpack.lock"].iter().for_each(|file| fs::write(left.join(file), "").unwrap());
    let six = root.path().join("6");
    let path = six.clone();
    // In the midst of the removal.
    let sweeping = Observed::new(move |step| {
        if step.operation == "remove_file" && step.name == "x.npy" {
            save(&path, &state(&[("x.npy", "six")]), &UNSYNCED).unwrap();
        }
        Ok(())
    });
    let seven = root.path().join("7");
    on_system(sweeping, || save(&seven, &state(&[("y.npy", "seven")]), &UNSYNCED)).unwrap();
    assert_eq!(on_disk(&six), state(&[("x.npy", "six")]));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
}

#[test]
fn new_folder_that_is_being_saved_is_no_leftover_to_another_save_beside() {
    let root = tempdir().unwrap();
    let folder = root.path().join("6");
    let commit = Commit::begin(&system(), &folder, &[], &UNSYNCED).unwrap();
    let new = state(&[("x.npy", "six")]);
    stage_state(&commit, &new).unwrap();
    let other = state(&[("y.npy", "seven")]);
    save(&root.path().join("7"), &other, &UNSYNCED).unwrap();
    drop(commit.finish(&new["varpack.json"]).unwrap());
    assert_eq!(on_disk(&folder), new);
    assert_eq!(on_disk(&root.path().join("7")), other);
}

#[test]
fn folder_is_not_saved_under_the_name_of_one_that_is_on_its_way() {
    let root = tempdir().unwrap();
    for name in [".7.varpack-new", ".7.varpack-new-0123456789abcdef"] {
        let folder = root.path().join(name);
        let error = save(&folder, &state(&[("y.npy", "one")]), &UNSYNCED).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Name, Some(folder.as_path())));
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn folder_made_by_someone_else_meanwhile_is_not_replaced() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let commit = Commit::begin(&system(), &folder, &[], &UNSYNCED).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("x"), "mine").unwrap();
    let error = commit.finish(b"{}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(on_disk(&folder).keys().collect::<Vec<_>>(), ["x"]);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

/// Moves a folder aside and puts another in its place.
fn swap(place: &Path) {
    fs::rename(place, place.with_file_name("aside")).unwrap();
    fs::create_dir(place).unwrap();
    fs::write(place.join("y.npy"), "theirs").unwrap();
}

/// A file system on which a folder is swapped for another just before it is moved.
fn swapping(place: &Path) -> Arc<Observed> {
    let place = place.to_owned();
    Observed::new(move |step| {
        if step.operation == "rename_folder" && !place.with_file_name("aside").exists() {
            swap(&place);
        }
        Ok(())
    })
}

#[test]
fn staging_folder_that_is_swapped_for_another_is_not_committed() {
    for at_the_move in [false, true] {
        let root = tempdir().unwrap();
        let old = state(&[("x.npy", "one")]);
        save(root.path(), &old, &SYNCED).unwrap();
        let staging = root.path().join(".varpack-staging");
        let new = state(&[("x.npy", "two"), ("y.npy", "two")]);
        let error = if at_the_move {
            on_system(swapping(&staging), || save(root.path(), &new, &SYNCED)).unwrap_err()
        } else {
            let commit = Commit::begin(&system(), root.path(), &[], &SYNCED).unwrap();
            stage_state(&commit, &new).unwrap();
            swap(&staging);
            commit.finish(&new["varpack.json"]).unwrap_err()
        };
        assert_eq!((error.kind(), error.path()), (ErrorKind::Stale, Some(staging.as_path())));
        // Ours is gone, wherever it was moved; theirs is where it was.
        let mut left = old;
        left.insert("aside/".to_owned(), Vec::new());
        left.insert(".varpack-staging/".to_owned(), Vec::new());
        left.insert(".varpack-staging/y.npy".to_owned(), b"theirs".to_vec());
        assert_eq!(on_disk(root.path()), left);
    }
}

#[test]
fn staging_folder_that_another_save_discards_at_the_commit_point_is_not_committed() {
    let root = tempdir().unwrap();
    let folder = root.path().to_owned();
    save(&folder, &state(&[("x.npy", "one"), ("y.npy", "one")]), &UNSYNCED).unwrap();
    let theirs = state(&[("x.npy", "theirs"), ("z.npy", "theirs")]);
    let (other, place) = (theirs.clone(), folder.clone());
    // Without the lock file the other does not see this save.
    let racing = Observed::new(move |step| {
        if step.operation == "rename_folder" && fs::remove_file(place.join(".varpack.lock")).is_ok()
        {
            let (place, other) = (place.clone(), other.clone());
            std::thread::spawn(move || save(&place, &other, &UNSYNCED).unwrap()).join().unwrap();
        }
        Ok(())
    });
    let mine = state(&[("x.npy", "mine"), ("y.npy", "mine")]);
    let error = on_system(racing, || save(&folder, &mine, &UNSYNCED)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(on_disk(&folder), theirs);
}

#[test]
fn foreign_file_made_between_the_commit_point_and_its_move_is_not_overwritten() {
    for name in ["y.npy", "varpack.json"] {
        let root = tempdir().unwrap();
        let folder = root.path().to_owned();
        if name == "y.npy" {
            save(&folder, &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
        }
        let place = folder.join(name);
        let beside = place.clone();
        let racing = Observed::new(move |step| {
            if step.operation == "rename" && step.name == name {
                fs::write(&beside, "{}").unwrap();
            }
            Ok(())
        });
        let new = state(&[("x.npy", "two"), ("y.npy", "two")]);
        let error = on_system(racing, || save(&folder, &new, &UNSYNCED)).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::CommitPending, Some(&*place)));
        assert_eq!(fs::read(&place).unwrap(), b"{}");
        let error = save(&folder, &new, &UNSYNCED).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict, "{error}");
        assert_eq!(fs::read(&place).unwrap(), b"{}");
        recover(&folder, Recover::KeepCommit).unwrap();
        assert_eq!(on_disk(&folder), new);
    }
}

#[test]
fn new_folder_that_is_swapped_for_another_is_no_save() {
    for at_the_move in [false, true] {
        let root = tempdir().unwrap();
        let folder = root.path().join("7");
        let temporary = root.path().join(".7.varpack-new");
        let new = state(&[("x.npy", "two"), ("y.npy", "two")]);
        let error = if at_the_move {
            on_system(swapping(&temporary), || save(&folder, &new, &SYNCED)).unwrap_err()
        } else {
            let commit = Commit::begin(&system(), &folder, &[], &SYNCED).unwrap();
            stage_state(&commit, &new).unwrap();
            swap(&temporary);
            commit.finish(&new["varpack.json"]).unwrap_err()
        };
        assert_eq!((error.kind(), error.path()), (ErrorKind::Stale, Some(folder.as_path())));
        let left = on_disk(root.path());
        let names: Vec<&str> = left.keys().map(String::as_str).collect();
        let theirs = if at_the_move {
            ["7/", "7/y.npy"]
        } else {
            [".7.varpack-new/", ".7.varpack-new/y.npy"]
        };
        assert_eq!(names, [theirs[0], theirs[1], "aside/"]);
    }
}

#[test]
fn thousand_files_staged_from_several_threads_all_arrive() {
    let root = tempdir().unwrap();
    let names: Vec<String> = (0..1000).map(|number| format!("x{number}.npy")).collect();
    let commit = Commit::begin(&system(), root.path(), &[], &SYNCED).unwrap();
    std::thread::scope(|scope| {
        for part in names.chunks(250) {
            let commit = &commit;
            scope.spawn(move || {
                for name in part {
                    let write = |writer: &mut FileOutput<'_>| {
                        writer.write_all(name.as_bytes()).unwrap();
                        Ok(())
                    };
                    commit.stage(name, u64::try_from(name.len()).unwrap(), None, write).unwrap();
                }
            });
        }
    });
    let identities = super::end(commit, &manifest(names.iter().map(String::as_str))).unwrap();
    assert_eq!(identities.len(), 1000);
    for name in &names {
        assert_eq!(fs::read(root.path().join(name)).unwrap(), name.as_bytes());
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1002);
}
