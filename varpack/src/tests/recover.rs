//! Interrupted saves that cannot be finished, and commit folders from strangers.

use super::observed::Observed;
use super::{SYNCED, State, on_disk, on_system, save, seen, state, system};
use crate::os::System;
use crate::os::dir::Dir;
use crate::store::folder::Folder;
use crate::store::recover::{Recover, recover, recover_in};
use crate::store::trust::Trust;
use crate::{Error, ErrorKind};
use nix::libc::{EIO, EMFILE, ENOMEM};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::{TempDir, tempdir};

pub(super) fn old() -> State {
    state(&[("x.npy", "old x"), ("y.npy", "old y"), ("gone.npy", "old")])
}

pub(super) fn new() -> State {
    state(&[("x.npy", "new x!"), ("y.npy", "new y!")])
}

/// A folder whose save was killed after `moves` files were moved into place.
pub(super) fn interrupted(folder: &Path, moves: usize) {
    save(folder, &old(), &SYNCED).unwrap();
    interrupt(folder, moves, || save(folder, &new(), &SYNCED).map(drop));
}

/// Kills a save after it has moved so many files into place, or linked them to it.
pub(super) fn interrupt(folder: &Path, moves: usize, save: impl FnOnce() -> Result<(), Error>) {
    let moved = AtomicUsize::new(0);
    let dead = Observed::new(move |step| {
        let is_move = ["rename", "link_unnamed"].contains(&step.operation);
        let count = match is_move {
            true => moved.fetch_add(1, Ordering::SeqCst),
            false => moved.load(Ordering::SeqCst),
        };
        let killed = count > moves || (is_move && count == moves);
        if killed { Err(std::io::Error::other("killed")) } else { Ok(()) }
    });
    on_system(dead, save).unwrap_err();
    assert!(folder.join(".varpack-commit/commit.json").exists());
}

fn after_moves(moves: usize) -> TempDir {
    let root = tempdir().unwrap();
    interrupted(root.path(), moves);
    root
}

fn load(folder: &Path, repair: bool) -> Result<State, Error> {
    seen(folder, repair)
}

/// Every way in refuses it, and nothing at all changes.
fn assert_refused(folder: &Path, kind: ErrorKind) {
    let before = on_disk(folder);
    for error in [
        load(folder, true).unwrap_err(),
        load(folder, false).unwrap_err(),
        save(folder, &new(), &SYNCED).unwrap_err(),
    ] {
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.path().unwrap().starts_with(folder), "{error}");
    }
    assert_eq!(on_disk(folder), before);
}

fn record(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join(".varpack-commit/commit.json")).unwrap()).unwrap()
}

fn rewrite_record(folder: &Path, change: impl FnOnce(&mut Value)) {
    let mut record = record(folder);
    change(&mut record);
    fs::write(folder.join(".varpack-commit/commit.json"), record.to_string()).unwrap();
}

#[test]
fn python_save_in_between_is_never_undone() {
    for moves in 0..=2 {
        let root = after_moves(moves);
        fs::write(root.path().join("varpack.json"), &old()["varpack.json"]).unwrap();
        fs::write(root.path().join("x.npy"), "python's x").unwrap();
        assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
    }
}

#[test]
fn file_of_the_same_size_written_in_between_is_a_conflict() {
    let root = after_moves(0);
    fs::write(root.path().join("x.npy"), "OLD X").unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
}

#[test]
fn target_removed_in_between_is_a_conflict() {
    let root = after_moves(0);
    fs::remove_file(root.path().join("y.npy")).unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
}

#[test]
fn file_to_be_removed_that_was_written_in_between_is_a_conflict() {
    let root = after_moves(1);
    fs::write(root.path().join("gone.npy"), "written since").unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
}

#[test]
fn keeping_the_folder_discards_the_save() {
    let root = after_moves(0);
    fs::write(root.path().join("x.npy"), "python's").unwrap();
    recover(root.path(), Recover::KeepFolder).unwrap();
    let mut expected = old();
    expected.insert("x.npy".to_owned(), b"python's".to_vec());
    assert_eq!(on_disk(root.path()), expected);
}

#[test]
fn keeping_the_save_moves_it_over_what_was_written_since() {
    for moves in 0..2 {
        let root = after_moves(moves);
        fs::write(root.path().join("y.npy"), "python's").unwrap();
        fs::write(root.path().join("varpack.json"), &old()["varpack.json"]).unwrap();
        recover(root.path(), Recover::KeepCommit).unwrap();
        assert_eq!(on_disk(root.path()), new());
    }
}

#[test]
fn folder_in_the_place_of_a_file_keeps_the_save_from_being_moved() {
    let root = after_moves(0);
    fs::remove_file(root.path().join("x.npy")).unwrap();
    fs::create_dir(root.path().join("x.npy")).unwrap();
    let before = on_disk(root.path());
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
    let error = recover(root.path(), Recover::KeepCommit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert_eq!(on_disk(root.path()), before);
}

#[test]
fn conflict_names_the_file_with_what_was_expected_and_found() {
    let root = after_moves(0);
    fs::write(root.path().join("x.npy"), "python's").unwrap();
    let error = load(root.path(), true).unwrap_err();
    assert_eq!(error.path().unwrap(), root.path().join("x.npy"));
    assert!(error.expected().unwrap().starts_with("a regular file of 5 bytes"), "{error}");
    assert!(error.found().unwrap().starts_with("a regular file of 8 bytes"), "{error}");
    assert!(error.to_string().contains("varpack::recover"), "{error}");
}

#[test]
fn save_whose_moved_file_was_overwritten_can_only_be_discarded() {
    let root = after_moves(1);
    fs::write(root.path().join("x.npy"), "python's").unwrap();
    let before = on_disk(root.path());
    let error = recover(root.path(), Recover::KeepCommit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert_eq!(on_disk(root.path()), before);
    recover(root.path(), Recover::KeepFolder).unwrap();
    assert_eq!(fs::read(root.path().join("x.npy")).unwrap(), b"python's");
    assert!(!root.path().join(".varpack-commit").exists());
}

#[test]
fn half_moved_save_cannot_be_discarded() {
    let root = after_moves(1);
    let error = recover(root.path(), Recover::KeepFolder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert_eq!(load(root.path(), true).unwrap(), new());
}

#[test]
fn half_moved_save_is_not_discarded_because_the_system_fails_an_operation() {
    for errno in [EMFILE, ENOMEM, EIO] {
        for number in 0.. {
            let root = after_moves(1);
            let failing = Observed::failing_at(number, errno);
            let system = System::new(Arc::clone(&failing) as _);
            let error = recover_in(&system, root.path(), Recover::KeepFolder).unwrap_err();
            let at = format!("errno {errno} at {number}: {error}");
            assert_eq!(load(root.path(), true).unwrap(), new(), "{at}");
            if failing.count() <= number {
                assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict, "{at}");
                break;
            }
        }
    }
}

#[test]
fn half_moved_save_cannot_be_discarded_for_the_one_file_that_someone_has_written_since() {
    let root = after_moves(1);
    let manifest = fs::read(root.path().join("varpack.json")).unwrap();
    fs::write(root.path().join("varpack.json"), manifest).unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
    let before = on_disk(root.path());
    let error = recover(root.path(), Recover::KeepFolder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert!(error.to_string().contains("KeepCommit"), "{error}");
    assert_eq!(on_disk(root.path()), before);
    recover(root.path(), Recover::KeepCommit).unwrap();
    assert_eq!(load(root.path(), false).unwrap(), new());
}

#[test]
fn copied_folder_with_an_interrupted_save_is_settled_by_keeping_the_save() {
    for moves in 0..=3 {
        let root = after_moves(moves.min(2));
        let copy = tempdir().unwrap();
        let status = std::process::Command::new("cp")
            .arg("-a")
            .arg(root.path().join("."))
            .arg(copy.path())
            .status()
            .unwrap();
        assert!(status.success());
        assert_refused(copy.path(), ErrorKind::InterruptedSaveConflict);
        recover(copy.path(), Recover::KeepCommit).unwrap();
        let mut found = on_disk(copy.path());
        // It is another file than the one that the save meant to remove.
        assert_eq!(found.remove("gone.npy").unwrap(), b"old");
        assert_eq!(found, new());
    }
}

#[test]
fn recover_leaves_a_folder_without_an_interrupted_save_alone() {
    let root = tempdir().unwrap();
    save(root.path(), &old(), &SYNCED).unwrap();
    for keep in [Recover::KeepFolder, Recover::KeepCommit] {
        recover(root.path(), keep).unwrap();
        assert_eq!(on_disk(root.path()), old());
    }
}

#[test]
fn interrupted_save_that_can_be_finished_is_kept_by_keep_commit_and_dropped_by_keep_folder() {
    let root = after_moves(0);
    recover(root.path(), Recover::KeepCommit).unwrap();
    assert_eq!(on_disk(root.path()), new());
    let root = after_moves(0);
    recover(root.path(), Recover::KeepFolder).unwrap();
    assert_eq!(on_disk(root.path()), old());
}

#[test]
fn file_read_through_an_unfinished_commit_is_known_again_after_its_move() {
    let root = after_moves(0);
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let through =
        folder.snapshot(Trust::default(), true).unwrap().open_file("x.npy").unwrap().seen.identity;
    load(root.path(), true).unwrap();
    let now = Dir::open(&system(), root.path()).unwrap().identity("x.npy").unwrap().unwrap();
    assert!(through.is_still(&now));
    fs::write(root.path().join("x.npy"), "new x?").unwrap();
    let now = Dir::open(&system(), root.path()).unwrap().identity("x.npy").unwrap().unwrap();
    assert!(!through.is_still(&now));
}

#[test]
fn unlisted_file_in_the_commit_folder_is_refused() {
    let root = after_moves(0);
    fs::write(root.path().join(".varpack-commit/stranger"), "x").unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
}

#[test]
fn link_or_folder_in_place_of_a_staged_file_is_refused() {
    let root = after_moves(0);
    let staged = root.path().join(".varpack-commit/x.npy");
    fs::rename(&staged, root.path().join("aside")).unwrap();
    symlink(root.path().join("aside"), &staged).unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
    fs::remove_file(&staged).unwrap();
    fs::create_dir(&staged).unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
}

#[test]
fn link_or_file_in_place_of_the_commit_folder_is_refused() {
    let root = tempdir().unwrap();
    save(root.path(), &old(), &SYNCED).unwrap();
    let elsewhere = after_moves(0);
    let place = root.path().join(".varpack-commit");
    symlink(elsewhere.path().join(".varpack-commit"), &place).unwrap();
    for error in [load(root.path(), true), load(root.path(), false)] {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::FileType);
    }
    recover(root.path(), Recover::KeepFolder).unwrap();
    fs::write(&place, "x").unwrap();
    assert_refused(root.path(), ErrorKind::FileType);
    recover(root.path(), Recover::KeepFolder).unwrap();
    assert_eq!(on_disk(root.path()), old());
    assert!(elsewhere.path().join(".varpack-commit/x.npy").exists());
}

#[test]
fn bad_record_is_refused() {
    let root = after_moves(0);
    let path = root.path().join(".varpack-commit/commit.json");
    let good = record(root.path());
    let mut bad = vec![
        String::new(),
        "no json".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "[".repeat(100_000),
        json!({"version": 2, "moves": [], "removals": []}).to_string(),
        json!({"version": 1, "moves": [], "removals": []}).to_string(),
    ];
    let changes: [fn(&mut Value); 7] = [
        |record| record["moves"][0]["name"] = json!("../escape.npy"),
        |record| record["moves"][0]["name"] = json!("/etc/passwd"),
        |record| record["moves"][0]["name"] = json!(""),
        |record| record["moves"][0]["name"] = json!("commit.json"),
        |record| record["moves"][0]["staged"]["size"] = json!(-1),
        |record| record["more"] = json!(1),
        |record| {
            let first = record["moves"][0].clone();
            record["moves"].as_array_mut().unwrap().push(first);
        },
    ];
    for change in changes {
        let mut record = good.clone();
        change(&mut record);
        bad.push(record.to_string());
    }
    for bytes in bad {
        fs::write(&path, bytes).unwrap();
        assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
    }
    fs::remove_file(&path).unwrap();
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
}

#[test]
fn record_over_the_size_cap_is_refused() {
    let root = after_moves(0);
    let file = fs::File::create(root.path().join(".varpack-commit/commit.json")).unwrap();
    file.set_len(1 << 40).unwrap();
    for repair in [true, false] {
        assert_eq!(load(root.path(), repair).unwrap_err().kind(), ErrorKind::Limit);
    }
}

/// What the record of a stranger says about a file whose identity it has guessed.
fn content(path: &Path) -> Value {
    let found = fs::metadata(path).unwrap();
    json!({
        "ino": found.ino(),
        "size": found.size(),
        "mtime": [found.mtime(), found.mtime_nsec()],
    })
}

#[test]
fn removal_that_names_a_foreign_file_is_refused() {
    for moves in [0, 2] {
        for name in ["thesis.docx", "thesis.npy", "x.npy", "varpack.json", ".bashrc"] {
            let root = after_moves(moves);
            let victim = root.path().join(name);
            if !victim.exists() {
                fs::write(&victim, "mine").unwrap();
            }
            // With the new manifest in place, only the suffix and the identity speak for a removal.
            if moves == 2 && name == "thesis.npy" {
                rewrite_record(root.path(), |record| {
                    record["removals"][0] = json!({"name": name, "content": content(&victim)});
                    record["removals"][0]["content"]["ino"] = json!(1);
                });
            } else {
                rewrite_record(root.path(), |record| {
                    record["removals"][0] = json!({"name": name, "content": content(&victim)});
                });
            }
            assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
        }
    }
}

#[test]
fn move_over_a_file_that_the_manifest_does_not_name_is_refused() {
    let root = after_moves(0);
    fs::write(root.path().join("thesis.docx"), "mine").unwrap();
    fs::write(root.path().join(".varpack-commit/thesis.docx"), "theirs").unwrap();
    let staged = content(&root.path().join(".varpack-commit/thesis.docx"));
    let replaces = content(&root.path().join("thesis.docx"));
    rewrite_record(root.path(), |record| {
        let stranger = json!({"name": "thesis.docx", "staged": staged, "replaces": replaces});
        record["moves"].as_array_mut().unwrap().push(stranger);
    });
    assert_refused(root.path(), ErrorKind::InterruptedSaveConflict);
    let error = recover(root.path(), Recover::KeepCommit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert_eq!(fs::read(root.path().join("thesis.docx")).unwrap(), b"mine");
}

#[test]
fn folder_inside_the_commit_folder_is_not_removed_with_it() {
    let root = after_moves(0);
    fs::create_dir(root.path().join(".varpack-commit/deep")).unwrap();
    fs::write(root.path().join(".varpack-commit/deep/file"), "x").unwrap();
    let before = on_disk(root.path());
    let error = recover(root.path(), Recover::KeepFolder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileType);
    assert_eq!(on_disk(root.path()), before);
}

#[test]
fn files_of_a_python_map_may_be_removed_with_their_variable() {
    let root = tempdir().unwrap();
    let mut python = State::new();
    python.insert("var4-1507539616216130811.npy".to_owned(), b"array".to_vec());
    python.insert("var4.pickle".to_owned(), b"pickle".to_vec());
    python.insert(
        "varpack.json".to_owned(),
        br#"{"var4": {"size": NaN, "filename": "var4.pickle", "uses_numpy_placeholders": true}}"#
            .to_vec(),
    );
    for (name, bytes) in &python {
        fs::write(root.path().join(name), bytes).unwrap();
    }
    save(root.path(), &state(&[("x.npy", "one")]), &SYNCED).unwrap();
    assert_eq!(on_disk(root.path()), state(&[("x.npy", "one")]));
}
