//! Each file-system call of a save failed by the system: no trace before the commit point, no loss after.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use varpack::{Mode, Varpack};
use varpack_tests::faults::{
    Call, Child, ERRORS, FALLIBLE_CALLS, FILE_CALLS, Injection, Marks, SCENARIOS, Scenario, Seen,
    State, assert_whole, in_parallel, is_skipped, sample, scenario, scratch, strace,
};

fn child() -> Child {
    Child::new(env!("CARGO_BIN_EXE_varpack-test-child"))
}

/// What may be seen after the child has said how it went.
fn check(scenario: &Scenario, folder: &Path, kind: &str, is_committed: bool, at: &str) {
    let outcomes = (scenario.outcomes)();
    let seen = Seen::load(folder, Mode::ReadOnly).unwrap_or_else(|why| panic!("{at}: {why}"));
    let index = outcomes.iter().position(|outcome| *outcome == seen);
    let index = index.unwrap_or_else(|| panic!("{at}: neither old nor new: {seen:?}"));
    let is_last = index + 1 == outcomes.len();
    if kind == "ok" || is_committed {
        assert!(is_last, "{at}: the save is made, but a load sees {seen:?}");
    } else if outcomes.len() > 1 && scenario.is_save() {
        assert!(!is_last, "{at}: it failed, but a load sees {seen:?}");
    }
    assert_eq!(Seen::load(folder, Mode::ReadWrite).as_ref(), Ok(&seen), "{at}: repaired");
    if seen == Seen::Conflict {
        (scenario.run)(folder).unwrap_or_else(|error| panic!("{at}: settled again: {error}"));
    }
    State::new(&Marks::all(4)).save(folder).unwrap_or_else(|error| panic!("{at}: {error}"));
    assert_whole(folder, at);
    Scenario::assert_source_kept(folder, at);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn each_call_of_a_save_failed_in_turn_gives_one_error_and_the_old_or_the_new_state() {
    if is_skipped() {
        return;
    }
    let (child, strace) = (child(), strace());
    let fallible: Vec<&str> =
        FALLIBLE_CALLS.split(',').map(|name| name.trim_start_matches('?')).collect();
    let mut jobs: Vec<(&Scenario, Call, &str)> = Vec::new();
    for scenario in SCENARIOS {
        let root = scratch();
        let folder = scenario.prepare(&child, root.path());
        let calls = strace.calls(FILE_CALLS, &child.command(scenario.name, &folder));
        let calls: Vec<Call> =
            calls.into_iter().filter(|call| fallible.contains(&call.name.as_str())).collect();
        // One error after the other, so that a sample has each.
        let points: Vec<(Call, &str)> = ERRORS
            .iter()
            .flat_map(|error| calls.iter().map(move |call| (call.clone(), *error)))
            .collect();
        jobs.extend(sample(&points, 37).into_iter().map(|(call, error)| (scenario, call, error)));
    }
    let tally = Mutex::new(BTreeMap::<String, usize>::new());
    in_parallel(&jobs, |(scenario, call, error)| {
        let root = scratch();
        let folder = scenario.prepare(&child, root.path());
        let before = names(&folder);
        let at = format!("{}: {error} at {call:?}", scenario.name);
        let command = child.command(scenario.name, &folder);
        let output = strace.run(&command, &Injection::fail(call, error));
        let said = Child::said(&output, &at);
        if said.kind != "ok" {
            assert!(said.path.starts_with(root.path()), "{at}: the error names no file: {said:?}");
            let was_tidy = !before.iter().any(|name| name == ".varpack-commit");
            if !said.is_committed() && was_tidy && call.name != "unlinkat" {
                let mut after = names(&folder);
                after.retain(|name| name != ".varpack.lock");
                if said.kind == "Cancelled" {
                    // The call that failed may have been one of the clean-up.
                    after.retain(|name| name != ".varpack-staging");
                }
                let mut before = before;
                before.retain(|name| name != ".varpack.lock");
                assert_eq!(after, before, "{at}: {said:?} left a trace");
            }
        }
        check(scenario, &folder, &said.kind, said.is_committed(), &format!("{at}: {said:?}"));
        *tally.lock().unwrap().entry(said.kind).or_default() += 1;
    });
    println!("{} injected errors, and what came of them: {:?}", jobs.len(), tally.lock().unwrap());
    assert!(jobs.len() >= 500, "{}", jobs.len());
}

#[test]
fn array_of_zeros_that_cannot_be_flushed_names_the_folder_and_leaves_the_old_state() {
    if is_skipped() {
        return;
    }
    let (child, strace) = (child(), strace());
    let scenario = scenario("an array of zeros moved over another");
    let root = scratch();
    let folder = scenario.prepare(&child, root.path());
    let command = child.command(scenario.name, &folder);
    let output = strace.run(&command, &Injection::fail(&Call::new("msync", 1), "EIO"));
    let said = Child::said(&output, scenario.name);
    assert_eq!((said.kind.as_str(), said.path.as_path()), ("Io", folder.as_path()), "{said:?}");
    assert!(
        said.text.contains("variable `grid`") && said.text.contains("cannot flush"),
        "{said:?}"
    );
    check(scenario, &folder, &said.kind, false, scenario.name);
}

#[test]
fn load_of_which_a_call_fails_gives_one_error_that_names_the_file() {
    if is_skipped() {
        return;
    }
    let (child, strace) = (child(), strace());
    let root = scratch();
    let folder = scenario("one value changed").prepare(&child, root.path());
    let mut jobs = Vec::new();
    for work in ["load r+", "load r", "load c", "load memory"] {
        let calls = strace.calls(FALLIBLE_CALLS, &child.command(work, &folder));
        let errors = ["EIO", "EACCES", "EMFILE", "ENFILE", "ENOMEM"];
        let points: Vec<_> = errors
            .iter()
            .flat_map(|error| calls.iter().map(move |call| (work, call.clone(), *error)))
            .collect();
        jobs.extend(sample(&points, 40));
    }
    let tally = Mutex::new(BTreeMap::<String, usize>::new());
    in_parallel(&jobs, |(work, call, error)| {
        let at = format!("{work}: {error} at {call:?}");
        let output = strace.run(&child.command(work, &folder), &Injection::fail(call, error));
        let said = Child::said(&output, &at);
        let named = said.kind == "ok" || said.path.starts_with(&folder);
        assert!(named, "{at}: the error names no file: {said:?}");
        *tally.lock().unwrap().entry(said.kind).or_default() += 1;
    });
    println!("{} injected errors, and what came of them: {:?}", jobs.len(), tally.lock().unwrap());
    let seen = Seen::load(&folder, Mode::ReadOnly);
    assert_eq!(seen, Ok(Seen::State(Marks::all(1))));
    assert_whole(&folder, "after loads that failed");
}
