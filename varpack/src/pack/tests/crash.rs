//! Power cuts at every operation of a save, with every loss that the medium may add: old or new state,
//! never a mix; once the save has returned, the new one.

use super::model::{Disk, Recorder, Recording, Unsynced};
use super::observed::Observed;
use super::recover::interrupted;
use super::{SYNCED, State, on_disk, on_system, save, seen, state};
use crate::pack::fs::Dir;
use crate::pack::lock::Folder;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::{TempDir, tempdir};

/// One save, and which states of the folder are right.
struct Scenario {
    name: &'static str,
    /// Prepares the folder below the root.
    prepare: fn(&Path),
    run: fn(&Path),
    /// `None`: there is no folder.
    old: Option<State>,
    new: State,
}

fn folder_in(root: &Path) -> PathBuf {
    root.join("7")
}

fn three() -> State {
    state(&[("x.npy", "old x"), ("y.npy", "old y"), ("z.pickle", "old z")])
}

fn prepare_three(folder: &Path) {
    save(folder, &three(), &SYNCED).unwrap();
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

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "new folder",
            prepare: |_| {},
            run: saves!(folder => three()),
            old: None,
            new: three(),
        },
        Scenario {
            name: "folder that was empty",
            prepare: |folder| fs::create_dir(folder).unwrap(),
            run: saves!(folder => three()),
            old: None,
            new: three(),
        },
        Scenario {
            name: "one array replaced",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "new"), ("y.npy", "old y"), ("z.pickle", "old z")])),
            old: Some(three()),
            new: state(&[("x.npy", "new"), ("y.npy", "old y"), ("z.pickle", "old z")]),
        },
        Scenario {
            name: "all replaced by others of the same size",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "NEW X"), ("y.npy", "NEW Y"), ("z.pickle", "NEW Z")])),
            old: Some(three()),
            new: state(&[("x.npy", "NEW X"), ("y.npy", "NEW Y"), ("z.pickle", "NEW Z")]),
        },
        Scenario {
            name: "map that lost keys",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "old x")])),
            old: Some(three()),
            new: state(&[("x.npy", "old x")]),
        },
        Scenario {
            name: "one replaced, one added, one removed",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", "new x"), ("y.npy", "old y"), ("w.npy", "w")])),
            old: Some(three()),
            new: state(&[("x.npy", "new x"), ("y.npy", "old y"), ("w.npy", "w")]),
        },
        Scenario {
            name: "array that became empty",
            prepare: prepare_three,
            run: saves!(folder => state(&[("x.npy", ""), ("y.npy", "old y")])),
            old: Some(three()),
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
            old: Some(three()),
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
            old: Some(three()),
            new: state(&[("x.npy", "new x")]),
        },
        Scenario {
            name: "recovery of a commit of which nothing is moved",
            prepare: |folder| interrupted(folder, 0),
            run: |folder| drop(Folder::open(folder, true, None).unwrap()),
            old: Some(super::recover::new()),
            new: super::recover::new(),
        },
        Scenario {
            name: "recovery of a commit of which one file is moved",
            prepare: |folder| interrupted(folder, 1),
            run: |folder| drop(Folder::open(folder, true, None).unwrap()),
            old: Some(super::recover::new()),
            new: super::recover::new(),
        },
        Scenario {
            name: "save after an interrupted one",
            prepare: |folder| interrupted(folder, 1),
            run: saves!(folder => state(&[("x.npy", "newest"), ("w.npy", "w")])),
            old: Some(super::recover::new()),
            new: state(&[("x.npy", "newest"), ("w.npy", "w")]),
        },
        Scenario {
            name: "more files than are synced one by one",
            prepare: |folder| drop(save(folder, &many("old"), &SYNCED).unwrap()),
            run: saves!(folder => many("new!")),
            old: Some(many("old")),
            new: many("new!"),
        },
    ]
}

#[derive(Debug, Default)]
struct Tally {
    operations: usize,
    states: usize,
    old: usize,
    new: usize,
    wrong: Vec<String>,
}

fn record(scenario: &Scenario) -> (TempDir, Recording) {
    let root = tempdir().unwrap();
    let folder = folder_in(root.path());
    (scenario.prepare)(&folder);
    let recording = Recording::of(root.path());
    on_system(Observed::by(Recorder(Arc::clone(&recording))), || (scenario.run)(&folder));
    let recording = recording.lock().unwrap().clone();
    (root, recording)
}

/// The disks that a power cut after `n` operations may leave.
fn disks(recording: &Recording, n: usize) -> Vec<Disk> {
    let undurable = recording.undurable(n);
    let all_but = |kept: &[usize]| -> Vec<usize> {
        undurable.iter().copied().filter(|index| !kept.contains(index)).collect()
    };
    let mut losses = vec![Vec::new(), undurable.clone()];
    for (position, &index) in undurable.iter().enumerate() {
        // One lost, one kept, and those up to here kept: then each second loss beside it.
        losses.extend([vec![index], all_but(&[index]), all_but(undurable.split_at(position).0)]);
        let later = undurable.iter().skip(position + 1).take(12);
        losses.extend(later.map(|&second| vec![index, second]));
    }
    let contents = [Unsynced::Kept, Unsynced::Lost, Unsynced::Half, Unsynced::Zeroed];
    let pairs = losses.iter().flat_map(|lost| contents.map(|content| (lost, content)));
    pairs.map(|(lost, content)| recording.disk(n, lost, content)).collect()
}

fn enumerate(scenario: &Scenario, recording: &Recording, deep: bool) -> Tally {
    let mut tally = Tally { operations: recording.ops.len(), ..Tally::default() };
    let end = recording.ops.len();
    let mut rebuilt = HashSet::new();
    let scratch = tempdir().unwrap();
    for n in 0..=end {
        let disks = match deep || n == end {
            true => disks(recording, n),
            false => [Unsynced::Kept, Unsynced::Lost]
                .into_iter()
                .flat_map(|content| {
                    [Vec::new(), recording.undurable(n)].map(|lost| recording.disk(n, &lost, content))
                })
                .collect(),
        };
        for disk in disks {
            // A disk that comes again is another case only if the save has returned.
            if !rebuilt.insert((disk.clone(), n == end)) {
                continue;
            }
            tally.states += 1;
            let root = scratch.path().join(tally.states.to_string());
            let restored = disk.write_to(&root, &recording.known(n));
            let folder = folder_in(&root);
            let at = format!("{}: after {n} of {end}", scenario.name);
            on_system(Observed::by(restored), || {
                match judge(scenario, &folder, &at) {
                    Ok(true) => tally.new += 1,
                    Ok(false) if n == end => tally.wrong.push(format!("{at}: lost after its end")),
                    Ok(false) => tally.old += 1,
                    Err(wrong) => tally.wrong.push(wrong),
                }
            });
            fs::remove_dir_all(&root).unwrap();
        }
    }
    tally
}

/// Whether the folder is in the new state and not in the old, and the next save goes well.
fn judge(scenario: &Scenario, folder: &Path, at: &str) -> Result<bool, String> {
    let is_new = if folder.join("varpack.json").exists() || folder.join(".varpack-commit").exists() {
        let found = seen(folder, false).map_err(|error| format!("{at}: {error}"))?;
        let repaired = seen(folder, true).map_err(|error| format!("{at}: {error}"))?;
        if found != repaired {
            return Err(format!("{at}: {found:?} became {repaired:?} by recovery"));
        }
        if found != scenario.new && Some(&found) != scenario.old.as_ref() {
            return Err(format!("{at}: neither old nor new but {found:?}"));
        }
        found == scenario.new
    } else if scenario.old.is_none() {
        false
    } else {
        return Err(format!("{at}: nothing left"));
    };
    save(folder, &scenario.new, &SYNCED).map_err(|error| format!("{at}: next save: {error}"))?;
    let mut left = on_disk(folder);
    left.remove("notes.txt");
    if left != scenario.new {
        return Err(format!("{at}: the next save leaves {left:?}"));
    }
    Ok(is_new)
}

#[test]
fn power_cut_at_any_operation_leaves_the_old_or_the_new_state() {
    let mut total = Tally::default();
    for scenario in scenarios() {
        let (_root, recording) = record(&scenario);
        let tally = enumerate(&scenario, &recording, recording.ops.len() < 400);
        println!(
            "{}: {} operations, {} crash states: {} old, {} new, {} wrong",
            scenario.name,
            tally.operations,
            tally.states,
            tally.old,
            tally.new,
            tally.wrong.len()
        );
        total.operations += tally.operations;
        total.states += tally.states;
        total.old += tally.old;
        total.new += tally.new;
        total.wrong.extend(tally.wrong);
    }
    println!(
        "in all: {} operations, {} crash states: {} old, {} new, {} wrong",
        total.operations,
        total.states,
        total.old,
        total.new,
        total.wrong.len()
    );
    assert!(total.wrong.is_empty(), "{:#?}", total.wrong.iter().take(5).collect::<Vec<_>>());
    assert!(total.states > 2_000);
}

#[test]
fn each_sync_left_out_is_noticed_by_the_enumeration() {
    let scenario = scenarios()
        .into_iter()
        .find(|scenario| scenario.name == "one replaced, one added, one removed")
        .unwrap();
    let edited = Scenario { run: save_and_edit, new: edited_state(), ..scenario };
    let (_root, recording) = record(&edited);
    let syncs: Vec<usize> = recording
        .ops
        .iter()
        .enumerate()
        .filter(|(_, op)| op.is_sync())
        .map(|(index, _)| index)
        .collect();
    assert!(syncs.len() >= 9, "{syncs:?}");
    for index in syncs {
        let mut mutant = recording.clone();
        let left_out = mutant.ops.remove(index);
        let tally = enumerate(&edited, &mutant, true);
        assert!(!tally.wrong.is_empty(), "nobody missed {index}: {left_out:?}");
    }
}

/// A save, and an edit in place that is flushed: it must not be lost to the end of the save.
fn save_and_edit(folder: &Path) {
    let new = state(&[("x.npy", "new x"), ("y.npy", "old y"), ("w.npy", "w")]);
    save(folder, &new, &SYNCED).unwrap();
    let dir = Dir::open(folder).unwrap();
    let file = dir.open_file_rw("x.npy").unwrap();
    for byte in b"edited x" {
        assert_eq!(dir.fs().write(&file, &[*byte]).unwrap(), 1);
    }
    dir.fs().sync(std::os::fd::AsFd::as_fd(&file)).unwrap();
    dir.identity("x.npy").unwrap();
}

fn edited_state() -> State {
    state(&[("x.npy", "edited x"), ("y.npy", "old y"), ("w.npy", "w")])
}
