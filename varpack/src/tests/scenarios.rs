//! The saves that the crash tests enumerate, and which states of the folder are right.

use super::recover::interrupted;
use super::{SYNCED, State, save, save_copies, save_linked, save_renamed, state, system};
use crate::os::Access;
use crate::os::dir::Dir;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One save, and which states of the folder are right.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// Prepares the folder below the root.
    pub(super) prepare: fn(&Path),
    pub(super) run: fn(&Path),
    /// What it may be instead until the end; empty if there is no state yet.
    pub(super) old: Vec<State>,
    pub(super) new: State,
}

pub(super) fn folder_in(root: &Path) -> PathBuf {
    root.join("7")
}

fn three() -> State {
    state(&[("x.npy", "old x"), ("y.npy", "old y"), ("z.pickle", "old z")])
}

fn prepare_three(folder: &Path) {
    save(folder, &three(), &SYNCED).unwrap();
}

fn pair(x: &str, y: &str) -> State {
    state(&[("x.npy", x), ("y.npy", y)])
}

fn many(text: &str) -> State {
    let names: Vec<String> = (0..140).map(|number| format!("m{number}.npy")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text)).collect();
    state(&files)
}

macro_rules! saves {
    ($folder:ident => $new:expr) => {
        |$folder| drop(save($folder, &$new, &SYNCED).unwrap())
    };
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "new folder",
            prepare: |_| {},
            run: saves!(folder => three()),
            old: vec![],
            new: three(),
        },
        Scenario {
            name: "folder that was empty",
            prepare: |folder| fs::create_dir(folder).unwrap(),
            run: saves!(folder => three()),
            old: vec![],
            new: three(),
        },
        Scenario {
            name: "one array replaced",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "new"), ("y.npy", "old y"), ("z.pickle", "old z")])),
            old: vec![three()],
            new: state(&[("x.npy", "new"), ("y.npy", "old y"), ("z.pickle", "old z")]),
        },
        Scenario {
            name: "all replaced by others of the same size",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "NEW X"), ("y.npy", "NEW Y"), ("z.pickle", "NEW Z")])),
            old: vec![three()],
            new: state(&[("x.npy", "NEW X"), ("y.npy", "NEW Y"), ("z.pickle", "NEW Z")]),
        },
        Scenario {
            name: "map that lost keys",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "old x")])),
            old: vec![three()],
            new: state(&[("x.npy", "old x")]),
        },
        Scenario {
            name: "one replaced, one added, one removed",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "new x"), ("y.npy", "old y"), ("w.npy", "w")])),
            old: vec![three()],
            new: state(&[("x.npy", "new x"), ("y.npy", "old y"), ("w.npy", "w")]),
        },
        Scenario {
            name: "array that became empty",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", ""), ("y.npy", "old y")])),
            old: vec![three()],
            new: state(&[("x.npy", ""), ("y.npy", "old y")]),
        },
        Scenario {
            name: "folder written by a program without locks, with foreign files",
            prepare: |folder| {
                prepare_three(folder);
                fs::remove_file(folder.join(".varpack.lock")).unwrap();
                fs::write(folder.join("notes.txt"), "mine").unwrap();
            },
            run: saves!(folder => state(&[("x.npy", "new x"), ("y.npy", "new y")])),
            old: vec![three()],
            new: state(&[("x.npy", "new x"), ("y.npy", "new y")]),
        },
        Scenario {
            name: "staging left by a killed save",
            prepare: |folder| {
                prepare_three(folder);
                fs::create_dir(folder.join(".varpack-staging")).unwrap();
                fs::write(folder.join(".varpack-staging/x.npy"), "half").unwrap();
            },
            run: saves!(folder => state(&[("x.npy", "new x")])),
            old: vec![three()],
            new: state(&[("x.npy", "new x")]),
        },
        Scenario {
            name: "swapped arrays, copied from each other's files",
            prepare: |folder| drop(save(folder, &pair("old x", "y, old"), &SYNCED).unwrap()),
            run: |folder| {
                let swapped = [("x.npy", "y.npy"), ("y.npy", "x.npy")];
                save_copies(folder, folder, &swapped, &SYNCED).unwrap();
            },
            old: vec![pair("old x", "y, old")],
            new: pair("y, old", "old x"),
        },
        Scenario {
            name: "arrays that get other names, beside one replaced, one added and one removed",
            prepare: |folder| {
                let old =
                    [("x.npy", "old x"), ("y.npy", "y, old"), ("z.npy", "z"), ("v.npy", "old v")];
                drop(save(folder, &state(&old), &SYNCED).unwrap());
            },
            run: |folder| {
                let names = [("a.npy", "x.npy"), ("b.npy", "y.npy")];
                save_renamed(folder, &names, &renamed(), &SYNCED).unwrap();
            },
            old: vec![state(&[
                ("x.npy", "old x"),
                ("y.npy", "y, old"),
                ("z.npy", "z"),
                ("v.npy", "old v"),
            ])],
            new: renamed(),
        },
        Scenario {
            name: "saved into another folder, copied from the first",
            prepare: |folder| {
                save(folder, &pair("old x", "old y"), &SYNCED).unwrap();
                save(&folder.with_file_name("6"), &pair("their x", "their y"), &SYNCED).unwrap();
            },
            run: |folder| {
                let same = [("x.npy", "x.npy"), ("y.npy", "y.npy")];
                save_copies(folder, &folder.with_file_name("6"), &same, &SYNCED).unwrap();
            },
            old: vec![pair("old x", "old y")],
            new: pair("their x", "their y"),
        },
        Scenario {
            name: "saved into a new folder, copied from another",
            prepare: |folder| {
                save(&folder.with_file_name("6"), &pair("their x", "their y"), &SYNCED).unwrap();
            },
            run: |folder| {
                let same = [("x.npy", "x.npy"), ("y.npy", "y.npy")];
                save_copies(folder, &folder.with_file_name("6"), &same, &SYNCED).unwrap();
            },
            old: vec![],
            new: pair("their x", "their y"),
        },
        Scenario {
            name: "new folder whose arrays are linked and not written",
            prepare: |_| {},
            run: |folder| drop(save_linked(folder, &three(), &SYNCED).unwrap()),
            old: vec![],
            new: three(),
        },
        Scenario {
            name: "arrays linked and not written: one replaced, one added",
            prepare: prepare_three,
            run: |folder| drop(save_linked(folder, &before_edit(), &SYNCED).unwrap()),
            old: vec![three()],
            new: before_edit(),
        },
        Scenario {
            name: "recovery of a commit of which nothing is moved",
            prepare: |folder| interrupted(folder, 0),
            run: |folder| super::finish(folder).unwrap(),
            old: vec![super::recover::new()],
            new: super::recover::new(),
        },
        Scenario {
            name: "recovery of a commit of which one file is moved",
            prepare: |folder| interrupted(folder, 1),
            run: |folder| super::finish(folder).unwrap(),
            old: vec![super::recover::new()],
            new: super::recover::new(),
        },
        Scenario {
            name: "save after an interrupted one",
            prepare: |folder| interrupted(folder, 1),
            run: saves!(folder => state(&[("x.npy", "newest"), ("w.npy", "w")])),
            old: vec![super::recover::new()],
            new: state(&[("x.npy", "newest"), ("w.npy", "w")]),
        },
        Scenario {
            name: "more files than are synced one by one",
            prepare: |folder| drop(save(folder, &many("old"), &SYNCED).unwrap()),
            run: saves!(folder => many("new!")),
            old: vec![many("old")],
            new: many("new!"),
        },
    ]
}

fn renamed() -> State {
    state(&[("a.npy", "old x"), ("b.npy", "y, old"), ("v.npy", "new v"), ("w.npy", "w")])
}

/// A save that moves, adds and removes, then an edit in place that is flushed: neither may be lost to
/// what is left of the other.
pub(super) fn save_and_edit() -> Scenario {
    Scenario {
        name: "save and edit",
        prepare: prepare_three,
        run: |folder| {
            save(folder, &before_edit(), &SYNCED).unwrap();
            edit(folder);
        },
        old: vec![three(), before_edit()],
        new: state(&[("x.npy", "New x"), ("y.npy", "old y"), ("w.npy", "w")]),
    }
}

/// The same, but the save links its arrays and does not write them.
pub(super) fn link_and_edit() -> Scenario {
    Scenario {
        name: "save that links, and edit",
        run: |folder| {
            save_linked(folder, &before_edit(), &SYNCED).unwrap();
            edit(folder);
        },
        ..save_and_edit()
    }
}

fn before_edit() -> State {
    state(&[("x.npy", "new x"), ("y.npy", "old y"), ("w.npy", "w")])
}

fn edit(folder: &Path) {
    let dir = Dir::open(&system(), folder).unwrap();
    let file = dir.open_as("x.npy", Access::ReadWrite).unwrap().0;
    (&file).write_all(b"N").unwrap();
    file.sync().unwrap();
    dir.identity("x.npy").unwrap();
}
