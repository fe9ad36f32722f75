//! A process killed by `SIGKILL` at every file-system call of a save, and of the recovery from that.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use varpack::{Mode, Varpack};
use varpack_tests::faults::{
    Call, Child, FILE_CALLS, Injection, Marks, SCENARIOS, Scenario, Seen, State, assert_whole,
    in_parallel, is_skipped, sample, scratch, strace,
};

/// What changes a folder, or brings it to the disk: between two of them the disk stays as it is.
const CHANGES: [&str; 4] = ["renameat", "renameat2", "unlinkat", "fsync"];

fn child() -> Child {
    Child::new(env!("CARGO_BIN_EXE_varpack-test-child"))
}

/// What a load in mode `r` sees, one in `r+`, and the next save. Gives the index of the outcome.
fn check(scenario: &Scenario, folder: &Path, at: &str) -> usize {
    let outcomes = (scenario.outcomes)();
    let seen = Seen::load(folder, Mode::ReadOnly).unwrap_or_else(|why| panic!("{at}: {why}"));
    let index = outcomes.iter().position(|outcome| *outcome == seen);
    let index = index.unwrap_or_else(|| panic!("{at}: neither old nor new: {seen:?}"));
    assert_eq!(Seen::load(folder, Mode::ReadWrite).as_ref(), Ok(&seen), "{at}: in mode r+");
    if seen == Seen::Conflict {
        (scenario.run)(folder).unwrap_or_else(|error| panic!("{at}: settled again: {error}"));
        assert_eq!(Seen::load(folder, Mode::ReadWrite).as_ref(), Ok(&outcomes[1]), "{at}");
    }
    State::new(&Marks::all(4)).save(folder).unwrap_or_else(|error| panic!("{at}: {error}"));
    assert_whole(folder, at);
    Scenario::assert_source_kept(folder, at);
    assert_eq!(Seen::load(folder, Mode::CopyOnWrite), Ok(Seen::State(Marks::all(4))), "{at}");
    index
}

#[test]
fn save_killed_at_every_file_system_call_leaves_the_old_or_the_new_state() {
    if is_skipped() {
        return;
    }
    let (child, strace) = (child(), strace());
    let mut jobs = Vec::new();
    for scenario in SCENARIOS {
        let root = scratch();
        let folder = scenario.prepare(&child, root.path());
        let calls = strace.calls(FILE_CALLS, &child.command(scenario.name, &folder));
        jobs.extend(sample(&calls, 22).into_iter().map(|call| (scenario, call, calls.len())));
    }
    let tally = Mutex::new(BTreeMap::<&str, (usize, [usize; 3])>::new());
    in_parallel(&jobs, |(scenario, call, calls)| {
        let root = scratch();
        let folder = scenario.prepare(&child, root.path());
        let at = format!("{}: killed at {call:?} of {calls}", scenario.name);
        let command = child.command(scenario.name, &folder);
        let output = strace.run(&command, &Injection::kill(call));
        assert!(!output.status.success(), "{at}: it lived");
        let outcome = check(scenario, &folder, &at);
        let mut tally = tally.lock().unwrap();
        let (of, outcomes) = tally.entry(scenario.name).or_default();
        *of = *calls;
        outcomes[outcome] += 1;
    });
    let tally = tally.into_inner().unwrap();
    for (name, (calls, outcomes)) in &tally {
        println!("{name}: {calls} calls, killed {} times, seen after {outcomes:?}", sum(outcomes));
    }
    let kills: usize = tally.values().map(|(_, outcomes)| sum(outcomes)).sum();
    println!("{kills} kills in {} kinds of save: 0 lost, 0 mixed", tally.len());
    assert!(kills >= 300 && tally.len() >= 10, "{kills} kills");
    let both = tally.values().filter(|(_, outcomes)| outcomes[0] > 0 && outcomes[1] > 0).count();
    assert!(both >= 10, "old and new were both seen in {both} only");
}

fn sum(outcomes: &[usize; 3]) -> usize {
    outcomes.iter().sum()
}

#[test]
fn save_on_several_threads_killed_at_any_of_them_leaves_the_old_or_the_new_state() {
    if is_skipped() {
        return;
    }
    let (child, strace) = (child(), strace().threaded());
    let names = ["a map of 150 arrays", "everything replaced"];
    let scenarios = names.map(varpack_tests::faults::scenario);
    // Each thread counts for itself: the first that comes to the number takes the process along.
    let ends = [("openat", 80), ("write", 160), ("newfstatat", 200), ("fchmod", 60), ("fsync", 60)];
    let calls: Vec<Call> = ends
        .iter()
        .flat_map(|&(name, end)| (1..end).map(move |number| Call::new(name, number)))
        .collect();
    let jobs: Vec<_> = scenarios
        .iter()
        .flat_map(|scenario| sample(&calls, 50).into_iter().map(move |call| (scenario, call)))
        .collect();
    let kills = AtomicUsize::new(0);
    in_parallel(&jobs, |(scenario, call)| {
        let root = scratch();
        let folder = scenario.prepare(&child, root.path());
        let command = child.command(scenario.name, &folder);
        let output = strace.run(&command, &Injection::kill(call));
        kills.fetch_add(usize::from(!output.status.success()), Ordering::Relaxed);
        check(scenario, &folder, &format!("{}: killed at {call:?} of a thread", scenario.name));
    });
    let kills = kills.into_inner();
    println!("{kills} kills of saves on several threads: 0 lost, 0 mixed");
    assert!(kills > 10, "{kills}");
}

#[test]
fn recovery_killed_at_every_file_system_call_is_finished_by_the_next() {
    if is_skipped() {
        return;
    }
    let (child, strace) = (child(), strace());
    let names = [
        "one array replaced",
        "everything replaced",
        "a map that lost keys and gained one",
        "a variable removed through Pack",
        "an array of zeros moved over another",
        "arrays copied from another folder",
        "a save over an interrupted one",
    ];
    let mut jobs = Vec::new();
    for scenario in names.map(varpack_tests::faults::scenario) {
        let command = |folder: &Path| child.command(scenario.name, folder);
        let root = scratch();
        let folder = scenario.prepare(&child, root.path());
        let calls = strace.calls(FILE_CALLS, &command(&folder));
        // Killed before its commit point a save leaves nothing to recover from.
        let committed = calls.into_iter().skip_while(|call| !call.is_commit_point()).skip(1);
        for first in committed.filter(|call| CHANGES.contains(&call.name.as_str())) {
            let root = scratch();
            let folder = scenario.prepare(&child, root.path());
            strace.run(&command(&folder), &Injection::kill(&first));
            let mut recovery = strace.calls(FILE_CALLS, &child.command("finish", &folder));
            // The last sync ends the recovery; what follows changes no name and no byte.
            let end = recovery.iter().rposition(|call| call.name == "fsync").map_or(0, |at| at + 2);
            recovery.truncate(end);
            jobs.extend(
                sample(&recovery, 4).into_iter().map(|call| (scenario, first.clone(), call)),
            );
        }
    }
    let last = AtomicUsize::new(0);
    in_parallel(&jobs, |(scenario, first, second)| {
        let root = scratch();
        let folder = scenario.prepare(&child, root.path());
        let at = format!("{}: killed at {first:?}, its recovery at {second:?}", scenario.name);
        strace.run(&child.command(scenario.name, &folder), &Injection::kill(first));
        let recovery = child.command("finish", &folder);
        let output = strace.run(&recovery, &Injection::kill(second));
        assert!(!output.status.success(), "{at}: it lived");
        let outcomes = (scenario.outcomes)();
        // Past its commit point the save is made, whatever happens to its recovery.
        let outcome = check(scenario, &folder, &at);
        last.fetch_add(usize::from(outcome + 1 == outcomes.len()), Ordering::Relaxed);
    });
    let kills = jobs.len();
    println!("{kills} kills in the recovery from a kill: 0 lost, 0 mixed");
    assert!(kills >= 200, "{kills}");
    assert_eq!(last.into_inner(), kills, "a committed save was taken back");
}
