//! What keeps an in-place writer and the readers of a file apart: the lock on the file itself, whatever becomes of
//! the folder's lock file, of names and of folders.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadAction, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackValue, ReadReason,
    Varpack,
};
use varpack_tests::child::{STRANGER, is_root, of_stranger, told};
use varpack_tests::faults::mount::{Mount, run, skipped, text};
use varpack_tests::folders::{MODES, set_mode};

#[derive(Varpack, Debug)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

/// Too large to be read rather than mapped.
const LEN: usize = 20_000;

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Run { x: vec![1.0; LEN].into() }.save(&folder).unwrap();
    (parent, folder)
}

fn load(folder: &Path, mode: Mode) -> Loaded<Run> {
    Run::load_with(folder, &LoadOptions::new().mode(mode)).unwrap()
}

#[track_caller]
fn assert_busy<T>(outcome: varpack::Result<T>) {
    let error = outcome.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(error.variable(), Some("x"), "{error}");
}

/// A reader keeps a map; `meddle` does something to the folder, and gives where its array is to be found then.
#[track_caller]
fn is_kept_from_an_editor(mode: Mode, meddle: impl FnOnce(&Path) -> PathBuf) {
    let (_parent, folder) = saved();
    let reader = load(&folder, mode);
    assert!(reader.x.is_mapped());
    let there = meddle(&folder);
    let mut editor = load(&there, Mode::ReadWrite);
    assert_busy(editor.x.view_mut());
    assert!(reader.x.iter().chain(editor.x.iter()).all(|element| *element == 1.0));
    drop(reader);
    editor.x.view_mut().unwrap()[0] = 2.0;
}

#[test]
fn edit_is_refused_where_the_lock_file_was_removed_from_under_a_reader() {
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        is_kept_from_an_editor(mode, |folder| {
            fs::remove_file(folder.join(".varpack.lock")).unwrap();
            folder.to_owned()
        });
    }
}

#[test]
fn edit_is_refused_where_the_files_were_moved_to_another_folder_from_under_a_reader() {
    is_kept_from_an_editor(Mode::ReadOnly, |folder| {
        let other = folder.with_file_name("other");
        fs::create_dir(&other).unwrap();
        for name in ["x.npy", "varpack.json"] {
            fs::rename(folder.join(name), other.join(name)).unwrap();
        }
        other
    });
}

#[test]
fn edit_is_refused_where_one_array_was_renamed_into_another_folder_from_under_a_reader() {
    is_kept_from_an_editor(Mode::ReadOnly, |folder| {
        let other = folder.with_file_name("other");
        Run { x: vec![5.0; LEN].into() }.save(&other).unwrap();
        fs::rename(folder.join("x.npy"), other.join("x.npy")).unwrap();
        other
    });
}

#[test]
fn edit_is_refused_where_the_folder_was_renamed_from_under_a_reader() {
    is_kept_from_an_editor(Mode::ReadOnly, |folder| {
        let other = folder.with_file_name("other");
        fs::rename(folder, &other).unwrap();
        other
    });
}

#[test]
fn refused_edit_leaves_the_array_readable_and_the_next_one_works() {
    let (_parent, folder) = saved();
    let mut mine = load(&folder, Mode::ReadWrite);
    let theirs = load(&folder, Mode::ReadOnly);
    for _ in 0..3 {
        let error = mine.x.view_mut().map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert_eq!(mine.x.sum(), 20_000.0);
    }
    drop(theirs);
    mine.x.view_mut().unwrap()[0] = 2.0;
    mine.x.flush().unwrap();
    assert_eq!(load(&folder, Mode::InMemory).x[0], 2.0);
}

#[test]
fn flush_lets_others_map_the_file_and_its_lock_stays() {
    let (_parent, folder) = saved();
    let mut mine = load(&folder, Mode::ReadWrite);
    mine.x.view_mut().unwrap()[0] = 2.0;
    mine.x.flush().unwrap();
    fs::remove_file(folder.join(".varpack.lock")).unwrap(); // so that only the file's own lock is left
    let mut theirs = load(&folder, Mode::ReadWrite);
    assert_eq!(theirs.x[0], 2.0);
    assert_busy(theirs.x.view_mut());
    drop(mine);
    theirs.x.view_mut().unwrap()[0] = 3.0;
}

#[test]
fn load_is_refused_by_the_arrays_own_name_while_someone_edits_the_file_elsewhere() {
    let (_parent, folder) = saved();
    let mut mine = load(&folder, Mode::ReadWrite);
    mine.x.view_mut().unwrap()[0] = 2.0;
    fs::remove_file(folder.join(".varpack.lock")).unwrap();
    for mode in MODES {
        assert_busy(Run::load_with(&folder, &LoadOptions::new().mode(mode)));
        assert_busy(Pack::open_with(&folder, &LoadOptions::new().mode(mode)));
    }
    mine.x.flush().unwrap();
    assert_eq!(Run::load(&folder).unwrap().x[0], 2.0);
}

#[test]
fn array_of_zeros_is_locked_from_before_it_has_a_name() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut mine = Run { x: MmapArray1::zeros_in(&folder, LEN).unwrap() };
    mine.x.view_mut().unwrap().fill(1.0);
    mine.save(&folder).unwrap();
    assert!(mine.x.is_mapped() && mine.x.path().is_some());
    fs::remove_file(folder.join(".varpack.lock")).unwrap();
    let mut theirs = load(&folder, Mode::ReadWrite);
    assert_busy(theirs.x.view_mut());
    drop(theirs);
    fs::remove_file(folder.join(".varpack.lock")).unwrap();
    let theirs = load(&folder, Mode::ReadOnly);
    let error = mine.x.view_mut().map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(theirs);
    mine.x.view_mut().unwrap()[0] = 2.0;
}

#[test]
fn folder_made_and_removed_beside_a_loader_is_never_mapped_without_a_lock() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let aside = parent.path().join("aside");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..150 {
                Run { x: vec![1.0; LEN].into() }.save(&folder).unwrap();
                std::thread::yield_now();
                fs::rename(&folder, &aside).unwrap();
                // What a loader maps of it is locked: an edit is refused, or nobody has it.
                let mut editor = load(&aside, Mode::ReadWrite);
                if let Ok(mut view) = editor.x.view_mut() {
                    view.fill(2.0);
                }
                drop(editor);
                fs::remove_dir_all(&aside).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let mut mapped = 0;
        while !is_over.load(Ordering::Relaxed) {
            if let Ok(run) = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadOnly)) {
                let before = run.x[LEN - 1];
                std::thread::yield_now();
                assert_eq!(run.x[LEN - 1], before, "it was edited while it was mapped");
                mapped += usize::from(run.x.is_mapped());
            }
        }
        assert!(mapped > 0);
    });
}

/// Waits for the other process to go on.
fn wait_for(path: &Path) {
    let begun = std::time::Instant::now();
    while !path.exists() {
        assert!(begun.elapsed().as_secs() < 60, "the other process is stuck");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// A reader of another user, to whom `prepare` leaves no lock file that he could use, keeps his map for himself.
#[track_caller]
fn reader_of_another_user_is_kept_from_an_editor(
    test: &str,
    prepare: fn(&Path),
    restore: fn(&Path),
) {
    if let Some(folder) = told() {
        let reader = load(&folder, Mode::ReadOnly);
        let note = reader.report().notes().join("\n");
        assert!(note.contains("not locked"), "{note}");
        let beside = folder.parent().unwrap().join("beside");
        fs::write(beside.join("said"), reader.x.is_mapped().to_string()).unwrap();
        fs::rename(beside.join("said"), beside.join("loaded")).unwrap();
        wait_for(&beside.join("edited"));
        assert!(reader.x.iter().all(|element| *element == 1.0), "an edit shows");
        return;
    }
    if !is_root() {
        return skipped(test, "it takes root to be another user");
    }
    let (parent, folder) = saved();
    let beside = parent.path().join("beside");
    fs::create_dir(&beside).unwrap();
    chown(&beside, Some(STRANGER), Some(STRANGER)).unwrap();
    prepare(&folder);
    let mut reader = of_stranger(test, &folder).spawn().unwrap();
    wait_for(&beside.join("loaded"));
    restore(&folder);
    let mut editor = load(&folder, Mode::ReadWrite);
    // Either his map keeps the editor away, or there is none that could change.
    let is_mapped = fs::read_to_string(beside.join("loaded")).unwrap() == "true";
    let edited = editor.x.view_mut().map(|mut view| view.fill(2.0));
    match is_mapped {
        true => assert_busy(edited),
        false => edited.unwrap(),
    }
    fs::write(beside.join("edited"), "").unwrap();
    assert!(reader.wait().unwrap().success());
    editor.x.view_mut().unwrap().fill(3.0);
}

#[test]
fn reader_who_may_not_make_a_lock_file_never_sees_an_edit() {
    reader_of_another_user_is_kept_from_an_editor(
        "reader_who_may_not_make_a_lock_file_never_sees_an_edit",
        |folder| fs::remove_file(folder.join(".varpack.lock")).unwrap(),
        |_| {},
    );
}

#[test]
fn reader_to_whom_the_lock_file_becomes_readable_later_never_sees_an_edit() {
    fn set(folder: &Path, mode: u32) {
        set_mode(&folder.join(".varpack.lock"), mode);
    }
    reader_of_another_user_is_kept_from_an_editor(
        "reader_to_whom_the_lock_file_becomes_readable_later_never_sees_an_edit",
        |folder| set(folder, 0o600),
        |folder| set(folder, 0o644),
    );
}

/// Python's `open_memmap("w+")` leaves such a file: it has its size, and no block.
/// One who edits the file, from beside the folder's lock, and one who waits for the end of that to load it.
fn load_that_waits(after: impl FnOnce(&Path)) -> varpack::Result<Loaded<Run>> {
    let (_parent, folder) = saved();
    let mut editor = load(&folder, Mode::ReadWrite);
    editor.x.view_mut().unwrap()[0] = 2.0;
    fs::remove_file(folder.join(".varpack.lock")).unwrap();
    let waits = LoadOptions::new().mode(Mode::ReadWrite).wait(Duration::from_secs(20));
    let loader = thread::spawn({
        let folder = folder.clone();
        move || Run::load_with(&folder, &waits)
    });
    thread::sleep(Duration::from_millis(300));
    drop(editor); // nobody has the file mapped now
    after(&folder.join("x.npy"));
    let mut loaded = loader.join().unwrap()?;
    assert!(loaded.x.is_mapped());
    assert_eq!(loaded.x[0], 2.0);
    loaded.x.view_mut()?[0] = 3.0;
    loaded.x.flush()?;
    Ok(loaded)
}

#[test]
fn file_that_is_cut_while_a_load_waits_for_its_lock_is_refused_and_no_signal_comes() {
    let cut = |file: &Path| {
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(80_000).unwrap();
    };
    let error = load_that_waits(cut).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Npy);
    assert!(error.to_string().contains("expected 160000 bytes of data"), "{error}");
}

#[test]
fn array_that_was_edited_while_a_load_waited_for_its_lock_is_loaded_and_edited_as_it_is() {
    load_that_waits(|_| {}).unwrap();
}

fn sparse(folder: &Path) {
    let file = fs::OpenOptions::new().write(true).open(folder.join("x.npy")).unwrap();
    let size = file.metadata().unwrap().len();
    file.set_len(128).unwrap();
    file.set_len(size).unwrap();
}

#[test]
fn sparse_file_on_a_full_tmpfs_is_read_and_no_signal_comes() {
    let test = "sparse_file_on_a_full_tmpfs_is_read_and_no_signal_comes";
    let mount = match Mount::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) {
        Ok(mount) => mount,
        Err(why) => return skipped(test, &why),
    };
    let folder = mount.path().join("run");
    Run { x: vec![1.0; LEN].into() }.save(&folder).unwrap();
    sparse(&folder);
    let filler = vec![0; 4096];
    let mut full = fs::File::create(mount.path().join("filler")).unwrap();
    while std::io::Write::write_all(&mut full, &filler).is_ok() {}
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        let run = load(&folder, mode);
        assert_eq!(run.x.sum(), 0.0);
        let action = &run.report().entries()[0].action;
        assert_eq!(*action, LoadAction::Read(Some(ReadReason::Holes)));
        let pack = Pack::open_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        assert!(!pack.get("x").and_then(PackValue::as_array).unwrap().is_mapped());
    }
}

#[test]
fn refused_edit_of_a_small_sparse_file_on_a_full_tmpfs_leaves_it_in_memory() {
    let test = "refused_edit_of_a_small_sparse_file_on_a_full_tmpfs_leaves_it_in_memory";
    let mount = match Mount::new(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) {
        Ok(mount) => mount,
        Err(why) => return skipped(test, &why),
    };
    let folder = mount.path().join("run");
    Run { x: vec![1.0; 6000].into() }.save(&folder).unwrap();
    sparse(&folder);
    let mut run = load(&folder, Mode::ReadWrite);
    let filler = vec![0; 4096];
    let mut full = fs::File::create(mount.path().join("filler")).unwrap();
    while std::io::Write::write_all(&mut full, &filler).is_ok() {}
    assert_eq!(run.x.view_mut().map(drop).unwrap_err().kind(), ErrorKind::Io);
    assert!(!run.x.is_mapped());
    assert_eq!(run.x.sum(), 0.0); // mapped, it would end the process
    drop(full); // it takes its space as long as it is open
    fs::remove_file(mount.path().join("filler")).unwrap();
    run.x.view_mut().unwrap()[0] = 2.0;
    run.flush().unwrap();
    assert_eq!(load(&folder, Mode::ReadOnly).x.sum(), 2.0);
}

#[test]
fn sparse_file_on_a_disk_is_mapped() {
    let (_parent, folder) = saved();
    sparse(&folder);
    let run = load(&folder, Mode::ReadOnly);
    assert_eq!(run.x.sum(), 0.0);
    let tmpfs = Command::new("stat").args(["-f", "-c", "%T"]).arg(&folder).output().unwrap();
    let is_memory = String::from_utf8_lossy(&tmpfs.stdout).trim() == "tmpfs";
    assert_eq!(run.x.is_mapped(), !is_memory);
}

#[test]
fn holes_that_blocks_behind_the_end_make_up_for_are_found_on_tmpfs() {
    let (_parent, mount) = match Mount::new(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"]) {
        Ok(mount) => ((), mount),
        Err(why) => return skipped("holes in a file on tmpfs", &why),
    };
    let folder = mount.path().join("run");
    Run { x: vec![1.0; LEN].into() }.save(&folder).unwrap();
    sparse(&folder);
    let file = folder.join("x.npy");
    run("fallocate", ["-n", "-o", "1048576", "-l", "524288", text(&file)]).unwrap();
    let run = load(&folder, Mode::ReadOnly);
    assert_eq!(run.report().entries()[0].action, LoadAction::Read(Some(ReadReason::Holes)));
    assert_eq!(run.x.sum(), 0.0);
}

/// The last huge page reaches behind the end of the file, and makes up for what is missing before.
#[test]
fn holes_that_a_huge_page_makes_up_for_are_found_on_tmpfs() {
    let options = ["-t", "tmpfs", "-o", "size=64m,huge=always", "tmpfs"];
    let mount = match Mount::new(&options) {
        Ok(mount) => mount,
        Err(why) => return skipped("holes among huge pages", &why),
    };
    let folder = mount.path().join("run");
    // Of 4 MiB but for two small pages.
    Run { x: vec![1.0; ((4 << 20) - 8192 - 128) / 8].into() }.save(&folder).unwrap();
    let file = folder.join("x.npy");
    run("fallocate", ["-p", "-o", "1048576", "-l", "4096", text(&file)]).unwrap();
    let run = load(&folder, Mode::ReadOnly);
    assert_eq!(run.report().entries()[0].action, LoadAction::Read(Some(ReadReason::Holes)));
    assert_eq!(run.x[(1 << 20) / 8], 0.0);
}

#[test]
fn holes_in_a_file_that_others_may_write_to_are_looked_for_on_tmpfs() {
    let mount = match Mount::new(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"]) {
        Ok(mount) => mount,
        Err(why) => return skipped("holes in a file of a group on tmpfs", &why),
    };
    let folder = mount.path().join("run");
    Run { x: vec![1.0; LEN].into() }.save(&folder).unwrap();
    let file = folder.join("x.npy");
    varpack_tests::folders::set_mode(&file, 0o664);
    // As many blocks behind the end as the hole lacks, neither more nor fewer.
    run("fallocate", ["-p", "-o", "40960", "-l", "40960", text(&file)]).unwrap();
    run("fallocate", ["-n", "-o", "163840", "-l", "40960", text(&file)]).unwrap();
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        let run = load(&folder, mode);
        let action = &run.report().entries()[0].action;
        assert_eq!(*action, LoadAction::Read(Some(ReadReason::Holes)));
    }
}

#[test]
fn file_with_holes_is_not_edited_in_place_where_no_space_can_be_reserved() {
    let (mount, _root) = match Mount::image(8, &["mkfs.ext2", "-q"]) {
        Ok(mount) => mount,
        Err(why) => return skipped("an edit of a sparse file on ext2", &why),
    };
    let folder = mount.path().join("run");
    Run { x: vec![1.0; LEN].into() }.save(&folder).unwrap();
    sparse(&folder);
    let mut run = load(&folder, Mode::ReadWrite);
    let error = run.x.view_mut().map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert!(
        error.to_string().contains("holes") && error.to_string().contains("Mode::CopyOnWrite"),
        "{error}"
    );
    assert_eq!(run.x.sum(), 0.0);
    // The attempt has moved the file's times: that is no change of anybody's.
    assert_eq!(run.x.view_mut().map(drop).unwrap_err().kind(), ErrorKind::ReadOnly);
    run.x = vec![4.0; LEN].into();
    run.save().unwrap();
    sparse(&folder);
    let mut run = load(&folder, Mode::CopyOnWrite);
    run.x.view_mut().unwrap().fill(2.0);
    run.save().unwrap();
    drop(run);
    load(&folder, Mode::ReadWrite).x.view_mut().unwrap().fill(3.0);
}

/// The descriptors that maps keep are counted by process: of the tests of one, one at a time.
static KEPT: Mutex<()> = Mutex::new(());

/// An overlay over a folder of `run` as it was saved, whose files are in the lower layer.
fn overlay(count: usize) -> Result<(Mount, MutexGuard<'static, ()>), String> {
    let alone = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let layers = Mount::new(&["-t", "tmpfs", "-o", "size=256m", "tmpfs"])?;
    let [lower, upper, work] = ["lower", "upper", "work"].map(|name| layers.path().join(name));
    for layer in [&lower, &upper, &work] {
        fs::create_dir(layer).unwrap();
    }
    let mut pack = Pack::new();
    for number in 0..count {
        let name = if number == 0 { "x".to_owned() } else { format!("x{number}") };
        pack.insert(name, PackValue::try_from(ndarray::Array1::from_elem(LEN, 1.0)).unwrap())
            .unwrap();
    }
    pack.save_to(lower.join("run")).unwrap();
    let [lower, upper, work] = [&lower, &upper, &work].map(|layer| text(layer).to_owned());
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    let mount = Mount::new(&["-t", "overlay", "-o", &options, "overlay"])?;
    // What it lies on goes when it does.
    std::mem::forget(layers);
    Ok((mount, alone))
}

#[test]
fn map_of_an_overlay_keeps_its_lock_too() {
    let (mount, _alone) = match overlay(1) {
        Ok(mount) => mount,
        Err(why) => return skipped("maps of an overlay", &why),
    };
    let folder = mount.path().join("run");
    for mode in [Mode::ReadOnly, Mode::CopyOnWrite, Mode::ReadWrite] {
        let reader = load(&folder, mode);
        assert!(reader.x.is_mapped());
        let before = reader.x[0];
        fs::remove_file(folder.join(".varpack.lock")).unwrap();
        let mut editor = load(&folder, Mode::ReadWrite);
        assert_busy(editor.x.view_mut());
        drop(reader);
        // The first edit copies the file up from the layer beneath, and is no change of it.
        editor.x.view_mut().unwrap().fill(before + 1.0);
        editor.x.flush().unwrap();
        assert_eq!(load(&folder, Mode::InMemory).x[0], before + 1.0);
    }
}

#[test]
fn descriptors_that_maps_of_an_overlay_keep_are_bounded_and_the_rest_is_read() {
    let (mount, _alone) = match overlay(600) {
        Ok(mount) => mount,
        Err(why) => return skipped("many maps of an overlay", &why),
    };
    let folder = mount.path().join("run");
    let pack = Pack::open_with(&folder, &LoadOptions::new().mode(Mode::ReadOnly)).unwrap();
    let mapped = pack.iter().filter(|(_, value)| value.as_array().unwrap().is_mapped()).count();
    assert!((1..600).contains(&mapped), "{mapped}");
    let read = pack.report().entries().iter();
    let read = read.filter(|entry| entry.action == LoadAction::Read(Some(ReadReason::NoLock)));
    assert_eq!(mapped + read.count(), 600);
}

#[test]
fn arrays_of_an_overlay_are_edited_and_made_however_many_descriptors_its_maps_keep() {
    let (mount, _alone) = match overlay(600) {
        Ok(mount) => mount,
        Err(why) => return skipped("edits beside many maps of an overlay", &why),
    };
    let folder = mount.path().join("run");
    let mapped = Pack::open_with(&folder, &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap();
    // Of another folder, so that nobody else has it.
    let other = mount.path().join("other");
    let mut run = Run { x: MmapArray1::zeros_in(&other, LEN).unwrap() };
    run.x.view_mut().unwrap().fill(2.0);
    run.save(&other).unwrap();
    run.x.view_mut().unwrap().fill(3.0);
    run.x.flush().unwrap();
    assert!(run.x.is_mapped());
    assert_eq!(load(&other, Mode::InMemory).x[0], 3.0);
    drop(mapped);
    let mut pack = Pack::open_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    let names: Vec<String> = pack.names().map(str::to_owned).collect();
    for name in names {
        let array = pack.get_mut(&name).unwrap().as_array_mut().unwrap();
        array.view_mut::<f64, ndarray::Ix1>().unwrap().fill(2.0);
        if array.is_mapped() {
            array.flush().unwrap();
        }
    }
}

#[test]
fn programs_that_are_started_meanwhile_are_in_nobodys_way() {
    let (_parent, folder) = saved();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                Command::new("true").status().unwrap();
            }
        });
        for _ in 0..200 {
            let mut run = load(&folder, Mode::ReadWrite);
            run.x.view_mut().unwrap()[0] += 1.0;
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(load(&folder, Mode::InMemory).x[0], 201.0);
}

#[test]
fn saves_of_a_holder_whose_lock_file_was_removed_still_come_one_at_a_time() {
    let (_parent, folder) = saved();
    let mut mine = load(&folder, Mode::CopyOnWrite);
    mine.x.view_mut().unwrap()[0] = 2.0;
    fs::remove_file(folder.join(".varpack.lock")).unwrap();
    let inner = folder.clone();
    let mut outcome = None;
    let theirs = load(&folder, Mode::InMemory);
    let (sender, receiver) = std::sync::mpsc::channel();
    let mine = Mutex::new(mine);
    std::thread::scope(|scope| {
        let mine = &mine;
        let (ask, answer) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            answer.recv().unwrap();
            sender.send(mine.lock().unwrap().save()).unwrap();
        });
        let mut asked = Some((ask, receiver));
        let options = varpack::SaveOptions::new().overwrite(true).progress(move |_| {
            if let Some((ask, receiver)) = asked.take() {
                ask.send(()).unwrap();
                let _ = sender_result().set(receiver.recv().unwrap().map_err(|error| error.kind()));
            }
            std::ops::ControlFlow::Continue(())
        });
        outcome = Some(theirs.save_to_with(&inner, &options));
    });
    outcome.unwrap().unwrap();
    assert_eq!(sender_result().get().unwrap(), &Err(ErrorKind::Busy));
    Run::edit(&folder).unwrap();
}

/// What the save that came in between has said.
fn sender_result() -> &'static std::sync::OnceLock<Result<(), ErrorKind>> {
    static RESULT: std::sync::OnceLock<Result<(), ErrorKind>> = std::sync::OnceLock::new();
    &RESULT
}

#[test]
fn array_may_be_asked_by_the_progress_callback_of_its_own_save() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let run = std::sync::Arc::new(Run { x: MmapArray1::zeros_in(&folder, LEN).unwrap() });
    let asked = std::sync::Arc::clone(&run);
    let options = varpack::SaveOptions::new().progress(move |_| {
        asked.x.flush().unwrap();
        assert!(asked.x.is_mapped());
        std::ops::ControlFlow::Continue(())
    });
    run.save_with(&folder, &options).unwrap();
}

#[test]
fn load_of_the_commit_folder_does_not_lock_the_folder_out() {
    let (_parent, folder) = saved();
    let staging = folder.join(".varpack-staging");
    // As a save leaves it that is killed right after its commit point.
    let commit = folder.join(".varpack-commit");
    let inner = staging.clone();
    let mut seen = false;
    let options = varpack::SaveOptions::new().progress(move |_| {
        if !seen && inner.join("x.npy").exists() {
            seen = true;
            fs::write(inner.join(".varpack.lock"), "").unwrap();
        }
        std::ops::ControlFlow::Continue(())
    });
    Run { x: vec![2.0; LEN].into() }.save_with(&folder, &options).unwrap();
    assert!(!commit.exists() && !staging.exists());
    assert_eq!(Run::load(&folder).unwrap().x[0], 2.0);
}
