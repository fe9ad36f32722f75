//! Settling an interrupted save through the public function, on folders made by hand as the format says.

#![cfg(unix)]

use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::{TempDir, tempdir};
use varpack::pickle::Value;
use varpack::{ErrorKind, Pack, Recover, recover};
use varpack_tests::faults::mount::{Mount, run, skipped};
use varpack_tests::folders::content;

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

const OLD_MANIFEST: &str =
    r#"{"x": {"size": 3, "filename": "x.npy"}, "y": {"size": 3, "filename": "y.npy"}}"#;
const NEW_MANIFEST: &str = r#"{"x": {"size": 3, "filename": "x.npy"}}"#;

/// A commit that replaces `x.npy` and removes `y.npy`, killed right after its commit point.
fn interrupted() -> TempDir {
    let root = tempdir().unwrap();
    let (folder, commit) = (root.path(), root.path().join(".varpack-commit"));
    fs::create_dir(&commit).unwrap();
    for (path, text) in [
        (folder.join("x.npy"), "old"),
        (folder.join("y.npy"), "old"),
        (folder.join("varpack.json"), OLD_MANIFEST),
        (commit.join("x.npy"), "new"),
        (commit.join("varpack.json"), NEW_MANIFEST),
    ] {
        fs::write(path, text).unwrap();
    }
    let moves = ["varpack.json", "x.npy"].map(|name| {
        json!({
            "name": name,
            "staged": content(&commit.join(name)),
            "replaces": content(&folder.join(name)),
        })
    });
    let removals = [json!({"name": "y.npy", "content": content(&folder.join("y.npy"))})];
    let record = json!({"version": 1, "moves": moves, "removals": removals});
    fs::write(commit.join("commit.json"), record.to_string()).unwrap();
    root
}

#[test]
fn kept_commit_is_moved_into_place_and_its_leftovers_are_removed() {
    let root = interrupted();
    recover(root.path(), Recover::KeepCommit).unwrap();
    assert_eq!(text(&root.path().join("x.npy")), "new");
    assert_eq!(text(&root.path().join("varpack.json")), NEW_MANIFEST);
    assert!(!root.path().join("y.npy").exists());
    assert!(!root.path().join(".varpack-commit").exists());
}

#[test]
fn kept_folder_is_as_it_was_and_the_commit_is_gone() {
    let root = interrupted();
    recover(root.path(), Recover::KeepFolder).unwrap();
    assert_eq!(text(&root.path().join("x.npy")), "old");
    assert_eq!(text(&root.path().join("y.npy")), "old");
    assert_eq!(text(&root.path().join("varpack.json")), OLD_MANIFEST);
    assert!(!root.path().join(".varpack-commit").exists());
}

/// An overlay, as a container's image is seen, whose lower layer holds a folder as a killed save has left it. The layers
/// go with the second.
fn in_a_lower_layer(left: &TempDir) -> Option<(Mount, Mount)> {
    let mounted = Mount::new(&["-t", "tmpfs", "tmpfs"]).and_then(|layers| {
        let [lower, upper, work] = ["lower", "upper", "work"].map(|name| layers.path().join(name));
        for layer in [&lower, &upper, &work] {
            fs::create_dir(layer).unwrap();
        }
        let (from, to) = (left.path().to_str().unwrap(), lower.join("run"));
        run("cp", ["-a", from, to.to_str().unwrap()])?;
        let [lower, upper, work] = [lower, upper, work].map(|layer| layer.display().to_string());
        // As it is by default: what is in the lower layer is no folder that can be moved.
        let options = format!("lowerdir={lower},upperdir={upper},workdir={work},redirect_dir=off");
        Ok((Mount::new(&["-t", "overlay", "-o", &options, "overlay"])?, layers))
    });
    mounted.map_err(|why| skipped("folders of a lower layer", &why)).ok()
}

#[test]
fn staging_folder_in_a_lower_layer_of_an_overlay_is_removed_by_the_next_save() {
    let root = tempdir().unwrap();
    let mut pack = Pack::new();
    pack.insert("step", Value::from(1)).unwrap();
    pack.save_to(root.path()).unwrap();
    let staging = root.path().join(".varpack-staging");
    fs::create_dir(&staging).unwrap();
    for name in ["x.npy", "varpack.json", "commit.json"] {
        fs::write(staging.join(name), "new").unwrap();
    }
    let Some((mount, _layers)) = in_a_lower_layer(&root) else { return };
    let folder = mount.path().join("run");
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("step", Value::from(2)).unwrap();
    pack.save().unwrap();
    assert_eq!(Pack::open(&folder).unwrap().value::<i64>("step").unwrap(), 2);
    let mut names: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".varpack.lock", "__misc_vars__.pickle", "varpack.json"]);
}

#[test]
fn commit_in_a_lower_layer_of_an_overlay_is_discarded_as_any_other() {
    let root = interrupted();
    let Some((mount, _layers)) = in_a_lower_layer(&root) else { return };
    let folder = mount.path().join("run");
    recover(&folder, Recover::KeepFolder).unwrap();
    assert_eq!(text(&folder.join("x.npy")), "old");
    assert_eq!(text(&folder.join("varpack.json")), OLD_MANIFEST);
    for name in [".varpack-commit", ".varpack-discarded"] {
        assert!(!folder.join(name).exists(), "{name}");
    }
}

#[test]
fn commit_that_was_being_discarded_where_it_stands_is_no_commit_and_can_be_discarded_again() {
    let root = interrupted();
    fs::remove_file(root.path().join(".varpack-commit/commit.json")).unwrap();
    let error = recover(root.path(), Recover::KeepCommit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert_eq!(text(&root.path().join("x.npy")), "old");
    recover(root.path(), Recover::KeepFolder).unwrap();
    assert_eq!(text(&root.path().join("x.npy")), "old");
    assert!(!root.path().join(".varpack-commit").exists());
}

#[test]
fn relative_path_to_the_folder_works() {
    let root = interrupted();
    std::env::set_current_dir(root.path()).unwrap();
    recover(".", Recover::KeepCommit).unwrap();
    assert_eq!(text(&root.path().join("x.npy")), "new");
}

#[test]
fn commit_with_a_stranger_s_file_moves_nothing() {
    let root = interrupted();
    fs::write(root.path().join(".varpack-commit/thesis.docx"), "theirs").unwrap();
    let error = recover(root.path(), Recover::KeepCommit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict);
    assert!(error.to_string().contains("thesis.docx"), "{error}");
    assert_eq!(text(&root.path().join("x.npy")), "old");
}

#[test]
fn link_in_place_of_the_commit_folder_is_not_followed() {
    let elsewhere = interrupted();
    let root = tempdir().unwrap();
    let link = root.path().join(".varpack-commit");
    symlink(elsewhere.path().join(".varpack-commit"), &link).unwrap();
    let error = recover(root.path(), Recover::KeepCommit).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::FileType, Some(link.as_path())));
    assert_eq!((error.expected(), error.found()), (Some("a folder"), Some("a symbolic link")));
    recover(root.path(), Recover::KeepFolder).unwrap();
    assert!(!link.is_symlink());
    assert!(elsewhere.path().join(".varpack-commit/x.npy").exists());
}

#[test]
fn missing_folder_is_an_error_that_names_it() {
    let root = tempdir().unwrap();
    let missing = root.path().join("7");
    let error = recover(&missing, Recover::KeepFolder).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::NotFound, Some(missing.as_path())));
}
