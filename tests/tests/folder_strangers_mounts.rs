//! What a stranger moves or mounts under a name of the folder's own, in a sticky folder: it is none of the folder's. Run
//! as root, who can be any user.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Recover, SaveOptions, Varpack, recover};
use varpack_tests::child::is_root;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    step: u64,
}

fn run(x: f64) -> Run {
    Run { x: vec![x; 20_000].into(), step: 7 }
}

const ALICE: u32 = 1000;
const BOB: u32 = 1001;
const TEAM: u32 = 3000;

fn is_skipped() -> bool {
    if !is_root() {
        println!("skipped: only root can be other users and mount");
    }
    !is_root()
}

fn give(path: &Path, uid: u32, gid: u32, mode: u32) {
    for entry in fs::read_dir(path).unwrap() {
        chown(entry.unwrap().path(), Some(uid), Some(gid)).unwrap();
    }
    chown(path, Some(uid), Some(gid)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Moves, as a user of the team.
fn moved_by(user: u32, from: &Path, to: &Path) -> bool {
    let user = [format!("--reuid={user}"), format!("--regid={user}"), format!("--groups={TEAM}")];
    Command::new("setpriv").args(user).arg("mv").args([from, to]).status().unwrap().success()
}

#[test]
fn folder_of_the_owner_that_a_stranger_has_moved_in_is_not_emptied() {
    if is_skipped() {
        return;
    }
    for (left, mode) in [
        (".varpack-staging", 0o3775),
        (".varpack-staging", 0o1777),
        (".varpack-discarded", 0o3775),
        (".varpack-commit", 0o3775),
    ] {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data = root.path().join("data");
        for name in ["a", "b"] {
            run(1.0).save_with(data.join(name), &SaveOptions::new().sync(false)).unwrap();
            give(&data.join(name), ALICE, TEAM, mode);
        }
        chown(&data, Some(ALICE), Some(TEAM)).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o2775)).unwrap();
        let there = data.join("b").join(left);
        assert!(moved_by(BOB, &data.join("a"), &there), "{left}");
        let b = data.join("b");
        let error = run(2.0).save_with(&b, &SaveOptions::new().sync(false)).unwrap_err();
        match left {
            ".varpack-commit" => assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict),
            _ => assert_eq!(error.kind(), ErrorKind::Exists, "{error}"),
        }
        assert!(error.to_string().contains(left), "{error}");
        if left != ".varpack-staging" {
            let error = recover(&b, Recover::KeepFolder).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Exists, "{error}");
        }
        assert_eq!(Run::load(&there).unwrap().x[19_999], 1.0, "{left}");
        fs::rename(&there, data.join("a")).unwrap();
        run(2.0).save_with(&b, &SaveOptions::new().sync(false)).unwrap();
    }
}

/// A file system in memory, taken away again.
struct Mount(PathBuf);

impl Mount {
    fn at(path: &Path) -> Option<Self> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "none"]).arg(path);
        let mounted = command.status().is_ok_and(|status| status.success());
        if !mounted {
            println!("skipped: the system does not let root mount");
        }
        mounted.then(|| Self(path.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn load(folder: &Path) -> (f64, String) {
    let loaded = Run::load_with(folder, &LoadOptions::new().mode(Mode::ReadOnly)).unwrap();
    (loaded.x[0], loaded.report().to_string())
}

/// What a commit records of a file.
fn content(path: &Path) -> serde_json::Value {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).unwrap();
    serde_json::json!({
        "ino": found.ino(), "size": found.size(), "mtime": [found.mtime(), found.mtime_nsec()]
    })
}

#[test]
fn file_system_that_is_mounted_on_a_commit_folder_does_not_speak_for_the_folder() {
    if is_skipped() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let folder = root.path().join("run");
    run(1.0).save_with(&folder, &SaveOptions::new().sync(false)).unwrap();
    give(&folder, ALICE, TEAM, 0o1777);
    let commit = folder.join(".varpack-commit");
    fs::create_dir(&commit).unwrap();
    chown(&commit, Some(BOB), Some(BOB)).unwrap();
    let Some(mount) = Mount::at(&commit) else { return };
    // It says of all its files what it likes: here that they are the owner's, and a save that the owner has made.
    let forged = root.path().join("forged");
    run(666.0).save_with(&forged, &SaveOptions::new().sync(false)).unwrap();
    let names = ["x.npy", "__misc_vars__.pickle", "varpack.json"];
    for name in names {
        fs::copy(forged.join(name), commit.join(name)).unwrap();
    }
    let moves = names.map(|name| {
        let (staged, replaces) = (content(&commit.join(name)), content(&folder.join(name)));
        serde_json::json!({"name": name, "staged": staged, "replaces": replaces})
    });
    let record = serde_json::json!({"version": 1, "moves": moves, "removals": []});
    fs::write(commit.join("commit.json"), record.to_string()).unwrap();
    give(&commit, ALICE, TEAM, 0o755);
    let (x, report) = load(&folder);
    assert_eq!(x, 1.0);
    assert!(report.contains(".varpack-commit"), "{report}");
    let error = run(2.0).save_with(&folder, &SaveOptions::new().sync(false)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exists, "{error}");
    assert!(recover(&folder, Recover::KeepCommit).is_err());
    assert_eq!(load(&folder).0, 1.0);
    drop(mount);
    fs::remove_dir(&commit).unwrap();
    run(2.0).save_with(&folder, &SaveOptions::new().sync(false)).unwrap();
    assert_eq!(load(&folder).0, 2.0);
}

#[test]
fn file_system_that_is_mounted_on_a_leftover_is_not_emptied() {
    if is_skipped() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run(1.0).save_with(&folder, &SaveOptions::new().sync(false)).unwrap();
    give(&folder, ALICE, TEAM, 0o1777);
    for name in [".varpack-staging", ".varpack-discarded"] {
        let left = folder.join(name);
        fs::create_dir(&left).unwrap();
        let Some(mount) = Mount::at(&left) else { return };
        fs::write(left.join("x.npy"), "precious").unwrap();
        give(&left, ALICE, TEAM, 0o755);
        let error = run(2.0).save_with(&folder, &SaveOptions::new().sync(false)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exists, "{name}: {error}");
        assert_eq!(fs::read(left.join("x.npy")).unwrap(), b"precious");
        drop(mount);
        fs::remove_dir(&left).unwrap();
    }
}
