//! Folders that several users save to: whom the files of a save belong to, and who may go on where one was killed.
//! Run as root, who can be any of them.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadOptions, MmapArray1, Mode, Recover, Result, SaveOptions, Varpack, recover,
};
use varpack_tests::child::{User, is_root, of_user, told};
use varpack_tests::folders::{State, set_mode};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap, default)]
    y: Option<MmapArray1<f64>>,
    step: u64,
}

/// Long enough to be mapped.
const LEN: usize = 20_000;

fn run(x: f64) -> Run {
    Run { x: Array1::from_elem(LEN, x).into(), y: None, step: 7 }
}

const TEAM: u32 = 3000;
const ALICE: User = User { uid: 1000, gid: 1000, team: Some(TEAM) };
const BOB: User = User { uid: 1001, gid: 1001, team: Some(TEAM) };
const EVE: User = User { uid: 1004, gid: 1004, team: None };
const ROOT: User = User { uid: 0, gid: 0, team: None };

/// What a child is to do.
const WORK: &str = "VARPACK_TEST_WORK";

/// The test that a child runs.
const CHILD: &str = "child_does_as_it_is_told";

#[test]
fn child_does_as_it_is_told() {
    let Some(folder) = told() else { return };
    let outcome = work(&std::env::var(WORK).unwrap(), &folder);
    match outcome {
        Ok(text) => println!("\ndone: {text}"),
        Err(error) => println!("\ndone: {:?} {error}", error.kind()),
    }
}

fn work(work: &str, folder: &Path) -> Result<String> {
    let load = |mode| Run::load_with(folder, &LoadOptions::new().mode(mode));
    match work {
        "load" => {
            let loaded = load(Mode::ReadWrite)?;
            return Ok(format!("{} {:?}", loaded.x[0], loaded.report().notes()));
        }
        "save" | "save without lock" => {
            let mut loaded = load(Mode::CopyOnWrite)?;
            loaded.x.view_mut()?.fill(2.0);
            let options = SaveOptions::new().without_lock(work != "save");
            loaded.save_with(&options)?;
        }
        "edit" => load(Mode::ReadWrite)?.x.view_mut()?.fill(3.0),
        "make" => run(1.0).save(folder)?,
        "keep folder" => recover(folder, Recover::KeepFolder)?,
        other => panic!("no such work: {other}"),
    }
    Ok(String::new())
}

fn said(mut command: Command, work: &str) -> String {
    command.env(WORK, work);
    let mut output = command.output().unwrap();
    // What another test starts has the copy of the program open for writing until it is a program of its own.
    for _ in 0..500 {
        if output.status.code() != Some(126) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        output = command.output().unwrap();
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.lines().find_map(|line| line.strip_prefix("done: ")).map(str::to_owned);
    said.unwrap_or_else(|| format!("ended: {}", output.status))
}

/// What came of a user's work: nothing if all was well, or the kind and text of the error.
fn act(user: User, folder: &Path, work: &str) -> String {
    said(of_user(&[], user, CHILD, folder), work)
}

/// What a save is killed at: its commit point, the move of its array, and that of the manifest.
const KILLS: [(&str, usize); 3] = [("renameat2", 1), ("renameat", 1), ("renameat", 2)];

/// A save that is killed.
fn killed(user: User, folder: &Path, (call, number): (&str, usize), umask: &str) {
    let inject = format!("inject={call}:signal=KILL:when={number}");
    let mask = format!("umask {umask}; exec \"$0\" \"$@\"");
    let strace = ["sh", "-c", &mask, "strace", "-f", "-o", "/dev/null", "-e", &inject];
    let said = said(of_user(&strace, user, CHILD, folder), "save");
    assert!(said.starts_with("ended"), "{said}");
}

fn is_skipped(needs_strace: bool) -> bool {
    if !is_root() {
        println!("skipped: only root can be other users");
        return true;
    }
    needs_strace && varpack_tests::faults::is_skipped()
}

/// A folder of a user and a group, with all in it, that has no lock file yet.
fn folder_of(user: User, gid: u32, mode: u32) -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    set_mode(root.path(), 0o755);
    let folder = root.path().join("run");
    run(1.0).save(&folder).unwrap();
    fs::remove_file(folder.join(".varpack.lock")).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        chown(entry.unwrap().path(), Some(user.uid), Some(gid)).unwrap();
    }
    chown(&folder, Some(user.uid), Some(gid)).unwrap();
    set_mode(&folder, mode);
    (root, folder)
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The names in a folder that begin with `.varpack`.
fn own_names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name.starts_with(".varpack"));
    names.sort();
    names
}

#[test]
fn lock_file_that_a_load_of_another_user_makes_locks_nobody_out() {
    if is_skipped(false) {
        return;
    }
    for (user, gid, mode) in [
        (ROOT, ALICE.gid, 0o755),
        (ROOT, ALICE.gid, 0o700),
        (BOB, TEAM, 0o775),
        (BOB, TEAM, 0o770),
        (BOB, TEAM, 0o2775),
        (EVE, ALICE.gid, 0o777),
    ] {
        let (_root, folder) = folder_of(ALICE, gid, mode);
        assert_eq!(act(user, &folder, "load"), "1 []", "{mode:o}");
        let lock = folder.join(".varpack.lock");
        assert_eq!(mode_of(&lock), mode & 0o666, "{mode:o}");
        assert_eq!(act(ALICE, &folder, "save"), "", "{mode:o}");
        assert_eq!(act(ALICE, &folder, "edit"), "", "{mode:o}");
        assert_eq!(own_names(&folder), [".varpack.lock"]);
    }
}

#[test]
fn lock_file_follows_its_folder_when_that_is_opened_to_a_team() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ALICE, ALICE.gid, 0o755);
    assert_eq!(act(ALICE, &folder, "save"), "");
    chown(&folder, None, Some(TEAM)).unwrap();
    set_mode(&folder, 0o2775);
    let refused = act(BOB, &folder, "save");
    assert!(refused.starts_with("ReadOnly") && refused.contains("number 1000"), "{refused}");
    assert_eq!(act(ALICE, &folder, "load"), "2 []");
    assert_eq!(act(BOB, &folder, "save"), "");
}

#[test]
fn file_that_is_kept_from_others_is_not_opened_to_them_in_place_of_the_lock_file() {
    if is_skipped(false) {
        return;
    }
    for (mode, work) in [(0o775, "load"), (0o775, "save"), (0o777, "load"), (0o1777, "load")] {
        for content in ["", "secret"] {
            let (_root, folder) = folder_of(ALICE, TEAM, mode);
            let private = folder.join(".varpack.lock");
            fs::write(&private, content).unwrap();
            chown(&private, Some(ALICE.uid), Some(ALICE.gid)).unwrap();
            set_mode(&private, 0o600);
            // A program of its owner has it open, and is to write to it.
            let file = fs::File::open(&private).unwrap();
            assert!(!act(ALICE, &folder, work).starts_with("ended"));
            assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600, "{mode:o} {work}");
            if !content.is_empty() {
                assert_eq!(fs::read_to_string(&private).unwrap(), content);
            }
            assert_eq!(own_names(&folder), [".varpack.lock"]);
        }
    }
}

#[test]
fn file_that_is_kept_from_a_team_stays_so_when_its_lock_file_is_made_anew() {
    if is_skipped(false) {
        return;
    }
    for what in ["load", "save"] {
        let (_root, folder) = folder_of(ALICE, TEAM, 0o2775);
        let private = folder.join(".varpack.lock");
        fs::write(&private, "").unwrap();
        chown(&private, Some(ALICE.uid), Some(ALICE.gid)).unwrap();
        set_mode(&private, 0o600);
        // As one who has it open and writes to it later.
        let open = fs::File::open(&private).unwrap();
        act(ALICE, &folder, what);
        assert_eq!(open.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(mode_of(&private), 0o664);
        assert_eq!(act(BOB, &folder, "save"), "");
    }
}

#[test]
fn lock_file_that_is_in_use_is_made_anew_when_it_no_longer_is() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ROOT, TEAM, 0o755);
    let load = || Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    let at = || {
        let found = fs::metadata(folder.join(".varpack.lock")).unwrap();
        (found.ino(), found.mode() & 0o777)
    };
    let holder = load();
    let made = at();
    assert_eq!(made.1, 0o644);
    set_mode(&folder, 0o2775);
    drop(load());
    assert_eq!(at(), made);
    drop(holder);
    let mut loaded = load();
    assert_ne!(at().0, made.0);
    assert_eq!(at().1, 0o664);
    loaded.x.view_mut().unwrap()[0] = 5.0;
    loaded.save().unwrap();
    assert_eq!(own_names(&folder), [".varpack.lock"]);
}

#[test]
fn lock_file_that_may_only_be_read_refuses_saves_unless_told_and_the_report_says_so() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ALICE, ALICE.gid, 0o1777);
    let lock = folder.join(".varpack.lock");
    fs::write(&lock, "").unwrap();
    chown(&lock, Some(EVE.uid), Some(EVE.gid)).unwrap();
    set_mode(&lock, 0o644);
    let loaded = act(ALICE, &folder, "load");
    assert!(loaded.contains("view_mut") && loaded.contains("number 1004"), "{loaded}");
    let refused = act(ALICE, &folder, "save");
    for part in ["ReadOnly", ".varpack.lock", "number 1004", "`without_lock`"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(act(ALICE, &folder, "save without lock"), "");
}

#[test]
fn save_of_one_who_may_not_replace_what_is_in_a_sticky_folder_is_refused_without_a_trace() {
    if is_skipped(false) {
        return;
    }
    for (gid, mode) in [(0, 0o1777), (TEAM, 0o3775)] {
        let (_root, folder) = folder_of(ROOT, gid, mode);
        assert_eq!(act(ROOT, &folder, "load"), "1 []");
        let before = State::of(&folder);
        let refused = act(ALICE, &folder, "save");
        let is_named = refused.contains("varpack.json") && refused.contains("number 0");
        assert!(refused.starts_with("ReadOnly") && is_named, "{refused}");
        before.assert_untouched(&folder);
        assert_eq!(act(ROOT, &folder, "save"), "");
        assert_eq!(act(ALICE, &folder, "load"), "2 []");
    }
}

#[test]
fn file_that_the_system_does_not_let_be_replaced_is_told_before_the_save_is_made() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ROOT, 0, 0o755);
    let x = folder.join("x.npy");
    let run_on_x = |program: &str, words: &[&str]| {
        let status = Command::new(program).args(words).arg(&x).status();
        status.is_ok_and(|status| status.success())
    };
    for (program, protect, free) in [
        ("chattr", ["+i"].as_slice(), ["-i"].as_slice()),
        ("mount", ["--bind", x.to_str().unwrap()].as_slice(), [].as_slice()),
    ] {
        if !run_on_x(program, protect) {
            println!("skipped: {program}: not here");
            continue;
        }
        let before = State::of(&folder);
        let refused = act(ROOT, &folder, "save");
        let is_freed = match program {
            "mount" => run_on_x("umount", &[]),
            _ => run_on_x(program, free),
        };
        assert!(is_freed);
        assert!(refused.starts_with("ReadOnly") && refused.contains("x.npy"), "{refused}");
        assert_eq!(own_names(&folder), [".varpack.lock"]);
        assert_eq!(before.names(), State::of(&folder).names());
    }
    assert_eq!(act(ROOT, &folder, "save"), "");
}

#[test]
fn save_that_was_killed_is_discarded_or_finished_by_whoever_may_save() {
    if is_skipped(true) {
        return;
    }
    let team = [0o777, 0o775, 0o2775].map(|mode| (BOB, TEAM, mode));
    for (user, gid, mode) in team.into_iter().chain([(ROOT, ALICE.gid, 0o755)]) {
        for kill in KILLS {
            let at = format!("{mode:o} {kill:?}");
            let (_root, folder) = folder_of(ALICE, gid, mode);
            assert_eq!(act(ALICE, &folder, "load"), "1 []");
            killed(user, &folder, kill, "022");
            let is_made = kill != KILLS[0];
            let left = if !is_made { ".varpack-staging" } else { ".varpack-commit" };
            assert_eq!(own_names(&folder), [left, ".varpack.lock"], "{at}");
            let x = if is_made { 2 } else { 1 };
            assert_eq!(act(ALICE, &folder, "load"), format!("{x} []"), "{at}");
            assert_eq!(act(ALICE, &folder, "save"), "", "{at}");
            assert_eq!(own_names(&folder), [".varpack.lock"], "{at}");
        }
    }
}

#[test]
fn save_that_was_killed_under_a_narrow_umask_keeps_no_load_away() {
    if is_skipped(true) {
        return;
    }
    for (user, gid, mode) in [(BOB, TEAM, 0o2775), (ALICE, ALICE.gid, 0o755)] {
        for kill in &KILLS[1..] {
            let (_root, folder) = folder_of(ALICE, gid, mode);
            assert_eq!(act(ALICE, &folder, "load"), "1 []");
            killed(user, &folder, *kill, "077");
            let commit = folder.join(".varpack-commit");
            assert_eq!(mode_of(&commit), mode);
            assert_eq!(mode_of(&commit.join("commit.json")), mode & 0o666);
            for reader in [ALICE, EVE] {
                let loaded = act(reader, &folder, "load");
                assert!(loaded.starts_with("2 ["), "{loaded}");
            }
        }
    }
}

#[test]
fn leftover_of_another_that_cannot_be_emptied_is_named_where_it_stands() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ALICE, TEAM, 0o775);
    let staging = folder.join(".varpack-staging");
    fs::create_dir(&staging).unwrap();
    chown(&staging, Some(BOB.uid), Some(BOB.gid)).unwrap();
    set_mode(&staging, 0o700);
    // What is empty goes, whosever it is.
    assert_eq!(act(ALICE, &folder, "save"), "");

    fs::create_dir(&staging).unwrap();
    fs::write(staging.join("x.npy"), "bob's").unwrap();
    chown(&staging, Some(BOB.uid), Some(BOB.gid)).unwrap();
    for mode in [0o755, 0o700] {
        set_mode(&staging, mode);
        let before = State::of(&folder);
        let refused = act(ALICE, &folder, "save");
        let is_named = refused.contains(".varpack-staging") && refused.contains("number 1001");
        assert!(refused.starts_with("Exists") && is_named, "{refused}");
        before.assert_untouched(&folder);
    }
}

#[test]
fn folder_that_holds_what_no_save_makes_is_not_emptied_for_a_leftover() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run(1.0).save(&folder).unwrap();
    for left in [".varpack-staging", ".varpack-discarded"] {
        for name in ["thesis.pdf", ".hidden"] {
            let plots = folder.join(left);
            fs::create_dir(&plots).unwrap();
            fs::write(plots.join("x.npy"), "x").unwrap();
            fs::write(plots.join(name), "precious").unwrap();
            let before = State::of(&folder);
            let error = run(2.0).save(&folder).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Exists, "{error}");
            assert!(error.to_string().contains(name), "{error}");
            before.assert_untouched(&folder);
            assert_eq!(fs::read_dir(&plots).unwrap().count(), 2, "{left}");
            fs::remove_dir_all(&plots).unwrap();
        }
    }
    run(2.0).save(&folder).unwrap();
}

#[test]
fn folder_that_others_may_have_moved_under_the_temporary_name_is_left_alone() {
    if is_skipped(false) {
        return;
    }
    for (user, mode) in [(ROOT, 0o777), (ALICE, 0o755)] {
        let root = tempfile::tempdir().unwrap();
        let parent = root.path().join("parent");
        fs::create_dir(&parent).unwrap();
        run(1.0).save(parent.join("theirs")).unwrap();
        fs::rename(parent.join("theirs"), parent.join(".run.varpack-new")).unwrap();
        chown(&parent, Some(user.uid), None).unwrap();
        set_mode(&parent, mode);
        run(2.0).save(parent.join("run")).unwrap();
        assert_eq!(Run::load(parent.join(".run.varpack-new")).unwrap().x[0], 1.0);
        assert_eq!(Run::load(parent.join("run")).unwrap().x[0], 2.0);
        assert_eq!(fs::read_dir(&parent).unwrap().count(), 2);
    }
}

#[test]
fn saved_file_of_another_group_gives_that_group_what_all_others_have() {
    if is_skipped(false) {
        return;
    }
    for (before, after) in [(0o644, 0o644), (0o664, 0o644), (0o640, 0o600), (0o604, 0o600)] {
        let (_root, folder) = folder_of(ALICE, ALICE.gid, 0o755);
        for name in ["varpack.json", "x.npy"] {
            chown(folder.join(name), Some(0), Some(0)).unwrap();
        }
        set_mode(&folder.join("x.npy"), before);
        let options = LoadOptions::new().mode(Mode::CopyOnWrite);
        let readable = before & 0o004 != 0;
        if !readable {
            // Alice writes it anew without having read it.
            chown(folder.join("x.npy"), Some(0), Some(ALICE.gid)).unwrap();
        }
        assert_eq!(Run::load_with(&folder, &options).unwrap().x[0], 1.0);
        let said = act(ALICE, &folder, "save");
        assert_eq!(said, "", "{before:o}");
        let found = fs::metadata(folder.join("x.npy")).unwrap();
        assert_eq!(found.uid(), ALICE.uid);
        let expected = if readable { after } else { before };
        assert_eq!(found.permissions().mode() & 0o777, expected, "{before:o}");
    }
}

#[test]
fn new_files_of_root_and_of_a_member_belong_to_the_folders_owner_and_group() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ALICE, TEAM, 0o775);
    let mut loaded = Run::load_with(&folder, &LoadOptions::new()).unwrap();
    loaded.y = Some(Array1::from_elem(LEN, 5.0).into());
    loaded.save().unwrap();
    let y = fs::metadata(folder.join("y.npy")).unwrap();
    assert_eq!((y.uid(), y.gid()), (ALICE.uid, TEAM));
    drop(loaded);
    assert_eq!(act(ALICE, &folder, "edit"), "");
}

#[test]
fn staged_file_that_is_swapped_before_the_commit_is_not_committed() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run(1.0).save(&folder).unwrap();
    let other = root.path().join("other");
    run(666.0).save(&other).unwrap();
    let staged = folder.join(".varpack-staging/x.npy");
    let options = SaveOptions::new().progress(move |_| {
        if staged.exists() {
            fs::remove_file(&staged).unwrap();
            fs::copy(other.join("x.npy"), &staged).unwrap();
        }
        ControlFlow::Continue(())
    });
    let error = run(2.0).save_with(&folder, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert!(error.to_string().contains("x.npy"), "{error}");
    assert_eq!(Run::load(&folder).unwrap().x[0], 1.0);
    assert_eq!(own_names(&folder), [".varpack.lock"]);
}

#[test]
fn hard_link_of_a_file_that_all_may_write_to_does_not_pass_for_its_owners() {
    if is_skipped(false) {
        return;
    }
    for name in ["varpack.json", "x.npy"] {
        let (root, folder) = folder_of(ROOT, 0, 0o1777);
        assert_eq!(act(ROOT, &folder, "load"), "1 []");
        // The system lets a stranger link what the stranger may write to.
        let open = root.path().join("open");
        fs::copy(folder.join(name), &open).unwrap();
        set_mode(&open, 0o666);
        fs::remove_file(folder.join(name)).unwrap();
        fs::hard_link(&open, folder.join(name)).unwrap();
        let loaded = act(ROOT, &folder, "load");
        assert!(loaded.contains(name) && loaded.contains("hard link"), "{loaded}");
        let refused = act(ROOT, &folder, "save");
        assert!(refused.starts_with("Exists") && refused.contains(name), "{refused}");
    }
}

#[test]
fn file_that_a_group_may_write_to_and_has_moved_into_a_sticky_folder_does_not_pass_for_its_owners()
{
    if is_skipped(false) {
        return;
    }
    let (root, folder) = folder_of(ALICE, TEAM, 0o3775);
    let precious = folder.join("y.npy");
    fs::rename(folder.join("x.npy"), &precious).unwrap();
    fs::remove_file(folder.join("__misc_vars__.pickle")).unwrap();
    // Alice's memo, with what Bob has written into it.
    let manifest = fs::read_to_string(folder.join("varpack.json")).unwrap();
    fs::remove_file(folder.join("varpack.json")).unwrap();
    let memo = root.path().join("memo");
    fs::write(&memo, manifest.replace("x.npy", "y.npy")).unwrap();
    chown(&memo, Some(ALICE.uid), Some(TEAM)).unwrap();
    set_mode(&memo, 0o664);
    fs::rename(&memo, folder.join("varpack.json")).unwrap();
    let refused = act(ALICE, &folder, "make");
    assert!(refused.starts_with("Exists") && refused.contains("varpack.json"), "{refused}");
    assert!(precious.exists());
    // What she saves there herself counts.
    fs::remove_file(folder.join("varpack.json")).unwrap();
    fs::remove_file(&precious).unwrap();
    assert_eq!(act(ALICE, &folder, "make"), "");
    assert_eq!(act(ALICE, &folder, "save"), "");
    assert_eq!(act(ALICE, &folder, "load"), "2 []");
}

#[test]
fn commit_folder_of_a_stranger_in_a_folder_without_a_state_leaves_it_without_a_lock_file() {
    if is_skipped(false) {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let commit = folder.join(".varpack-commit");
    fs::create_dir_all(&commit).unwrap();
    set_mode(&folder, 0o1777);
    chown(&commit, Some(EVE.uid), None).unwrap();
    assert_eq!(Run::load(&folder).map(drop).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(run(1.0).save(&folder).unwrap_err().kind(), ErrorKind::Exists);
    assert_eq!(own_names(&folder), [".varpack-commit"]);
}

#[test]
fn users_whom_a_namespace_does_not_know_are_not_one() {
    if is_skipped(false) {
        return;
    }
    let unshare = ["unshare", "-U", "-r"];
    if !Command::new("unshare").args(["-U", "-r", "true"]).status().is_ok_and(|it| it.success()) {
        println!("skipped: no user namespaces here");
        return;
    }
    let (_root, folder) = folder_of(ALICE, ALICE.gid, 0o1777);
    let commit = folder.join(".varpack-commit");
    fs::create_dir(&commit).unwrap();
    chown(&commit, Some(EVE.uid), None).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=1002", "--regid=1002", "--clear-groups"]).args(unshare);
    let program = of_user(&[], EVE, CHILD, &folder);
    let words: Vec<_> = program.get_args().skip(3).map(ToOwned::to_owned).collect();
    command.args(words).envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let loaded = said(command, "load");
    assert!(loaded.contains(".varpack-commit"), "{loaded}");
}

/// An access control list as the system keeps it: the owner's, a user's, the group's, the most, and all others'.
fn acl(owner: u8, user: (u32, u8), group: u8, most: u8, others: u8) -> Vec<u8> {
    let no_one = u32::MAX;
    let entries = [
        (1, owner, no_one),
        (2, user.1, user.0),
        (4, group, no_one),
        (16, most, no_one),
        (32, others, no_one),
    ];
    let entries = entries.into_iter().flat_map(|(tag, permissions, id): (u8, u8, u32)| {
        [[tag, 0, permissions, 0], id.to_le_bytes()].concat()
    });
    [2, 0, 0, 0].into_iter().chain(entries).collect()
}

const ACL: &str = "system.posix_acl_access";

/// Gives a file a list; `false` where there are none.
fn set_acl(path: &Path, acl: &[u8]) -> bool {
    let set = rustix::fs::setxattr(path, ACL, acl, rustix::fs::XattrFlags::empty());
    set.inspect_err(|error| println!("skipped: no access control lists here: {error}")).is_ok()
}

fn acl_of(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 << 10);
    rustix::fs::getxattr(path, ACL, rustix::buffer::spare_capacity(&mut bytes)).unwrap();
    bytes
}

#[test]
fn list_of_a_replaced_file_passes_to_its_successor_and_no_group_gets_what_it_kept() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ALICE, ALICE.gid, 0o755);
    let x = folder.join("x.npy");
    let list = acl(6, (BOB.uid, 4), 0, 4, 0);
    if !set_acl(&x, &list) {
        return;
    }
    assert_eq!(act(ALICE, &folder, "save"), "");
    assert_eq!(acl_of(&x), list);
    assert!(act(BOB, &folder, "load").starts_with("2 ["));
    let in_group = User { gid: ALICE.gid, ..EVE };
    assert!(act(in_group, &folder, "load").starts_with("Io"));

    // The group is another afterwards: nobody gets what the list kept.
    let list = acl(6, (BOB.uid, 4), 0, 4, 4);
    for name in ["x.npy", "varpack.json"] {
        chown(folder.join(name), Some(0), Some(0)).unwrap();
    }
    assert!(set_acl(&x, &list));
    assert_eq!(act(ALICE, &folder, "save"), "");
    assert_eq!(acl_of(&x), acl(6, (BOB.uid, 4), 0, 4, 0));
}

#[test]
fn staging_and_commit_folder_have_the_list_of_the_folder() {
    if is_skipped(true) {
        return;
    }
    let (_root, folder) = folder_of(ALICE, ALICE.gid, 0o755);
    let list = acl(7, (BOB.uid, 7), 5, 7, 5);
    if !set_acl(&folder, &list) {
        return;
    }
    let in_group = User { gid: ALICE.gid, ..EVE };
    assert_eq!(act(ALICE, &folder, "load"), "1 []");
    for kill in [KILLS[0], KILLS[1]] {
        killed(ALICE, &folder, kill, "022");
        let is_made = kill != KILLS[0];
        let left = folder.join(if is_made { ".varpack-commit" } else { ".varpack-staging" });
        assert_eq!(acl_of(&left), list);
        assert!(act(in_group, &folder, "save").starts_with("ReadOnly"));
        // Bob is on the list: he may go on.
        assert_eq!(act(BOB, &folder, "save"), "");
        assert_eq!(own_names(&folder), [".varpack.lock"]);
    }
}

#[test]
fn commit_folder_that_has_not_the_list_of_the_folder_is_a_conflict() {
    if is_skipped(false) {
        return;
    }
    let (_root, folder) = folder_of(ALICE, ALICE.gid, 0o755);
    if !set_acl(&folder, &acl(7, (BOB.uid, 7), 5, 7, 5)) {
        return;
    }
    let commit = folder.join(".varpack-commit");
    fs::create_dir(&commit).unwrap();
    chown(&commit, Some(ALICE.uid), Some(ALICE.gid)).unwrap();
    set_mode(&commit, 0o775);
    assert!(act(ALICE, &folder, "load").starts_with("InterruptedSaveConflict"));
}

#[test]
fn umask_that_takes_the_owners_own_permissions_keeps_nobody_from_saving() {
    if is_skipped(false) {
        return;
    }
    for umask in ["0133", "0177"] {
        let (root, folder) = folder_of(ALICE, ALICE.gid, 0o755);
        let mask = format!("umask {umask}; exec \"$0\" \"$@\"");
        let under =
            |folder: &Path, work| said(of_user(&["sh", "-c", &mask], ALICE, CHILD, folder), work);
        assert_eq!(under(&folder, "save"), "", "{umask}");
        assert_eq!(own_names(&folder), [".varpack.lock"]);
        let home = root.path().join("home");
        fs::create_dir(&home).unwrap();
        chown(&home, Some(ALICE.uid), Some(ALICE.gid)).unwrap();
        // The program to run is copied beside the folder.
        set_mode(&home, 0o755);
        let new = home.join("new");
        assert_eq!(under(&new, "make"), "", "{umask}");
        assert_eq!(act(ALICE, &new, "load"), "1 []");
        assert_eq!(fs::read_dir(&home).unwrap().count(), 2);
    }
}
