//! What a save has made is its own, whosever the file system shows it to be; what others put in its place is not.

use super::observed::{Observed, Observer, Step};
use super::{SYNCED, on_disk, on_system, save, seen, state};
use crate::ErrorKind;
use crate::os::{Stat, effective_user};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::tempdir;

const NOBODY: u32 = 65_534;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A mount that shows files as nobody's: all, or those of root alone, and gives none away.
struct Squashing {
    all: bool,
}

impl Observer for Squashing {
    fn before(&self, step: &Step<'_>) -> io::Result<()> {
        match step.operation {
            "set_owner" => Err(io::ErrorKind::PermissionDenied.into()),
            "set_mode" if self.all => Err(io::ErrorKind::PermissionDenied.into()),
            _ => Ok(()),
        }
    }

    fn translate(&self, stat: Stat) -> Stat {
        match self.all || stat.uid == 0 {
            true => Stat { uid: NOBODY, gid: NOBODY, ..stat },
            false => stat,
        }
    }
}

#[test]
fn folder_is_made_and_saved_to_on_a_mount_that_shows_files_as_anothers() {
    for (all, mode) in
        [(true, 0o755), (true, 0o777), (true, 0o1777), (false, 0o777), (false, 0o1777)]
    {
        let root = tempdir().unwrap();
        if !all && chown(root.path(), Some(1000), Some(1000)).is_err() {
            println!("skipped: only root is squashed");
            continue;
        }
        set_mode(root.path(), mode);
        let folder = root.path().join("7");
        on_system(Observed::by(Squashing { all }), || {
            for text in ["one", "two"] {
                let state = state(&[("x.npy", text)]);
                save(&folder, &state, &SYNCED).unwrap();
                assert_eq!(seen(&folder, true).unwrap(), state, "{all} {mode:o}");
            }
        });
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "{all} {mode:o}");
        assert_eq!(on_disk(&folder), state(&[("x.npy", "two")]));
    }
}

#[test]
fn squashed_root_that_may_not_replace_the_files_of_a_sticky_folder_leaves_no_trace() {
    if effective_user() != 0 {
        println!("skipped: only root is squashed");
        return;
    }
    let root = tempdir().unwrap();
    let old = state(&[("x.npy", "one")]);
    save(root.path(), &old, &SYNCED).unwrap();
    for entry in fs::read_dir(root.path()).unwrap() {
        chown(entry.unwrap().path(), Some(1000), Some(1000)).unwrap();
    }
    chown(root.path(), Some(1000), Some(1000)).unwrap();
    set_mode(root.path(), 0o1777);
    let squashing = Observed::by(Squashing { all: false });
    let saved = on_system(squashing, || save(root.path(), &state(&[("x.npy", "two")]), &SYNCED));
    let error = saved.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert_eq!(on_disk(root.path()), old);
}

/// Another save takes the empty folder that this one has just made for a leftover, and a third one makes its own of
/// that name before this one has come to look.
struct Overtaking(PathBuf);

impl Observer for Overtaking {
    fn after(&self, step: &Step<'_>) {
        if step.operation == "make_folder" && self.0.ends_with(step.name) {
            fs::remove_dir(&self.0).unwrap();
        }
    }

    fn before(&self, step: &Step<'_>) -> io::Result<()> {
        if step.operation == "remove_folder" && self.0.ends_with(step.name) && !self.0.exists() {
            fs::create_dir(&self.0).unwrap();
            fs::write(self.0.join("x.npy"), "theirs").unwrap();
        }
        Ok(())
    }
}

#[test]
fn folder_that_has_gone_while_another_save_makes_its_own_is_no_error_but_that_it_is_contended() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let overtaking = Observed::by(Overtaking(root.path().join(".7.varpack-new")));
    let saved = on_system(overtaking, || save(&folder, &state(&[("y.npy", "one")]), &SYNCED));
    let error = saved.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

/// A race that is always won: whatever is made under the name is moved aside at once, and a private folder of
/// this user is moved into its place.
struct Swapping {
    place: PathBuf,
    private: PathBuf,
}

impl Observer for Swapping {
    fn after(&self, step: &Step<'_>) {
        if step.operation == "make_folder" && self.place.ends_with(step.name) {
            fs::rename(&self.place, self.place.with_file_name("aside")).unwrap();
            fs::rename(&self.private, &self.place).unwrap();
        }
    }
}

#[test]
fn private_folder_that_is_put_in_the_place_of_one_just_made_is_neither_opened_to_others_nor_used() {
    for is_new in [false, true] {
        for secret in [true, false] {
            let root = tempdir().unwrap();
            let folder = root.path().join("7");
            let place = if is_new {
                root.path().join(".7.varpack-new")
            } else {
                save(&folder, &state(&[("x.npy", "one")]), &SYNCED).unwrap();
                folder.join(".varpack-staging")
            };
            let within = place.parent().unwrap();
            set_mode(within, 0o777);
            let private = within.join("private");
            fs::create_dir(&private).unwrap();
            if secret {
                fs::write(private.join("key"), "secret").unwrap();
            }
            set_mode(&private, 0o700);
            File::open(&private).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
            let swapping = Observed::by(Swapping { place: place.clone(), private });
            let saved = on_system(swapping, || save(&folder, &state(&[("x.npy", "two")]), &SYNCED));
            let error = saved.unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::Stale, Some(place.as_path())));
            assert_eq!(mode_of(&place), 0o700);
            assert_eq!(fs::read_dir(&place).unwrap().count(), usize::from(secret));
        }
    }
}
