//! Folders that strangers may write to: what they put there speaks for nobody but themselves. Run as root, whom no
//! permission stops: what it finds is given to another user.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, array};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadOptions, MmapArray1, Mode, Pack, PackValue, Recover, SaveOptions, Varpack,
    recover,
};
use varpack_tests::child::{STRANGER, assert_passes, is_root, of_stranger, told};
use varpack_tests::folders::{State, content, set_mode};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    step: u64,
}

/// Long enough to be mapped.
fn run(x: f64) -> Run {
    Run { x: Array1::from_elem(20_000, x).into(), step: 7 }
}

const STICKY: u32 = 0o1777;

/// Gives a path, and all in it, to the stranger; `false` if this process may not.
fn give_away(path: &Path) -> bool {
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            if !give_away(&entry.unwrap().path()) {
                return false;
            }
        }
    }
    std::os::unix::fs::lchown(path, Some(STRANGER), Some(STRANGER)).is_ok()
}

/// Whether files can be given away.
fn can_give() -> bool {
    if !is_root() {
        println!("skipped: only root can give files to a stranger");
    }
    is_root()
}

fn saved(mode: u32) -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    set_mode(root.path(), 0o755);
    let folder = root.path().join("run");
    run(1.0).save(&folder).unwrap();
    set_mode(&folder, mode);
    (root, folder)
}

/// Puts a whole commit into a folder that replaces its `x` by one of `value`.
fn put_commit(folder: &Path, value: f64) -> PathBuf {
    let other = tempfile::tempdir().unwrap();
    run(value).save(other.path()).unwrap();
    let commit = folder.join(".varpack-commit");
    fs::create_dir(&commit).unwrap();
    set_mode(&commit, 0o755);
    for name in ["x.npy", "varpack.json"] {
        fs::copy(other.path().join(name), commit.join(name)).unwrap();
    }
    let moves = ["varpack.json", "x.npy"].map(|name| {
        json!({
            "name": name,
            "staged": content(&commit.join(name)),
            "replaces": content(&folder.join(name)),
        })
    });
    let record = json!({"version": 1, "moves": moves, "removals": []});
    fs::write(commit.join("commit.json"), record.to_string()).unwrap();
    commit
}

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

fn x_of(folder: &Path, mode: Mode) -> (f64, Vec<String>) {
    let loaded = Run::load_with(folder, &LoadOptions::new().mode(mode)).unwrap();
    (loaded.x[0], loaded.report().notes().to_vec())
}

#[test]
fn commit_of_a_stranger_in_a_sticky_folder_is_left_out_by_loads_and_refused_by_saves() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let commit = put_commit(&folder, 666.0);
    assert!(give_away(&commit));
    let before = State::of(&folder);
    for mode in MODES {
        let (x, notes) = x_of(&folder, mode);
        assert_eq!(x, 1.0);
        let note = notes.iter().find(|note| note.contains(".varpack-commit")).unwrap();
        assert!(note.contains("65534"), "{note}");
    }
    assert_eq!(Pack::open(&folder).unwrap().names().count(), 2);
    let error = run(2.0).save(&folder).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Exists, Some(commit.as_path())));
    assert!(error.to_string().contains("65534") && error.to_string().contains("remove"), "{error}");
    let error = recover(&folder, Recover::KeepCommit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exists, "{error}");
    before.assert_untouched(&folder);

    recover(&folder, Recover::KeepFolder).unwrap();
    assert!(!commit.exists());
    run(2.0).save(&folder).unwrap();
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 2.0);
}

#[test]
fn edit_in_place_beside_the_commit_of_a_stranger_finishes_nothing() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let commit = put_commit(&folder, 666.0);
    assert!(give_away(&commit));
    let mut loaded = Run::edit(&folder).unwrap();
    loaded.x.view_mut().unwrap()[0] = 3.0;
    drop(loaded);
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 3.0);
    assert!(commit.join("x.npy").exists());
}

#[test]
fn commit_of_a_stranger_counts_where_that_stranger_may_replace_every_file() {
    if !can_give() {
        return;
    }
    for mode in [0o777, 0o775] {
        let (_root, folder) = saved(mode);
        assert!(give_away(&put_commit(&folder, 4.0)));
        assert_eq!(x_of(&folder, Mode::ReadOnly).0, 4.0, "{mode:o}");
        run(5.0).save(&folder).unwrap();
        assert_eq!(x_of(&folder, Mode::ReadOnly).0, 5.0);
    }
}

#[test]
fn commit_of_the_folders_owner_counts_for_everyone_and_one_of_ourselves_in_anyones_folder() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(0o755);
    put_commit(&folder, 4.0);
    assert!(give_away(&folder)); // with the commit in it
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 4.0);

    let (_root, folder) = saved(0o755);
    assert!(give_away(&folder));
    put_commit(&folder, 4.0); // by root
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 4.0);
}

#[test]
fn commit_that_others_may_write_to_is_a_conflict() {
    let (_root, folder) = saved(0o755);
    let commit = put_commit(&folder, 666.0);
    set_mode(&commit, 0o777);
    for error in [
        Run::load(&folder).map(drop).unwrap_err(),
        run(2.0).save(&folder).unwrap_err(),
        recover(&folder, Recover::KeepCommit).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict, "{error}");
        assert!(error.to_string().contains("others may write to it"), "{error}");
    }
    recover(&folder, Recover::KeepFolder).unwrap();
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 1.0);
}

#[test]
fn folder_in_the_place_of_a_file_of_an_interrupted_save_is_named_by_recover() {
    let (_root, folder) = saved(0o755);
    put_commit(&folder, 4.0);
    let x = folder.join("x.npy");
    fs::remove_file(&x).unwrap();
    fs::create_dir(&x).unwrap();
    let error = recover(&folder, Recover::KeepCommit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert_eq!(error.path(), Some(x.as_path()));
    assert!(error.to_string().contains("move that away"), "{error}");
    fs::remove_dir(&x).unwrap();
    recover(&folder, Recover::KeepCommit).unwrap();
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 4.0);
}

#[test]
fn staged_file_of_a_stranger_is_a_conflict_unless_it_replaces_one_of_the_same() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let commit = put_commit(&folder, 666.0);
    chown(commit.join("x.npy"), Some(STRANGER), None).unwrap();
    for error in [
        Run::load(&folder).map(drop).unwrap_err(),
        run(2.0).save(&folder).unwrap_err(),
        recover(&folder, Recover::KeepCommit).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict, "{error}");
        assert!(error.to_string().contains("65534"), "{error}");
    }
    chown(folder.join("x.npy"), Some(STRANGER), None).unwrap();
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 666.0);
}

#[test]
fn link_or_file_of_a_stranger_in_place_of_the_commit_folder_keeps_no_load_away() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let place = folder.join(".varpack-commit");
    symlink("/etc", &place).unwrap();
    for _ in 0..2 {
        assert!(give_away(&place));
        let (x, notes) = x_of(&folder, Mode::ReadWrite);
        assert_eq!(x, 1.0);
        assert!(notes.iter().any(|note| note.contains("65534")), "{notes:?}");
        assert_eq!(run(2.0).save(&folder).unwrap_err().kind(), ErrorKind::Exists);
        fs::remove_file(&place).unwrap();
        fs::write(&place, "x").unwrap();
    }
}

#[test]
fn staging_folder_of_a_stranger_is_named_with_its_owner() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let staging = folder.join(".varpack-staging");
    fs::create_dir(&staging).unwrap();
    fs::write(staging.join("x.npy"), "theirs").unwrap();
    assert!(give_away(&staging));
    let before = State::of(&folder);
    let error = run(2.0).save(&folder).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Exists, Some(staging.as_path())));
    assert!(error.to_string().contains("65534"), "{error}");
    before.assert_untouched(&folder);
}

#[test]
fn temporary_folder_of_a_stranger_is_not_saved_into() {
    if !can_give() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    set_mode(root.path(), STICKY);
    let theirs = root.path().join(".run.varpack-new");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("thesis.npy"), "theirs").unwrap();
    set_mode(&theirs, 0o777);
    assert!(give_away(&theirs));
    let folder = root.path().join("run");
    run(1.0).save(&folder).unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().uid(), 0);
    assert_eq!(fs::read_to_string(theirs.join("thesis.npy")).unwrap(), "theirs");
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 1.0);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
}

#[test]
fn temporary_folder_that_holds_what_no_save_has_put_there_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let left = root.path().join(".run.varpack-new");
    let folder = root.path().join("run");
    let put: [fn(&Path); 4] = [
        |left| fs::write(left.join("thesis.docx"), "mine").unwrap(),
        |left| symlink("/etc/passwd", left.join("x.npy")).unwrap(),
        |left| fs::create_dir(left.join("x.npy")).unwrap(),
        |left| {
            fs::write(left.join("x.npy"), "mine").unwrap();
            fs::hard_link(left.join("x.npy"), left.join("y.npy")).unwrap();
        },
    ];
    for put in put {
        fs::create_dir(&left).unwrap();
        put(&left);
        let before = fs::read_dir(&left).unwrap().count();
        run(1.0).save(&folder).unwrap();
        assert!(fs::read_dir(&left).unwrap().count() >= before);
        assert_eq!(x_of(&folder, Mode::ReadOnly).0, 1.0);
        fs::remove_dir_all(&left).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn link_under_the_temporary_name_is_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let victim = root.path().join("victim");
    fs::create_dir(&victim).unwrap();
    symlink(&victim, root.path().join(".run.varpack-new")).unwrap();
    run(1.0).save(root.path().join("run")).unwrap();
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 0);
}

#[test]
fn load_writes_nothing_beside_an_interrupted_save_and_the_first_edit_finishes_it() {
    let (_root, folder) = saved(0o755);
    let commit = put_commit(&folder, 4.0);
    let before = State::of(&folder);
    for mode in MODES {
        assert_eq!(x_of(&folder, mode).0, 4.0);
        Pack::open_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
    }
    before.assert_untouched(&folder);
    let mut loaded = Run::edit(&folder).unwrap();
    assert_eq!(loaded.x[0], 4.0);
    loaded.x.view_mut().unwrap()[0] = 5.0;
    assert!(!commit.exists());
    loaded.save(&folder).unwrap();
    drop(loaded);
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 5.0);
}

#[test]
fn edit_is_refused_where_the_interrupted_save_cannot_be_finished() {
    let (_root, folder) = saved(0o755);
    let commit = put_commit(&folder, 4.0);
    let mut loaded = Run::edit(&folder).unwrap();
    fs::write(commit.join("stranger"), "x").unwrap();
    let error = loaded.x.view_mut().map(drop).unwrap_err();
    assert_eq!(
        (error.kind(), error.variable()),
        (ErrorKind::InterruptedSaveConflict, Some("x")),
        "{error}"
    );
    assert_eq!(loaded.x[0], 4.0);
    fs::remove_file(commit.join("stranger")).unwrap();
    loaded.x.view_mut().unwrap()[0] = 5.0;
    assert!(!commit.exists());
}

#[test]
fn staging_and_commit_folders_are_writable_for_those_who_may_write_to_the_folder_and_no_others() {
    for (mode, expected) in
        [(0o755, 0o755), (0o700, 0o700), (0o2775, 0o2775), (0o777, 0o777), (STICKY, 0o755)]
    {
        let (_root, folder) = saved(mode);
        let staging = folder.join(".varpack-staging");
        let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
        let told = std::sync::Arc::clone(&seen);
        let options = SaveOptions::new().progress(move |_| {
            let found = fs::metadata(&staging).map(|found| found.permissions().mode() & 0o7777);
            if let Ok(found) = found {
                *told.lock().unwrap() = Some(found);
            }
            std::ops::ControlFlow::Continue(())
        });
        run(2.0).save_with(&folder, &options).unwrap();
        let seen = seen.lock().unwrap().unwrap();
        assert_eq!(seen, expected, "{mode:o}: {seen:o}");
    }
}

#[test]
fn lock_file_that_may_not_be_opened_refuses_saves_unless_told_and_loads_say_so() {
    let test = "lock_file_that_may_not_be_opened_refuses_saves_unless_told_and_loads_say_so";
    let mut pack = Pack::new();
    pack.insert("y", PackValue::try_from(array![1.0]).unwrap()).unwrap();
    if let Some(folder) = told() {
        let (x, notes) = x_of(&folder, Mode::ReadOnly);
        assert_eq!(x, 1.0);
        assert!(notes.iter().any(|note| note.contains("not locked")), "{notes:?}");
        let error = pack.save_to(&folder).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::ReadOnly, Some(folder.as_path())));
        let text = error.to_string();
        assert!(text.contains(".varpack.lock") && text.contains("`without_lock`"), "{text}");
        pack.save_to_with(&folder, &SaveOptions::new().without_lock(true)).unwrap();
        assert_eq!(Pack::open(&folder).unwrap().names().count(), 3);
        return;
    }
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(0o777);
    set_mode(&folder.join(".varpack.lock"), 0o600);
    assert_passes(of_stranger(test, &folder));
}

/// A save by `save` is refused for a file of the stranger's, which it names with its owner, and touches nothing.
fn assert_foreign<T: std::fmt::Debug>(
    folder: &Path,
    name: &str,
    save: impl FnOnce() -> varpack::Result<T>,
) {
    let before = State::of(folder);
    let error = save().unwrap_err();
    let path = folder.join(name);
    assert_eq!((error.kind(), error.path()), (ErrorKind::Exists, Some(path.as_path())), "{error}");
    assert!(error.to_string().contains("65534"), "{error}");
    before.assert_untouched(folder);
}

fn assert_noted(folder: &Path, name: &str, value: f64) {
    for mode in MODES {
        let (x, notes) = x_of(folder, mode);
        assert_eq!(x, value);
        let of_file = |note: &&String| note.contains(name) && note.contains("65534");
        assert_eq!(notes.iter().filter(of_file).count(), 1, "{notes:?}");
    }
}

#[test]
fn manifest_of_a_stranger_in_a_sticky_folder_is_noted_by_loads_and_refused_by_saves() {
    if !can_give() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run(666.0).save(&folder).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        set_mode(&path, 0o666);
        assert!(give_away(&path));
    }
    set_mode(&folder, STICKY);
    assert_noted(&folder, "varpack.json", 666.0);
    assert_foreign(&folder, "varpack.json", || run(1.0).save(&folder));
    let overwrite = SaveOptions::new().overwrite(true);
    assert_foreign(&folder, "varpack.json", || run(1.0).save_with(&folder, &overwrite));
    let loaded = Run::load_with(&folder, &LoadOptions::new()).unwrap();
    assert_foreign(&folder, "varpack.json", || loaded.save());
}

#[test]
fn manifest_of_a_stranger_does_not_get_a_save_to_remove_the_files_that_it_names() {
    if !can_give() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run(1.0).save(&folder).unwrap();
    set_mode(&folder, STICKY);
    assert!(give_away(&folder.join("varpack.json")));
    let mut pack = Pack::new();
    pack.insert_value("other", &1).unwrap();
    let prune = SaveOptions::new().prune(true);
    assert_foreign(&folder, "varpack.json", || pack.save_to_with(&folder, &prune));
    assert!(folder.join("x.npy").exists());
}

#[test]
fn file_of_a_stranger_in_place_of_a_lost_one_is_noted_by_loads_and_neither_replaced_nor_removed() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let other = tempfile::tempdir().unwrap();
    run(666.0).save(other.path()).unwrap();
    fs::remove_file(folder.join("x.npy")).unwrap();
    fs::copy(other.path().join("x.npy"), folder.join("x.npy")).unwrap();
    set_mode(&folder.join("x.npy"), 0o666);
    assert!(give_away(&folder.join("x.npy")));
    assert_noted(&folder, "x.npy", 666.0);
    assert_foreign(&folder, "x.npy", || run(2.0).save(&folder));
    let overwrite = SaveOptions::new().overwrite(true);
    assert_foreign(&folder, "x.npy", || run(2.0).save_with(&folder, &overwrite));
    let mut pack = Pack::new();
    pack.insert_value("other", &1).unwrap();
    let prune = SaveOptions::new().prune(true);
    assert_foreign(&folder, "x.npy", || pack.save_to_with(&folder, &prune));
}

#[test]
fn file_of_a_stranger_is_replaced_where_that_stranger_may_replace_every_file() {
    if !can_give() {
        return;
    }
    for mode in [0o777, 0o775] {
        let (_root, folder) = saved(mode);
        for name in ["varpack.json", "x.npy"] {
            assert!(give_away(&folder.join(name)));
        }
        assert!(x_of(&folder, Mode::ReadOnly).1.is_empty());
        run(2.0).save(&folder).unwrap();
        assert_eq!(x_of(&folder, Mode::ReadOnly).0, 2.0);
    }
}

#[test]
fn save_whose_lock_file_is_taken_away_is_busy_and_leaves_the_old_state() {
    let (_root, folder) = saved(0o755);
    let lock = folder.join(".varpack.lock");
    let options = SaveOptions::new().progress(move |_| {
        let _ = fs::remove_file(&lock);
        std::ops::ControlFlow::Continue(())
    });
    let error = run(2.0).save_with(&folder, &options).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Busy, Some(folder.as_path())), "{error}");
    assert!(error.to_string().contains("lock file"), "{error}");
    assert_eq!(State::of(&folder).names(), ["__misc_vars__.pickle", "varpack.json", "x.npy"]);
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 1.0);
}

#[test]
fn update_whose_lock_file_is_taken_away_is_busy_and_saves_nothing() {
    let (_root, folder) = saved(0o755);
    let error = Run::update(&folder, |run: &mut Run| {
        run.step = 8;
        fs::remove_file(folder.join(".varpack.lock")).unwrap();
        Ok(())
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(Run::load(&folder).unwrap().step, 7);
}

#[test]
fn commit_folder_of_a_stranger_with_a_folder_in_it_is_recovered_whole_or_not_at_all() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let commit = put_commit(&folder, 666.0);
    fs::create_dir(commit.join("deep")).unwrap();
    assert!(give_away(&commit));
    let before = State::of(&folder);
    for _ in 0..2 {
        let error = recover(&folder, Recover::KeepFolder).unwrap_err();
        let deep = commit.join("deep");
        assert_eq!((error.kind(), error.path()), (ErrorKind::FileType, Some(deep.as_path())));
        before.assert_untouched(&folder);
    }
    fs::remove_dir(commit.join("deep")).unwrap();
    recover(&folder, Recover::KeepFolder).unwrap();
    run(2.0).save(&folder).unwrap();
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 2.0);
}

#[test]
fn interrupted_removal_of_a_strangers_commit_folder_is_finished_by_the_next_recover() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let aside = folder.join(".varpack-discarded");
    fs::rename(put_commit(&folder, 666.0), &aside).unwrap();
    assert!(give_away(&aside));
    assert_foreign(&folder, ".varpack-discarded", || run(2.0).save(&folder));
    recover(&folder, Recover::KeepFolder).unwrap();
    assert!(!aside.exists());
    run(2.0).save(&folder).unwrap();
}

#[test]
fn what_is_no_file_in_place_of_the_lock_file_refuses_saves_unless_told_and_keeps_no_load_away() {
    if !can_give() {
        return;
    }
    let victim = tempfile::tempdir().unwrap();
    let victim = victim.path().join("victim");
    let put: [&dyn Fn(&Path); 4] = [
        &|lock| fs::create_dir(lock).unwrap(),
        &|lock| symlink(&victim, lock).unwrap(),
        &|lock| assert!(Command::new("mkfifo").arg(lock).status().unwrap().success()),
        &|lock| drop(UnixListener::bind(lock).unwrap()),
    ];
    for put in put {
        let (_root, folder) = saved(STICKY);
        let lock = folder.join(".varpack.lock");
        fs::remove_file(&lock).unwrap();
        put(&lock);
        assert!(give_away(&lock));
        for mode in MODES {
            let (x, notes) = x_of(&folder, mode);
            assert_eq!(x, 1.0);
            let is_said = |note: &String| note.contains("not locked") && note.contains("65534");
            assert!(notes.iter().any(is_said), "{notes:?}");
        }
        let error = run(2.0).save(&folder).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::ReadOnly, Some(folder.as_path())));
        let text = error.to_string();
        assert!(text.contains(".varpack.lock") && text.contains("65534"), "{text}");
        run(2.0).save_with(&folder, &SaveOptions::new().without_lock(true)).unwrap();
        assert_eq!(x_of(&folder, Mode::ReadOnly).0, 2.0);
    }
    assert!(!victim.exists());
}

/// Rewrites the record of a commit.
fn rewrite_record(commit: &Path, change: impl FnOnce(&mut Value)) {
    let path = commit.join("commit.json");
    let mut record = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut record);
    fs::write(path, record.to_string()).unwrap();
}

#[test]
fn file_of_a_stranger_in_the_way_of_an_interrupted_save_keeps_no_load_away() {
    if !can_give() {
        return;
    }
    for (number, name) in ["varpack.json", "x.npy"].into_iter().enumerate() {
        let (_root, folder) = saved(STICKY);
        let commit = put_commit(&folder, 4.0);
        rewrite_record(&commit, |record| record["moves"][number]["replaces"] = Value::Null);
        fs::write(folder.join(name), "theirs").unwrap();
        assert!(give_away(&folder.join(name)));
        let before = State::of(&folder);
        assert_noted(&folder, name, 4.0);
        let error = run(5.0).save(&folder).unwrap_err();
        let path = folder.join(name);
        assert_eq!(
            (error.kind(), error.path()),
            (ErrorKind::InterruptedSaveConflict, Some(path.as_path())),
            "{error}"
        );
        assert!(error.to_string().contains("65534"), "{error}");
        before.assert_untouched(&folder);
        recover(&folder, Recover::KeepCommit).unwrap();
        let (x, notes) = x_of(&folder, Mode::ReadOnly);
        assert!(x == 4.0 && notes.is_empty(), "{x} {notes:?}");
        run(5.0).save(&folder).unwrap();
    }
}

#[test]
fn file_of_a_stranger_under_the_name_of_a_removed_one_is_no_conflict_and_stays() {
    if !can_give() {
        return;
    }
    let (_root, folder) = saved(STICKY);
    let commit = put_commit(&folder, 4.0);
    let was = content(&folder.join("x.npy"));
    rewrite_record(&commit, |record| {
        record["removals"] = json!([{ "name": "gone.npy", "content": was }]);
    });
    for name in ["x.npy", "varpack.json"] {
        fs::rename(commit.join(name), folder.join(name)).unwrap();
    }
    let gone = folder.join("gone.npy");
    fs::write(&gone, "theirs").unwrap();
    assert!(give_away(&gone));
    assert_eq!(x_of(&folder, Mode::ReadOnly).0, 4.0);
    run(5.0).save(&folder).unwrap();
    assert!(!commit.exists());
    assert_eq!(fs::read_to_string(&gone).unwrap(), "theirs");
}
