//! What a save says of its progress, and what becomes of one that is cancelled.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, ArrayD};
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use varpack::{ErrorKind, MmapArray1, MmapArrayD, Pack, PackValue, Progress, SaveOptions, Varpack};
use varpack_tests::folders::State;

const MIB: u64 = 1 << 20;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: MmapArrayD<u8>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(separate)]
    history: Vec<f64>,
    step: u64,
}

/// Files: images, three arrays of the map, three pickles and the manifest.
const FILES: u64 = 8;

fn run(step: u64) -> Run {
    let mebibytes = usize::try_from(20 * MIB).unwrap();
    let element = u8::try_from(step).unwrap();
    let part = |key: &str| (key.to_owned(), Array1::from_elem(30_000, f32::from(element)).into());
    Run {
        images: ArrayD::from_elem(vec![mebibytes], element).into(),
        split: BTreeMap::from(["dev", "test", "train"].map(part)),
        history: vec![f64::from(element); 3],
        step,
    }
}

/// Options, and what the callback is told.
fn told(options: SaveOptions) -> (SaveOptions, Arc<Mutex<Vec<Progress>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let options = options.progress(move |progress| {
        log.lock().unwrap().push(progress);
        ControlFlow::Continue(())
    });
    (options, told)
}

/// Options of a save that is cancelled by the answer of this number.
fn cancelled_at(number: usize, threads: usize) -> SaveOptions {
    let mut answers = 0;
    SaveOptions::new().sync(false).threads(threads).progress(move |_| {
        answers += 1;
        if answers > number { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// Options of a save whose callback panics instead.
fn panicking_at(number: usize, threads: usize) -> SaveOptions {
    let mut answers = 0;
    SaveOptions::new().sync(false).threads(threads).progress(move |_| {
        answers += 1;
        assert!(answers <= number, "as told");
        ControlFlow::Continue(())
    })
}

fn bytes_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_name() != ".varpack.lock");
    files.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn every_file_and_byte_of_a_save_is_counted_against_totals_that_are_known_from_the_first_report() {
    for threads in [1, 2] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("run");
        let (options, told) = told(SaveOptions::new().threads(threads));
        run(1).save_with(&folder, &options).unwrap();
        let told = told.lock().unwrap();
        let bytes = bytes_of(&folder);
        for pair in told.windows(2) {
            let [before, after] = pair else { unreachable!() };
            assert!(before.bytes_done <= after.bytes_done, "{pair:?}");
            assert!(before.files_done <= after.files_done, "{pair:?}");
        }
        for progress in &*told {
            assert_eq!((progress.files_total, progress.bytes_total), (FILES, bytes));
        }
        let last = told.last().unwrap();
        assert_eq!((last.files_done, last.bytes_done), (FILES, bytes));
    }
}

#[test]
fn large_array_is_reported_in_pieces_of_8_mib() {
    let root = tempfile::tempdir().unwrap();
    let (options, told) = told(SaveOptions::new().threads(1));
    run(1).save_with(root.path(), &options).unwrap();
    let told = told.lock().unwrap();
    let steps: Vec<u64> =
        told.windows(2).map(|pair| pair[1].bytes_done - pair[0].bytes_done).collect();
    assert_eq!(steps.iter().filter(|&&step| (8 * MIB..=9 * MIB).contains(&step)).count(), 2);
    assert!(steps.iter().all(|&step| step <= 9 * MIB), "{steps:?}");
}

#[test]
fn array_that_is_copied_by_the_system_is_reported_in_pieces_too() {
    let root = tempfile::tempdir().unwrap();
    let [from, to] = ["from", "to"].map(|name| root.path().join(name));
    run(1).save(&from).unwrap();
    let (options, told) = told(SaveOptions::new().threads(1));
    Run::load(&from).unwrap().save_with(&to, &options).unwrap();
    let told = told.lock().unwrap();
    assert!(told.len() > usize::try_from(FILES).unwrap() + 2, "{told:?}");
    assert_eq!(told.last().unwrap().bytes_done, bytes_of(&to));
}

#[test]
fn what_is_left_alone_does_not_count() {
    let root = tempfile::tempdir().unwrap();
    let mut value = run(1);
    value.save(root.path()).unwrap();
    let (options, told) = told(SaveOptions::new());
    value.save_with(root.path(), &options).unwrap();
    assert!(told.lock().unwrap().is_empty());
    value.step = 2;
    value.save_with(root.path(), &options).unwrap();
    // The shared pickle and the manifest; between them the question before the commit point.
    let files: Vec<u64> = told.lock().unwrap().iter().map(|told| told.files_done).collect();
    assert_eq!(files, [1, 1, 2]);
}

#[test]
fn new_folder_cancelled_at_any_report_before_its_last_leaves_no_trace() {
    for threads in [1, 2] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("runs/7");
        let value = run(1);
        for number in 0.. {
            match value.save_with(&folder, &cancelled_at(number, threads)) {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Cancelled, "{number}");
                    assert_eq!(error.path(), Some(folder.as_path()), "{number}");
                    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "{number}");
                }
                Ok(_) => {
                    // Two in the large array, the question, and the manifest after the commit point.
                    assert_eq!(number, usize::try_from(FILES).unwrap() + 2);
                    break;
                }
            }
        }
        assert_eq!(Run::load(&folder).unwrap().step, 1);
    }
}

#[test]
fn save_cancelled_at_any_report_before_its_last_leaves_the_old_state_and_can_be_made_again() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run(1).save(&folder).unwrap();
    let before = State::of(&folder);
    let new = run(2);
    for number in 0.. {
        match new.save_with(&folder, &cancelled_at(number, 2)) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Cancelled, "{number}");
                assert_eq!(error.path(), Some(folder.as_path()), "{number}");
                before.assert_untouched(&folder);
            }
            Ok(_) => break,
        }
    }
    assert_eq!(Run::load(&folder).unwrap().images.first(), Some(&2));
}

#[test]
fn answer_to_the_last_report_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let value = run(1);
    let options = SaveOptions::new().progress(|progress| {
        if progress.files_done == progress.files_total {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    value.save_with(root.path(), &options).unwrap();
    let saved = State::of(root.path());
    value.save(root.path()).unwrap();
    saved.assert_untouched(root.path()); // the arrays know that they are saved
}

#[test]
fn callback_that_panics_before_the_last_report_leaves_the_old_state_and_no_trace() {
    for threads in [1, 2] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("run");
        run(1).save(&folder).unwrap();
        let before = State::of(&folder);
        let new = run(2);
        // The pickle of the map is the same: its arrays have the files that they had.
        for number in 0..usize::try_from(FILES - 1).unwrap() + 2 {
            for folder in [folder.as_path(), &root.path().join("another")] {
                let options = panicking_at(number, threads).overwrite(true);
                let result = catch_unwind(AssertUnwindSafe(|| new.save_with(folder, &options)));
                assert!(result.is_err(), "{number}: {result:?}");
            }
            before.assert_untouched(&folder);
            assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "{number}");
        }
        new.save_with(&folder, &SaveOptions::new().overwrite(true)).unwrap();
        assert_eq!(Run::load(&folder).unwrap().step, 2);
    }
}

#[test]
fn callback_that_has_panicked_is_not_called_again() {
    for threads in [1, 2] {
        let root = tempfile::tempdir().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let options = SaveOptions::new().threads(threads).progress(move |_| {
            assert!(counted.fetch_add(1, Ordering::Relaxed) < 2, "as told");
            ControlFlow::Continue(())
        });
        let folder = root.path().join("run");
        let result = catch_unwind(AssertUnwindSafe(|| run(1).save_with(&folder, &options)));
        assert!(result.is_err(), "{result:?}");
        assert_eq!(calls.load(Ordering::Relaxed), 3);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }
}

#[test]
fn pack_that_was_cancelled_is_still_attached_and_saves() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run(1).save(&folder).unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    pack.remove("history");
    pack.insert("x", PackValue::try_from(Array1::from_elem(100_000, 0.5)).unwrap()).unwrap();
    let before = State::of(&folder);
    let error = pack.save_with(&cancelled_at(0, 0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    before.assert_untouched(&folder);
    pack.save().unwrap();
    let names: Vec<String> = Pack::open(&folder).unwrap().names().map(String::from).collect();
    assert!(names.contains(&"x".to_owned()) && !names.contains(&"history".to_owned()), "{names:?}");
}
