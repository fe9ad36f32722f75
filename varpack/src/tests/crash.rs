//! Power cuts at every operation of a save, with every loss that the medium may add: old or new state,
//! never a mix; once the save has returned, the new one.

use super::model::{Disk, Op, Recorder, Recording, Unsynced};
use super::observed::Observed;
use super::scenarios::{Scenario, folder_in, link_and_edit, save_and_edit, scenarios};
use super::{SYNCED, on_disk, on_system, save, seen};
use crate::ErrorKind;
use crate::os::testing::machine;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::{TempDir, tempdir};

#[derive(Debug, Default)]
struct Tally {
    operations: usize,
    states: usize,
    old: usize,
    new: usize,
    wrong: Vec<String>,
}

/// In memory where there is such a place: thousands of small folders are made and removed.
fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap()
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

/// A disk that a crash may leave, and whether a mere kill leaves it.
type Crash = (Disk, bool);

/// The disks that a crash after `n` operations may leave.
fn crashes(recording: &Recording, n: usize, deep: bool) -> Vec<Crash> {
    let undurable = recording.undurable(n);
    let all_but = |kept: &[usize]| -> Vec<usize> {
        undurable.iter().copied().filter(|index| !kept.contains(index)).collect()
    };
    let mut losses = vec![Vec::new(), undurable.clone()];
    if deep && undurable.len() <= 5 {
        losses.extend((1..1_usize << undurable.len()).map(|subset| {
            let numbered = undurable.iter().enumerate();
            numbered.filter(|(bit, _)| subset >> bit & 1 == 1).map(|(_, index)| *index).collect()
        }));
    } else if deep {
        for (position, &index) in undurable.iter().enumerate() {
            // One lost, one kept, and those up to here kept; then each second loss beside it.
            let before = undurable.split_at(position).0;
            losses.extend([vec![index], all_but(&[index]), all_but(before)]);
            let later = undurable.iter().skip(position + 1).take(12);
            losses.extend(later.map(|&second| vec![index, second]));
        }
    }
    let contents = [Unsynced::Kept, Unsynced::Lost, Unsynced::Half, Unsynced::Zeroed];
    let mut crashes = vec![(recording.disk(n, &[], Unsynced::Kept), true)];
    for lost in losses {
        crashes.extend(contents.map(|content| (recording.disk(n, &lost, content), false)));
    }
    crashes
}

fn enumerate(scenario: &Scenario, recording: &Recording) -> Tally {
    let end = recording.ops.len();
    let mut tally = Tally { operations: end, ..Tally::default() };
    // Hundreds of files differ in nothing but their names: the main losses will do.
    let deep = end < 400;
    let mut rebuilt = HashSet::new();
    let scratch = scratch();
    for n in 0..=end {
        for (disk, by_kill) in crashes(recording, n, deep || n == end) {
            let is_known = rebuilt.contains(&(disk.clone(), true, n == end))
                || !rebuilt.insert((disk.clone(), by_kill, n == end));
            if is_known {
                continue;
            }
            tally.states += 1;
            let root = scratch.path().join(tally.states.to_string());
            let restored = disk.write_to(&root, &recording.known(n));
            let folder = folder_in(&root);
            let judged = on_system(Observed::by(restored), || judge(scenario, &folder, by_kill));
            let at = format!("{}: after {n} of {end}", scenario.name);
            match judged {
                Ok(true) => tally.new += 1,
                Ok(false) if n == end => tally.wrong.push(format!("{at}: lost after its end")),
                Ok(false) => tally.old += 1,
                Err(wrong) => tally.wrong.push(format!("{at}: {wrong}")),
            }
            fs::remove_dir_all(&root).unwrap();
        }
    }
    tally
}

/// Whether the folder is in the new state and not in the old, and the next save goes well.
fn judge(scenario: &Scenario, folder: &Path, by_kill: bool) -> Result<bool, String> {
    judge_by_others(scenario, folder, by_kill)?;
    let has_state =
        ["varpack.json", ".varpack-commit"].iter().any(|name| folder.join(name).exists());
    if !has_state && !scenario.old.is_empty() {
        return Err("nothing left".to_owned());
    }
    let mut is_new = false;
    if has_state {
        let found = seen(folder, false).map_err(|error| error.to_string())?;
        let repaired = seen(folder, true).map_err(|error| error.to_string())?;
        if found != repaired {
            return Err(format!("{found:?} became {repaired:?} by recovery"));
        }
        if found != scenario.new && !scenario.old.contains(&found) {
            return Err(format!("neither old nor new but {found:?}"));
        }
        is_new = found == scenario.new;
    }
    save(folder, &scenario.new, &SYNCED).map_err(|error| format!("next save: {error}"))?;
    let mut left = on_disk(folder);
    left.remove("notes.txt");
    if left != scenario.new {
        return Err(format!("the next save leaves {left:?}"));
    }
    Ok(is_new)
}

/// What a program sees that does not know of the commit folder: a manifest whose files are there. After
/// a kill, the new manifest says that all of the new state is in place.
fn judge_by_others(scenario: &Scenario, folder: &Path, by_kill: bool) -> Result<(), String> {
    let Ok(manifest) = fs::read(folder.join("varpack.json")) else { return Ok(()) };
    for old in scenario.old.iter().filter(|old| old["varpack.json"] == manifest) {
        if let Some(gone) = old.keys().find(|name| !folder.join(name).exists()) {
            return Err(format!("`{gone}` was removed too early"));
        }
    }
    if by_kill
        && scenario.new["varpack.json"] == manifest
        && let Some(missing) = scenario.new.keys().find(|name| !folder.join(name).exists())
    {
        return Err(format!("the manifest was moved before `{missing}`"));
    }
    Ok(())
}

#[test]
fn power_cut_at_any_operation_leaves_the_old_or_the_new_state() {
    let mut total = Tally::default();
    for scenario in scenarios() {
        let (_root, recording) = record(&scenario);
        let tally = enumerate(&scenario, &recording);
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

/// The first operation of a kind.
fn position(recording: &Recording, is_it: impl Fn(&Op) -> bool) -> usize {
    recording.ops.iter().position(is_it).unwrap()
}

#[test]
fn each_sync_left_out_is_noticed_by_the_enumeration() {
    each_sync_left_out_is_noticed(&save_and_edit(), 11);
}

#[test]
fn each_sync_left_out_of_a_save_that_links_files_is_noticed_by_the_enumeration() {
    each_sync_left_out_is_noticed(&link_and_edit(), 11);
}

fn each_sync_left_out_is_noticed(scenario: &Scenario, count: usize) {
    let (_root, recording) = record(scenario);
    let syncs: Vec<usize> = recording
        .ops
        .iter()
        .enumerate()
        .filter(|(_, op)| op.is_sync())
        .map(|(index, _)| index)
        .collect();
    assert_eq!(syncs.len(), count, "{syncs:?}");
    for index in syncs {
        let mut mutant = recording.clone();
        let left_out = mutant.ops.remove(index);
        let tally = enumerate(scenario, &mutant);
        assert!(!tally.wrong.is_empty(), "nobody missed {index}: {left_out:?}");
    }
}

#[test]
fn manifest_moved_first_is_noticed_by_the_enumeration() {
    let scenario = save_and_edit();
    let (_root, recording) = record(&scenario);
    let moves = |name: &'static str| move |op: &Op| matches!(op, Op::Rename { name: moved, .. } if moved == name);
    let mut mutant = recording.clone();
    let manifest = mutant.ops.remove(position(&recording, moves("varpack.json")));
    mutant.ops.insert(position(&recording, moves("w.npy")), manifest);
    let wrong = enumerate(&scenario, &mutant).wrong;
    assert!(wrong.iter().any(|wrong| wrong.contains("`w.npy`")), "{wrong:?}");
}

#[test]
fn leftovers_removed_before_the_commit_point_or_the_moves_are_noticed_by_the_enumeration() {
    let scenario = save_and_edit();
    let (_root, recording) = record(&scenario);
    let is_removal = |op: &Op| matches!(op, Op::Remove { name, .. } if name == "z.pickle");
    let is_commit =
        |op: &Op| matches!(op, Op::Rename { new_name, .. } if new_name == ".varpack-commit");
    let is_move = |op: &Op| matches!(op, Op::Rename { name, .. } if name == "w.npy");
    for place in [position(&recording, is_commit), position(&recording, is_move)] {
        let mut mutant = recording.clone();
        let removal = mutant.ops.remove(position(&recording, is_removal));
        mutant.ops.insert(place, removal);
        let wrong = enumerate(&scenario, &mutant).wrong;
        assert!(wrong.iter().any(|wrong| wrong.contains("z.pickle")), "{wrong:?}");
    }
}

/// Kills a save at each of its operations, lets a program that knows nothing of ours save over what is
/// left, and loads. Gives the number of kills, and those after which that program's save was undone.
fn undone_saves_of_others() -> (usize, Vec<usize>) {
    let scenario = save_and_edit();
    let mut undone = Vec::new();
    for n in 0.. {
        let scratch = scratch();
        let folder = folder_in(scratch.path());
        (scenario.prepare)(&folder);
        let mut others = on_disk(&folder);
        others.insert("x.npy".to_owned(), b"theirs".to_vec());
        let killed = Observed::killed_at(&machine(), n);
        if on_system(killed, || save(&folder, &scenario.new, &SYNCED)).is_ok() {
            return (n, undone);
        }
        for (name, bytes) in &others {
            fs::write(folder.join(name), bytes).unwrap();
        }
        let is_kept = match seen(&folder, true) {
            Ok(state) => state == others,
            Err(error) => error.kind() == ErrorKind::InterruptedSaveConflict,
        };
        if !is_kept || fs::read(folder.join("x.npy")).unwrap() != others["x.npy"] {
            undone.push(n);
        }
    }
    unreachable!("a save has an end")
}

#[test]
fn identity_check_left_out_is_noticed_by_saves_of_others_after_each_kill() {
    let (kills, undone) = undone_saves_of_others();
    assert!(kills > 20 && undone.is_empty(), "{undone:?} of {kills}");
    let (_, undone) = super::ignoring_identity(undone_saves_of_others);
    assert!(!undone.is_empty(), "nobody missed the check");
}
