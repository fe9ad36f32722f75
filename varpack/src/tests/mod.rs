//! The tests that only the inside reaches (locks, kills, power cuts, failing calls, other file systems), and what they
//! share: small saves, and a way to put another file system beneath.

mod after_errors;
mod commit;
mod copy;
mod crash;
mod faults;
mod folder;
mod kill;
mod lock;
mod made;
mod model;
mod observed;
mod pending;
mod posix;
mod puppet;
mod recover;
mod renamed;
mod scenarios;
mod scratch;
mod single_npy;

use crate::os::dir::{Dir, Identity};
use crate::os::{FileSystem, Stat, System};
use crate::store::commit::{Commit, Committed};
use crate::store::copy_source::Original;
use crate::store::folder::Folder;
use crate::store::options::CommitOptions;
use crate::store::record::mutant::ignoring_identity;
use crate::store::recover::finish_earlier;
use crate::store::trust::Trust;
use crate::{Error, ErrorKind, LoadOptions, Result, SaveOptions};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

thread_local! {
    static SYSTEM: RefCell<System> = RefCell::default();
}

/// What a test of this thread works on.
fn system() -> System {
    SYSTEM.with_borrow(System::clone)
}

/// Runs a closure on top of another file system.
fn on_system<T>(file_system: Arc<dyn FileSystem>, run: impl FnOnce() -> T) -> T {
    let before = SYSTEM.replace(System::new(file_system));
    let result = run();
    SYSTEM.set(before);
    result
}

fn loading() -> LoadOptions {
    LoadOptions { system: system(), ..LoadOptions::new() }
}

fn saving() -> SaveOptions {
    SaveOptions { system: system(), ..SaveOptions::new() }
}

/// The content of a folder, by name, without its lock file.
type State = BTreeMap<String, Vec<u8>>;

fn state(files: &[(&str, &str)]) -> State {
    let mut state: State =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    let manifest = manifest(files.iter().map(|(name, _)| *name));
    state.insert("varpack.json".to_owned(), manifest);
    state
}

fn manifest<'a>(files: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut object = serde_json::Map::new();
    for file in files {
        let name = file.split('.').next().unwrap();
        object.insert(
            name.to_owned(),
            serde_json::json!({"filename": file, "size": 1, "files": [file]}),
        );
    }
    serde_json::to_vec(&object).unwrap()
}

/// What is on disk, with all that should not be there.
fn on_disk(folder: &Path) -> State {
    let mut state = State::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            for (inner, bytes) in on_disk(&entry.path()) {
                state.insert(format!("{name}/{inner}"), bytes);
            }
            state.insert(format!("{name}/"), Vec::new());
        } else if name != ".varpack.lock" {
            state.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    state
}

/// Finishes an unfinished commit, as the next save does.
fn finish(folder: &Path) -> Result<()> {
    let folder = Folder::open(&system(), folder, None)?;
    let _writer = folder.take_writer(None, true)?;
    finish_earlier(&folder)
}

/// What a load sees, through an unfinished commit too, or once that is finished.
fn seen(folder: &Path, finished: bool) -> Result<State> {
    if finished {
        finish(folder)?;
    }
    let folder = Folder::open(&system(), folder, None)?;
    let snapshot = folder.snapshot(Trust::default(), true)?;
    let manifest = snapshot.read_manifest()?;
    let variables: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&manifest)
        .map_err(|error| Error::msg(ErrorKind::Manifest, error.to_string()))?;
    let mut state = State::new();
    for variable in variables.values() {
        let name = variable["filename"].as_str().unwrap();
        state.insert(name.to_owned(), snapshot.read_pickle(name)?.0);
    }
    state.insert("varpack.json".to_owned(), manifest);
    match snapshot.is_stable()? {
        true => Ok(state),
        false => Err(Error::msg(ErrorKind::Busy, "changed while it was read")),
    }
}

/// On one thread: operations come in one order.
const SYNCED: CommitOptions = CommitOptions {
    sync: true,
    wait: None,
    threads: 1,
    without_lock: false,
    into: None,
    progress: None,
    writer: None,
};
const UNSYNCED: CommitOptions = CommitOptions { sync: false, ..SYNCED };

/// Makes a folder hold a state, as a save does: changed files are staged, those left out removed.
fn save(folder: &Path, new: &State, options: &CommitOptions) -> Result<BTreeMap<String, Identity>> {
    save_held(folder, new, &[], options)
}

/// Ends a save; an error after its commit point is one too.
fn end(commit: Commit, manifest: &[u8]) -> Result<BTreeMap<String, Identity>> {
    let Committed { identities, outcome, .. } = commit.finish(manifest)?;
    outcome.map(|()| identities)
}

fn save_held(
    folder: &Path,
    new: &State,
    held: &[Arc<Folder>],
    options: &CommitOptions,
) -> Result<BTreeMap<String, Identity>> {
    let commit = Commit::begin(&system(), folder, held, options)?;
    stage_state(&commit, new)?;
    end(commit, &new["varpack.json"])
}

/// Makes files of a folder copies of another folder's, or of each other: `(name, original)`.
fn save_copies(
    folder: &Path,
    from: &Path,
    copies: &[(&str, &str)],
    options: &CommitOptions,
) -> Result<()> {
    let commit = Commit::begin(&system(), folder, &[], options)?;
    let from = Dir::open(&system(), from)?;
    for (name, original) in copies {
        let identity = from.identity(original)?.unwrap();
        let original = Original { dir: &from, name: (*original).to_owned(), identity };
        let replaces = commit.dir().map(|dir| dir.stat(name)).transpose()?.flatten();
        let (bytes, _) = from.read_file(&original.name, 1 << 20)?;
        commit.stage(name, identity.size, replaces, |out| {
            if out.copy(&original, b"")? {
                return Ok(());
            }
            out.put(&bytes)
        })?;
    }
    end(commit, &manifest(copies.iter().map(|(name, _)| *name))).map(drop)
}

/// Makes a folder hold a state, its changed arrays written as files without a name and linked.
fn save_linked(
    folder: &Path,
    new: &State,
    options: &CommitOptions,
) -> Result<BTreeMap<String, Identity>> {
    let commit = Commit::begin(&system(), folder, &[], options)?;
    let beside = Dir::open(&system(), folder.parent().unwrap())?;
    stage_changed(&commit, new, |name, bytes, replaces| {
        if name.ends_with(".npy") {
            let file = beside.make_unnamed(0o666)?;
            let mut left = bytes;
            while !left.is_empty() {
                let written = (&file).write(left);
                let failed = |error| Error::io("cannot write", beside.path(), error);
                left = left.split_at(written.map_err(failed)?).1;
            }
            if commit.stage_unnamed(name, &file, replaces)? {
                return Ok(());
            }
        }
        stage_bytes(&commit, name, bytes, replaces)
    })?;
    end(commit, &new["varpack.json"])
}

/// Gives files of the folder other names, `(name, original)`, and makes it hold this state otherwise as [`save`] does.
fn save_renamed(
    folder: &Path,
    renamed: &[(&str, &str)],
    new: &State,
    options: &CommitOptions,
) -> Result<()> {
    let commit = Commit::begin(&system(), folder, &[], options)?;
    let dir = commit.dir().unwrap();
    let mut rest = new.clone();
    for (name, original) in renamed {
        let identity = dir.identity(original)?.unwrap();
        let original = Original { dir, name: (*original).to_owned(), identity };
        if commit.stage_renamed(name, &original, b"", identity.size)? {
            rest.remove(*name);
        }
    }
    stage_state(&commit, &rest)?;
    end(commit, &new["varpack.json"]).map(drop)
}

/// Stages what differs from the folder.
fn stage_state(commit: &Commit, new: &State) -> Result<()> {
    stage_changed(commit, new, |name, bytes, replaces| stage_bytes(commit, name, bytes, replaces))
}

fn stage_bytes(commit: &Commit, name: &str, bytes: &[u8], replaces: Option<Stat>) -> Result<()> {
    commit.stage(name, u64::try_from(bytes.len()).unwrap(), replaces, |out| out.put(bytes))
}

/// Calls `stage` with each file that differs from the folder's, and notes those that are left out.
fn stage_changed(
    commit: &Commit,
    new: &State,
    stage: impl Fn(&str, &[u8], Option<Stat>) -> Result<()>,
) -> Result<()> {
    let mut found = BTreeMap::new();
    if let Some(dir) = commit.dir() {
        for name in dir.list(1000)? {
            let name = name.into_string().unwrap();
            let owned = name.ends_with(".npy") || name.ends_with(".pickle");
            if owned {
                // Without locks another save may have removed it.
                let Some(stat) = dir.stat(&name)? else { continue };
                if !new.contains_key(&name) {
                    commit.remove(&name, &stat)?;
                }
                found.insert(name, stat);
            }
        }
    }
    for (name, bytes) in new {
        let present = found.get(name).copied();
        if name == "varpack.json" || (present.is_some() && is_equal(commit.dir(), name, bytes)?) {
            continue;
        }
        stage(name, bytes, present)?;
    }
    Ok(())
}

fn is_equal(dir: Option<&Dir>, name: &str, bytes: &[u8]) -> Result<bool> {
    match dir {
        Some(dir) => Ok(dir.read_file(name, 1 << 30)?.0 == bytes),
        None => Ok(false),
    }
}

/// What tells this state of a file from another, by the standard library.
fn identity_of(path: &std::path::Path) -> crate::os::dir::Identity {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).unwrap();
    crate::os::dir::Identity {
        dev: metadata.dev(),
        ino: metadata.ino(),
        size: metadata.size(),
        ctime: Some((metadata.ctime(), metadata.ctime_nsec())),
        mtime: (metadata.mtime(), metadata.mtime_nsec()),
    }
}
