//! Many processes load, save and edit one folder at once, each checking every element that it sees.

#![cfg(unix)]

use std::time::Duration;
use varpack::{Mode, Varpack};
use varpack_tests::faults::stress::{Role, finish, start};
use varpack_tests::faults::{Child, Marks, Seen, State, assert_whole, is_full, scratch};

#[test]
fn processes_that_load_save_and_edit_one_folder_see_no_torn_state() {
    let child = Child::new(env!("CARGO_BIN_EXE_varpack-test-child"));
    let root = scratch();
    let folder = root.path().join("state");
    State::new(&Marks::all(1)).save(&folder).unwrap();
    let time = Duration::from_secs(if is_full() { 60 } else { 15 });
    use Role::{Edit, Load, Save};
    let roles = [Load, Load, Load, Load, Save, Save, Edit, Edit];
    let started: Vec<_> = (1..)
        .zip(roles)
        .map(|(seed, role)| (role, start(&child, role, &folder, time, seed)))
        .collect();
    let mut total = [0; 4];
    for (role, process) in started {
        let counts = finish(process);
        println!("{role:?}: {counts:?}");
        let counts = [counts.loads, counts.saves, counts.edits, counts.refused];
        total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
    }
    let [loads, saves, edits, refused] = total;
    println!(
        "{loads} loads, {saves} saves, {edits} edits in place, {refused} refusals in {time:?} by \
         {} processes: 0 torn",
        roles.len()
    );
    assert!(loads >= if is_full() { 10_000 } else { 500 }, "{loads} loads");
    assert!(saves >= 50 && edits >= 5, "{saves} saves, {edits} edits");
    let seen = Seen::load(&folder, Mode::InMemory).unwrap();
    assert!(matches!(&seen, Seen::State(marks) if marks.is_of_one_save()), "{seen:?}");
    assert_whole(&folder, "after the stress");
}
