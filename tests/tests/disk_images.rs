//! Images of real file systems, cut off in the middle of saves and mounted again: what a power cut
//! leaves. Needs root, loop devices and the `mkfs` programs; says what it skips where they are not.
//!
//! The image is a file on an XFS of its own, where a copy (`--reflink`) is made in one step: all that
//! the file system had written by then, and nothing that it had not.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;
use varpack::{Mode, Varpack};
use varpack_tests::faults::endless::{Endless, generation};
use varpack_tests::faults::mount::{Mount, run, skipped, text};
use varpack_tests::faults::{Child, Marks, Seen, State, assert_whole, is_full, scratch};

/// Each generation is written.
const WRITTEN: &str = "endless";

/// One array of each is in a file without a name, which is moved into the folder.
const MOVED: &str = "endless, an array of zeros moved";

/// A copy of the image, and the generations that were saved before and after it was made.
struct Cut {
    image: PathBuf,
    before: u64,
    after: u64,
}

fn image(path: &Path, mebibytes: u64, mkfs: &[&str]) -> Result<(), String> {
    let file = std::fs::File::create(path).map_err(|error| error.to_string())?;
    file.set_len(mebibytes << 20).map_err(|error| error.to_string())?;
    run(mkfs[0], mkfs[1..].iter().copied().chain([text(path)])).map(drop)
}

fn cuts(
    disk: &Path,
    name: &str,
    mebibytes: u64,
    mkfs: &[&str],
    work: &str,
) -> Result<Vec<Cut>, String> {
    let inner = disk.join(name);
    image(&inner, mebibytes, mkfs)?;
    let mounted = Mount::new(&["-o", "loop", text(&inner)])?;
    let child = Child::new(env!("CARGO_BIN_EXE_varpack-test-child"));
    let saver = Endless::start(&child, work, &mounted.path().join("state"));
    let mut cuts = Vec::new();
    for number in 0..if is_full() { 60 } else { 10 } {
        // Steps that have nothing in common with the time that a save takes.
        sleep(Duration::from_micros(1_000 + 7_919 * number % 23_000));
        let image = disk.join(format!("{name}-{number}"));
        let before = saver.saved();
        run("cp", ["--reflink=always", text(&inner), text(&image)])?;
        cuts.push(Cut { image, before, after: saver.saved() });
    }
    drop(saver);
    mounted.unmount()?;
    Ok(cuts)
}

/// Mounts a cut, which makes the file system recover, and loads. Gives the generation seen.
fn check(cut: &Cut, at: &str) -> u64 {
    let mounted = Mount::new(&["-o", "loop", text(&cut.image)]);
    let mounted = mounted.unwrap_or_else(|why| panic!("{at}: {why}"));
    let folder = mounted.path().join("state");
    let seen = Seen::load(&folder, Mode::ReadOnly).unwrap_or_else(|why| panic!("{at}: {why}"));
    let Seen::State(marks) = &seen else { panic!("{at}: {seen:?}") };
    let number = marks.step;
    assert_eq!(*marks, generation(number), "{at}: mixed");
    // What a save has returned from is on the disk; the next one may be.
    assert!(cut.before <= number && number <= cut.after + 1, "{at}: generation {number}");
    assert_eq!(Seen::load(&folder, Mode::ReadWrite), Ok(seen), "{at}: repaired");
    State::new(&Marks::all(4)).save(&folder).unwrap_or_else(|error| panic!("{at}: {error}"));
    assert_whole(&folder, at);
    mounted.unmount().unwrap_or_else(|why| panic!("{at}: {why}"));
    number
}

fn survive(name: &str, mebibytes: u64, mkfs: &[&str], work: &str) {
    let test = format!("{name} cut off in the middle of saves ({work})");
    let root = scratch();
    let outer = root.path().join("outer");
    let disk = image(&outer, 4096, &["mkfs.xfs", "-q"])
        .and_then(|()| Mount::new(&["-o", "loop", text(&outer)]));
    let disk = match disk {
        Ok(disk) => disk,
        Err(why) => return skipped(&test, &why),
    };
    if Command::new(mkfs[0]).arg("-V").output().is_err() {
        return skipped(&test, &format!("there is no {}", mkfs[0]));
    }
    let cuts = match cuts(disk.path(), name, mebibytes, mkfs, work) {
        Ok(cuts) => cuts,
        Err(why) => return skipped(&test, &why),
    };
    let (mut durable, mut ahead) = (0, 0);
    for (number, cut) in cuts.iter().enumerate() {
        let at = format!("{name}, cut {number}: saved {} to {}", cut.before, cut.after);
        let seen = check(cut, &at);
        durable += usize::from(seen == cut.before);
        ahead += usize::from(seen > cut.after);
    }
    println!(
        "{name}, {work}: {} cuts in {} saves, each loaded as one generation: {durable} as the last that was \
         saved, {ahead} as one whose save had not returned",
        cuts.len(),
        cuts.last().map_or(0, |cut| cut.after),
    );
    drop(disk);
}

#[test]
fn ext4_cut_off_in_the_middle_of_saves_holds_one_generation_whole() {
    survive("ext4", 64, &["mkfs.ext4", "-q", "-F"], WRITTEN);
}

#[test]
fn ext4_cut_off_while_files_without_a_name_are_moved_in_holds_one_generation_whole() {
    survive("ext4", 64, &["mkfs.ext4", "-q", "-F"], MOVED);
}

#[test]
fn xfs_cut_off_in_the_middle_of_saves_holds_one_generation_whole() {
    survive("xfs", 320, &["mkfs.xfs", "-q"], WRITTEN);
}

#[test]
fn xfs_cut_off_while_files_without_a_name_are_moved_in_holds_one_generation_whole() {
    survive("xfs", 320, &["mkfs.xfs", "-q"], MOVED);
}

#[test]
fn btrfs_cut_off_in_the_middle_of_saves_holds_one_generation_whole() {
    survive("btrfs", 128, &["mkfs.btrfs", "-q"], WRITTEN);
}

#[test]
fn btrfs_cut_off_while_files_without_a_name_are_moved_in_holds_one_generation_whole() {
    survive("btrfs", 128, &["mkfs.btrfs", "-q"], MOVED);
}
