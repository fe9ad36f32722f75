//! Real limits of the system: a full disk, a file-size limit, no descriptors, a read-only mount, a
//! folder of someone else, no memory for a map.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use varpack::{ErrorKind, LoadOptions, Mode, Varpack};
use varpack_tests::faults::mount::{Mount, run, skipped, text};
use varpack_tests::faults::{
    Call, Child, Injection, Marks, Said, Seen, State, assert_whole, is_skipped, scenario, scratch,
    strace,
};

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

fn child() -> Child {
    Child::new(env!("CARGO_BIN_EXE_varpack-test-child"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Whether the folder holds the first state and no trace of the second.
fn assert_untouched(folder: &Path, before: &[String], at: &str) {
    assert_eq!(names(folder), before, "{at}");
    assert_whole(folder, at);
    assert_eq!(Seen::load(folder, Mode::ReadOnly), Ok(Seen::State(Marks::all(1))), "{at}");
}

#[test]
fn save_on_a_disk_that_fills_up_leaves_the_old_state_and_no_trace() {
    let disk = match Mount::new(&["-t", "tmpfs", "-o", "size=1m", "varpack-test"]) {
        Ok(disk) => disk,
        Err(why) => return skipped("a disk that fills up", &why),
    };
    let folder = disk.path().join("state");
    State::new(&Marks::all(1)).save(&folder).unwrap();
    let before = names(&folder);
    let (mut failed, mut made) = (0, 0);
    // From no room at all to room for everything, a page at a time.
    for pages in (0..80).rev() {
        let filler = disk.path().join("filler");
        let mut free = 0;
        while fs::write(&filler, vec![1; free + 4096]).is_ok() {
            free += 4096;
        }
        fs::write(&filler, vec![1; free.saturating_sub(pages * 4096)]).unwrap();
        let at = format!("{pages} pages free");
        match State::new(&Marks::all(2)).save(&folder) {
            Ok(()) => {
                made += 1;
                assert_eq!(Seen::load(&folder, Mode::ReadOnly), Ok(Seen::State(Marks::all(2))));
                fs::remove_file(&filler).unwrap();
                State::new(&Marks::all(1)).save(&folder).unwrap();
            }
            Err(error) => {
                failed += 1;
                assert_eq!(error.kind(), ErrorKind::Io, "{at}: {error}");
                assert!(error.path().unwrap().starts_with(&folder), "{at}: {error}");
                let full = error.os_error().map(std::io::Error::kind);
                assert_eq!(full, Some(std::io::ErrorKind::StorageFull), "{at}: {error}");
                assert_untouched(&folder, &before, &at);
                fs::remove_file(&filler).unwrap();
            }
        }
    }
    println!("{failed} saves found the disk full, {made} found room");
    assert!(failed > 20 && made > 5, "{failed} failed, {made} made");
}

#[test]
fn first_edit_of_a_sparse_file_on_a_full_disk_is_an_error_and_no_signal() {
    // Not tmpfs: there a file with holes is read and not mapped.
    let (disk, _root) = match Mount::image(4, &["mkfs.ext4", "-q", "-O", "^has_journal"]) {
        Ok(disk) => disk,
        Err(why) => return skipped("an edit on a full disk", &why),
    };
    let folder = disk.path().join("state");
    State::new(&Marks::all(1)).save(&folder).unwrap();
    // What a program that writes holes leaves: the size, and no blocks behind it.
    let board = folder.join("board.npy");
    let header = fs::read(&board).unwrap();
    let file = fs::File::create(&board).unwrap();
    std::io::Write::write_all(&mut &file, &header[..128]).unwrap();
    file.set_len(header.len() as u64).unwrap();
    let filler = disk.path().join("filler");
    let mut full = fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut full, &[1; 4096]).is_ok() {}
    let _ = full.sync_all();
    let output = child().run(&[], "edit", &folder);
    let said = Child::said(&output, "an edit without room");
    assert_eq!((said.kind.as_str(), said.path.as_path()), ("Io", board.as_path()), "{said:?}");
    assert!(said.text.contains("No space left"), "{said:?}");
}

#[test]
fn save_over_the_file_size_limit_leaves_the_old_state_and_no_trace() {
    let root = scratch();
    let folder = scenario("everything replaced").prepare(&child(), root.path());
    let before = names(&folder);
    // Ignored, the signal leaves the error to be seen.
    for (blocks, limit) in [(0, "ulimit -f 0"), (1, "ulimit -f 1"), (90, "ulimit -f 90")] {
        let shell = format!("trap '' XFSZ; {limit}; exec \"$@\"");
        let output = child().run(&["sh", "-c", &shell, "sh"], "everything replaced", &folder);
        let at = format!("at most {blocks} blocks a file");
        let said = Child::said(&output, &at);
        assert_eq!(said.kind, "Io", "{at}: {said:?}");
        assert!(said.path.starts_with(&folder) && said.text.contains("File too large"), "{said:?}");
        assert_untouched(&folder, &before, &at);
    }
}

#[test]
fn save_killed_for_a_file_over_the_size_limit_leaves_the_old_state() {
    let root = scratch();
    let folder = scenario("everything replaced").prepare(&child(), root.path());
    let output = child().run(&["prlimit", "--fsize=90000"], "everything replaced", &folder);
    assert!(output.status.signal().is_some(), "{output:?}");
    for mode in MODES {
        assert_eq!(Seen::load(&folder, mode), Ok(Seen::State(Marks::all(1))), "{mode:?}");
    }
    State::new(&Marks::all(4)).save(&folder).unwrap();
    assert_whole(&folder, "after the next save");
}

#[test]
fn too_many_descriptors_are_an_error_that_names_the_file() {
    let root = scratch();
    let folder = scenario("everything replaced").prepare(&child(), root.path());
    let works =
        ["load r+", "load r", "load c", "load memory", "everything replaced", "a new folder"];
    let (mut failed, mut made) = (0, 0);
    for work in works {
        // The dynamic loader needs one beside the three standard ones.
        for limit in 4..14 {
            let at = format!("{work} with {limit} descriptors");
            let new = root.path().join("new");
            let folder = if work == "a new folder" { &new } else { &folder };
            let before = Seen::load(folder, Mode::ReadOnly).unwrap();
            let output = child().run(&["prlimit", &format!("--nofile={limit}")], work, folder);
            let said: Said = Child::said(&output, &at);
            if said.kind == "ok" {
                made += 1;
                continue;
            }
            failed += 1;
            assert_eq!(said.kind, "Io", "{at}: {said:?}");
            assert!(said.path.starts_with(root.path()), "{at}: {said:?}");
            assert!(said.text.contains("Too many open files"), "{at}: {said:?}");
            assert_eq!(Seen::load(folder, Mode::ReadOnly), Ok(before), "{at}");
            if work == "a new folder" {
                assert_eq!(names(root.path()), ["state"], "{at}");
            } else {
                assert_whole(folder, &at);
            }
        }
    }
    println!("{failed} runs found no descriptor, {made} had enough");
    assert!(failed >= 5 && made >= 5, "{failed} failed, {made} made");
}

#[test]
fn read_only_mount_loads_in_every_mode_and_refuses_edits_and_saves_with_the_reason() {
    let disk = match Mount::new(&["-t", "tmpfs", "-o", "size=4m", "varpack-test"]) {
        Ok(disk) => disk,
        Err(why) => return skipped("a read-only mount", &why),
    };
    let folder = disk.path().join("state");
    State::new(&Marks::all(1)).save(&folder).unwrap();
    // One copy has the lock file that its save has made, the other has none.
    let bare = disk.path().join("bare");
    fs::create_dir(&bare).unwrap();
    for name in names(&folder).iter().filter(|name| *name != ".varpack.lock") {
        fs::copy(folder.join(name), bare.join(name)).unwrap();
    }
    let torn = disk.path().join("interrupted");
    let interrupted = scenario("an edit that finishes an interrupted save");
    let is_interrupted = !is_skipped();
    if is_interrupted {
        fs::rename(interrupted.prepare(&child(), disk.path().join("other").as_path()), &torn)
            .unwrap();
    }
    disk.remount("ro").unwrap();
    for folder in [&folder, &bare] {
        let at = folder.display();
        for mode in MODES {
            let mut state = State::load_with(folder, &LoadOptions::new().mode(mode)).unwrap();
            assert_eq!(state.marks(), Ok(Marks::all(1)), "{at}");
            match state.board.view_mut() {
                Ok(mut board) => {
                    assert!(matches!(mode, Mode::CopyOnWrite | Mode::InMemory), "{at} {mode:?}");
                    board.fill(3);
                }
                Err(error) => {
                    assert!(matches!(mode, Mode::ReadWrite | Mode::ReadOnly), "{at}: {error}");
                    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{at} {mode:?}: {error}");
                    assert_eq!(error.variable(), Some("board"), "{at}: {error}");
                    assert!(error.path().unwrap().starts_with(folder), "{at}: {error}");
                    let has_reason = error.to_string().contains("Read-only file system");
                    assert!(mode == Mode::ReadOnly || has_reason, "{at}: {error}");
                }
            }
            state.set_step(2);
            let error = state.save().unwrap_err();
            // There is no lock to be had, or one that may only be read.
            assert_eq!(error.kind(), ErrorKind::ReadOnly, "{at} {mode:?}: {error}");
            assert!(error.to_string().contains("Read-only file system"), "{at}: {error}");
            assert!(error.path().unwrap().starts_with(folder), "{at}: {error}");
        }
    }
    if is_interrupted {
        for mode in MODES {
            let seen = Seen::load(&torn, mode);
            assert_eq!(seen, Ok(Seen::State(Marks::all(2))), "read through the commit: {mode:?}");
        }
    }
}

#[test]
fn folder_without_permissions_is_an_error_that_names_it_and_one_to_read_loads() {
    let root = scratch();
    let folder = scenario("everything replaced").prepare(&child(), root.path());
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
    // Copied to where another user may run it.
    let program = root.path().join("child");
    fs::copy(child().program(), &program).unwrap();
    let child = Child::new(&program);
    for path in [root.path(), program.as_path(), folder.as_path()] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    if let Err(why) =
        run(nobody[0], nobody[1..].iter().copied().chain([text(&program), "no", "no"]))
        && !why.contains("no scenario")
    {
        return skipped("a folder of another user", &why);
    }
    let before = names(&folder);
    for work in ["load r+", "load r", "load c", "load memory"] {
        let said = Child::said(&child.run(&nobody, work, &folder), work);
        assert_eq!(said.kind, "ok", "{work}: {said:?}");
    }
    for (work, kind, path, reason) in [
        ("edit", "ReadOnly", folder.clone(), "Permission denied"),
        ("everything replaced", "ReadOnly", folder.clone(), "Permission denied"),
    ] {
        let said = Child::said(&child.run(&nobody, work, &folder), work);
        assert_eq!((said.kind.as_str(), &said.path), (kind, &path), "{work}: {said:?}");
        assert!(said.text.contains(reason), "{work}: {said:?}");
    }
    for (mode, refused) in [(0o000, true), (0o444, true), (0o711, false)] {
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        for work in ["load r+", "load r", "load c", "load memory", "everything replaced"] {
            let said = Child::said(&child.run(&nobody, work, &folder), work);
            let at = format!("{work} under mode {mode:o}: {said:?}");
            if said.kind != "ok" {
                assert!(["Io", "ReadOnly"].contains(&said.kind.as_str()), "{at}");
                assert!(said.path.starts_with(&folder), "{at}");
                assert!(said.text.contains("ermission denied"), "{at}");
            }
            assert!(said.kind != "ok" || !refused, "{at}");
        }
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    assert_untouched(&folder, &before, "after another user's visits");
}

#[test]
fn array_that_finds_no_room_for_a_map_is_read_and_one_to_be_edited_in_place_is_an_error() {
    if is_skipped() {
        return;
    }
    let (child, strace) = (child(), strace());
    let root = scratch();
    let folder = scenario("one value changed").prepare(&child, root.path());
    let board = folder.join("board.npy");
    // No memory for a map, more maps than a process may have, a file system without maps.
    for error in ["ENOMEM", "EAGAIN", "ENODEV"] {
        let failing = |number| Injection::fail_on(&board, &Call::new("mmap", number), error);
        for work in ["load r+", "load r", "load c"] {
            let output = strace.run(&child.command(work, &folder), &failing(1));
            assert_eq!(Child::said(&output, work).kind, "ok", "{work}: {error}");
        }
        // What was read is edited in memory, and the flush says that only a save writes it.
        let said = Child::said(&strace.run(&child.command("edit", &folder), &failing(1)), "edit");
        assert_eq!(said.kind, "Usage", "{error}: {said:?}");
        assert!(said.text.contains("only a save writes it"), "{said:?}");
        // The second map is the one for writing in place.
        let said = Child::said(&strace.run(&child.command("edit", &folder), &failing(2)), "edit");
        assert_eq!((said.kind.as_str(), &said.path), ("Io", &board), "{error}: {said:?}");
        assert!(said.text.contains("`board`") && said.text.contains("os error"), "{said:?}");
        assert_eq!(Seen::load(&folder, Mode::ReadOnly), Ok(Seen::State(Marks::all(1))));
    }
}
