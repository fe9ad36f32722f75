//! File systems whose files share blocks: what a save that only moves arrays takes of them, and that an
//! edit in place of a file with shared blocks is safe. Needs root, loop devices and the `mkfs` programs;
//! says what it skips where they are not.

#![cfg(unix)]

use std::fs::File;
use std::path::{Path, PathBuf};
use varpack::{ErrorKind, MmapArray1, Varpack};
use varpack_tests::faults::mount::{Mount, run, skipped, text};

const MIB: u64 = 1 << 20;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: MmapArray1<u64>,
    #[varpack(mmap)]
    labels: MmapArray1<u64>,
}

/// Of 64 MiB and of one, nothing in them twice.
fn state() -> Run {
    let ramp = |len: u64| (0..len).collect::<Vec<_>>();
    Run { images: ramp(64 * MIB / 8).into(), labels: ramp(MIB / 8).into() }
}

/// Bytes that are used of a mounted file system.
fn used(mounted: &Path) -> u64 {
    run("sync", ["-f", text(mounted)]).expect("sync");
    let output = run("df", ["--output=used", "-B1", text(mounted)]).expect("df");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).expect("a number of bytes")
}

/// Gives that space back. XFS frees the blocks of a removed file later, those of a cut one at once.
fn empty(filler: &Path) {
    let cut = File::options().write(true).open(filler);
    cut.and_then(|file| file.set_len(0)).expect("room again");
}

fn save_shares_blocks(name: &str, mebibytes: u64, mkfs: &[&str]) {
    let (mounted, _root) = match Mount::image(mebibytes, mkfs) {
        Ok(disk) => disk,
        Err(why) => return skipped(&format!("a save that shares blocks on {name}"), &why),
    };
    let folders: [PathBuf; 2] = ["from", "to"].map(|folder| mounted.path().join(folder));
    state().save(&folders[0]).expect("a first save");
    let before = used(mounted.path());
    let loaded = Run::load(&folders[0]).expect("a load");
    loaded.save(&folders[1]).expect("a save to another folder");
    let more = used(mounted.path()).saturating_sub(before);
    println!("{name}: 65 MiB saved to a second folder take {} KiB more", more >> 10);
    assert!(more < 2 * MIB, "{more}");
    drop(loaded);

    // Fields under each other's names: the files are copied, and share their blocks as well.
    #[derive(Varpack)]
    struct Swapped {
        #[varpack(mmap, rename = "labels")]
        images: MmapArray1<u64>,
        #[varpack(mmap, rename = "images")]
        labels: MmapArray1<u64>,
    }
    let Run { images, labels } = Run::load(&folders[1]).expect("a load");
    Swapped { images, labels }.save(&folders[1]).expect("a save of swapped fields");
    let more = used(mounted.path()).saturating_sub(before);
    assert!(more < 4 * MIB, "{more}");
    let swapped = Run::load(&folders[1]).expect("a load");
    let expected = state();
    assert!(swapped.images == expected.labels && swapped.labels == expected.images);
    drop(swapped);
    mounted.unmount().expect("an end");
}

#[test]
fn array_saved_to_a_second_folder_takes_almost_no_space_on_xfs() {
    save_shares_blocks("xfs", 512, &["mkfs.xfs", "-q"]);
}

#[test]
fn array_saved_to_a_second_folder_takes_almost_no_space_on_btrfs() {
    save_shares_blocks("btrfs", 512, &["mkfs.btrfs", "-q"]);
}

/// Writes a file until there is no room left.
fn fill(file: &Path) {
    let target = format!("of={}", text(file));
    while run("dd", ["if=/dev/zero", &target, "bs=1M", "conv=notrunc", "oflag=append"]).is_ok() {}
}

#[test]
fn edit_in_place_of_shared_blocks_on_a_full_disk_is_an_error_and_no_signal_on_xfs() {
    let (mounted, _root) = match Mount::image(320, &["mkfs.xfs", "-q"]) {
        Ok(disk) => disk,
        Err(why) => return skipped("an edit of shared blocks on a full disk", &why),
    };
    let folders: [PathBuf; 2] = ["from", "to"].map(|folder| mounted.path().join(folder));
    state().save(&folders[0]).expect("a first save");
    Run::load(&folders[0]).expect("a load").save(&folders[1]).expect("a copy");
    let filler = mounted.path().join("filler");
    fill(&filler);
    let mut loaded = Run::edit(&folders[1]).expect("a load");
    let error = loaded.images.view_mut().map(drop).expect_err("no room for blocks of its own");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("reserve"), "{error}");
    drop(loaded);

    empty(&filler);
    let mut loaded = Run::edit(&folders[1]).expect("a load");
    let mut images = loaded.images.view_mut().expect("room");
    // What is reserved is the file's, whatever others write from now on.
    fill(&filler);
    images.fill(7);
    loaded.flush().expect("a flush");
    drop(loaded);
    let [from, to] = folders.map(|folder| Run::load(folder).expect("a load"));
    assert!(from.images == state().images && to.images.iter().all(|&element| element == 7));
    drop((from, to));
    mounted.unmount().expect("an end");
}

#[test]
fn array_that_was_moved_and_then_copied_gets_blocks_of_its_own_before_it_is_edited_on_xfs() {
    let (mounted, _root) = match Mount::image(320, &["mkfs.xfs", "-q"]) {
        Ok(disk) => disk,
        Err(why) => return skipped("an edit of a moved array on a full disk", &why),
    };
    let folders: [PathBuf; 2] = ["from", "to"].map(|folder| mounted.path().join(folder));
    let images =
        MmapArray1::zeros_in(&folders[0], 64 * 1024 * 1024 / 8).expect("an array of zeros");
    let mut run = Run { images, labels: vec![1; 4].into() };
    run.images.view_mut().expect("its elements").fill(1);
    run.save(&folders[0]).expect("a save that moves it");
    run.images.view_mut().expect("the folder's file").fill(2);
    run.save(&folders[1]).expect("a copy");
    let filler = mounted.path().join("filler");
    fill(&filler);
    let error = run.images.view_mut().map(drop).expect_err("no room for blocks of its own");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("reserve"), "{error}");
    empty(&filler);
    run.images.view_mut().expect("room").fill(3);
    run.save(&folders[0]).expect("a flush");
    drop(run);
    let [from, to] = folders.map(|folder| Run::load(folder).expect("a load"));
    assert!(from.images.iter().all(|&element| element == 3));
    assert!(to.images.iter().all(|&element| element == 2));
    drop((from, to));
    mounted.unmount().expect("an end");
}
