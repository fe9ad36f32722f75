//! A thousand saves in a row leave no descriptor, no map and no file behind. The only test of its
//! process: others would open files of their own meanwhile.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use varpack::{LoadOptions, Mode, Varpack};
use varpack_tests::faults::{Marks, State, assert_whole, scratch};

/// Descriptors, maps of files of the folder, and files in it.
fn held(folder: &Path) -> (usize, usize, usize) {
    let count = |path: &Path| fs::read_dir(path).unwrap().count();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let name = folder.to_str().unwrap();
    let maps = maps.lines().filter(|line| line.contains(name)).count();
    (count(Path::new("/proc/self/fd")), maps, count(folder))
}

#[test]
fn thousand_saves_in_a_row_leak_no_descriptor_map_or_file() {
    let root = scratch();
    let folder = root.path().join("state");
    State::new(&Marks::all(1)).save(&folder).unwrap();
    let modes = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];
    let mut state = State::load(&folder).unwrap();
    let mut before = None;
    for turn in 0..1000_u64 {
        let mark = 2 + turn;
        state.set_step(mark);
        match turn % 5 {
            // Replaced, edited in place, loaded anew, a map that changes its keys, values only.
            0 => state.grid = State::new(&Marks::all(mark)).grid,
            1 if turn % 20 == 1 => state.board.view_mut().unwrap().fill(mark),
            2 => {
                let mode = modes[usize::try_from(turn / 5 % 4).unwrap()];
                state.save(&folder).unwrap();
                drop(state);
                let loaded = State::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
                state = loaded.into_inner();
                if mode != Mode::ReadWrite {
                    state = State::load(&folder).unwrap();
                }
            }
            3 => {
                let part = State::new(&Marks::all(mark)).parts.remove("train").unwrap();
                state.parts = [(format!("key {}", turn % 7), part)].into();
            }
            _ => {}
        }
        state.save(&folder).unwrap_or_else(|error| panic!("save {turn}: {error}"));
        if turn == 99 {
            before = Some(held(&folder));
        }
    }
    let (before, after) = (before.unwrap(), held(&folder));
    println!(
        "1000 saves: (descriptors, maps, files) were {before:?} after 100, {after:?} after all"
    );
    assert_eq!(after, before);
    assert_whole(&folder, "after 1000 saves");
    drop(state);
    let (descriptors, maps, _) = held(&folder);
    assert_eq!(maps, 0);
    assert_eq!(descriptors + 2, before.0, "the folder and its lock file are closed");
}
