//! What a load tells its progress callback, and what the callback's answer does.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Pack, Progress, SaveOptions, Varpack};

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

/// Three arrays of their own, a map of 100, two pickles and the manifest: 106 files.
#[derive(Varpack, Default)]
struct Run {
    #[varpack(mmap)]
    large: MmapArray1<f64>,
    #[varpack(mmap)]
    small: MmapArray1<f64>,
    #[varpack(npy)]
    losses: Vec<bool>,
    #[varpack(mmap)]
    map: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(separate)]
    history: Vec<f64>,
    step: u64,
}

const FILES: u64 = 107;

fn run() -> Run {
    let array = |index: usize| (format!("{index:03}"), vec![0.5; 10 + index].into());
    Run {
        large: vec![1.0; 3_000_000].into(),
        small: vec![1.0; 10].into(),
        losses: vec![true; 1000],
        map: (0..100).map(array).collect(),
        history: vec![0.5; 100],
        step: 7,
    }
}

fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    value.save_with(&folder, &SaveOptions::new().sync(false)).unwrap();
    (parent, folder)
}

/// The bytes of all files but the lock file.
fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    files.map(|entry| entry.metadata().unwrap().len()).sum()
}

/// Options that note what is told, and break off once `stop` says so.
fn watched(
    mode: Mode,
    threads: usize,
    stop: impl Fn(usize) -> bool + Send + 'static,
) -> (LoadOptions, Arc<Mutex<Vec<Progress>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let options = LoadOptions::new().mode(mode).threads(threads).progress(move |progress| {
        let mut seen = seen.lock().unwrap();
        seen.push(progress);
        if stop(seen.len()) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (options, told)
}

/// Done never goes back and never exceeds the total; at the end both are the folder's.
fn assert_whole(told: &[Progress], files: u64, bytes: u64) {
    for pair in told.windows(2) {
        assert!(pair[0].files_done <= pair[1].files_done, "{pair:?}");
        assert!(pair[0].bytes_done <= pair[1].bytes_done, "{pair:?}");
    }
    for progress in told {
        assert!(progress.files_done <= progress.files_total, "{progress:?}");
        assert!(progress.bytes_done <= progress.bytes_total, "{progress:?}");
    }
    let last = told.last().unwrap();
    assert_eq!((last.files_done, last.files_total), (files, files));
    assert_eq!((last.bytes_done, last.bytes_total), (bytes, bytes));
}

#[test]
fn every_file_of_a_folder_is_counted_once_with_its_bytes() {
    let (_parent, folder) = saved(&run());
    for mode in MODES {
        for threads in [1, 2, 8] {
            let (options, told) = watched(mode, threads, |_| false);
            Run::load_with(&folder, &options).unwrap();
            assert_whole(&told.lock().unwrap(), FILES, bytes(&folder));
            let (options, told) = watched(mode, threads, |_| false);
            Pack::open_with(&folder, &options).unwrap();
            assert_whole(&told.lock().unwrap(), FILES, bytes(&folder));
        }
    }
}

#[test]
fn totals_are_announced_before_the_arrays_are_read() {
    let (_parent, folder) = saved(&run());
    let (options, told) = watched(Mode::InMemory, 2, |_| false);
    Run::load_with(&folder, &options).unwrap();
    let first = told.lock().unwrap()[0];
    assert_eq!((first.files_done, first.files_total), (1, FILES));
    assert!(first.bytes_total > 8 * 3_000_000, "{first:?}");
}

#[test]
fn a_large_array_that_is_read_is_told_of_every_few_mebibytes() {
    let (_parent, folder) = saved(&run());
    for threads in [1, 4] {
        let (options, told) = watched(Mode::InMemory, threads, |_| false);
        Run::load_with(&folder, &options).unwrap();
        let told = told.lock().unwrap();
        let steps = told.windows(2).map(|pair| pair[1].bytes_done - pair[0].bytes_done);
        assert!(steps.max().unwrap() <= 8 << 20);
    }
}

#[test]
fn what_the_struct_does_not_know_or_the_caller_skips_is_not_counted_at_the_end() {
    #[derive(Varpack, Default)]
    struct Part {
        #[varpack(mmap)]
        small: MmapArray1<f64>,
        #[varpack(separate, default)]
        history: Vec<f64>,
    }

    let (_parent, folder) = saved(&run());
    let size = |file: &str| fs::metadata(folder.join(file)).unwrap().len();
    let files = ["varpack.json", "__misc_vars__.pickle", "small.npy"];
    let read = files.iter().map(|file| size(file)).sum();
    let (options, told) = watched(Mode::ReadWrite, 1, |_| false);
    Part::load_with(&folder, &options.skip(["history"])).unwrap();
    assert_whole(&told.lock().unwrap(), 3, read);
    let (options, told) = watched(Mode::ReadWrite, 1, |_| false);
    Part::load_with(&folder, &options).unwrap();
    assert_whole(&told.lock().unwrap(), 4, read + size("history.pickle"));
}

#[test]
fn break_cancels_a_load_at_once_and_the_folder_loads_after() {
    let (_parent, folder) = saved(&run());
    for (mode, threads) in MODES.into_iter().zip([1, 2, 8, 2]) {
        let (options, told) = watched(mode, threads, |_| false);
        Run::load_with(&folder, &options).unwrap();
        let calls = told.lock().unwrap().len();
        for stop in [1, 2, 4, 10, 50, calls] {
            let (options, told) = watched(mode, threads, move |call| call == stop);
            let error = Run::load_with(&folder, &options).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
            assert!(error.to_string().contains("cancelled by the progress callback"), "{error}");
            assert_eq!(told.lock().unwrap().len(), stop, "the callback is not asked again");
            let (options, told) = watched(mode, threads, move |call| call == stop);
            let error = Pack::open_with(&folder, &options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
            assert_eq!(told.lock().unwrap().len(), stop, "the callback is not asked again");
        }
        // Nothing is held that would be in the way of an in-place edit.
        let mut loaded = Run::load(&folder).unwrap();
        loaded.large.view_mut().unwrap()[0] = 1.0;
        assert_eq!(loaded.map.len(), 100);
    }
}

#[test]
fn absurd_sizes_in_the_manifest_do_not_upset_the_count() {
    #[derive(Varpack, Default)]
    struct Sizes {
        #[varpack(mmap)]
        a: MmapArray1<f64>,
        #[varpack(mmap)]
        b: MmapArray1<f64>,
        #[varpack(mmap)]
        c: MmapArray1<f64>,
        step: u64,
    }

    let (_parent, folder) = saved(&Sizes::default());
    let manifest = folder.join("varpack.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let mut sizes = ["18446744073709551615", "NaN", "18446744073709551615", "-1"].iter();
    let lines = text.lines().map(|line| match line.trim().starts_with("\"size\"") {
        true => format!("\"size\": {},\n", sizes.next().unwrap()),
        false => format!("{line}\n"),
    });
    fs::write(&manifest, lines.collect::<String>()).unwrap();
    let (options, told) = watched(Mode::ReadWrite, 1, |_| false);
    Sizes::load_with(&folder, &options).unwrap();
    assert_eq!(sizes.next(), None);
    assert_whole(&told.lock().unwrap(), 5, bytes(&folder));
}

#[derive(Varpack)]
struct Counter {
    n: u64,
}

/// A callback that does something at its first call and keeps what came of it.
fn once<T: Send + 'static>(
    act: impl FnOnce() -> T + Send + 'static,
) -> (impl FnMut(Progress) -> ControlFlow<()> + Send + 'static, Arc<Mutex<Option<T>>>) {
    let outcome = Arc::new(Mutex::new(None));
    let (slot, mut act) = (Arc::clone(&outcome), Some(act));
    let callback = move |_| {
        if let Some(act) = act.take() {
            *slot.lock().unwrap() = Some(act());
        }
        ControlFlow::Continue(())
    };
    (callback, outcome)
}

#[test]
fn save_of_the_same_folder_from_a_callback_of_its_load_is_refused_at_once() {
    let (_parent, folder) = saved(&Counter { n: 1 });
    let inner = folder.clone();
    // Long enough for a test that waits to be seen to.
    let patient = SaveOptions::new().wait(std::time::Duration::from_secs(3600));
    let (callback, outcome) = once(move || Counter { n: 2 }.save_with(&inner, &patient));
    let loaded = Counter::load_with(&folder, &LoadOptions::new().progress(callback)).unwrap();
    let error = outcome.lock().unwrap().take().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Usage, Some(folder.as_path())));
    assert_eq!(loaded.n, 1);
}

#[test]
fn save_of_the_same_folder_from_a_callback_of_its_save_is_refused_at_once() {
    for is_new in [false, true] {
        let (_parent, folder) = saved(&Counter { n: 1 });
        let folder = if is_new { folder.with_file_name("new") } else { folder };
        let inner = folder.clone();
        let patient = SaveOptions::new().wait(std::time::Duration::from_secs(3600));
        let (callback, outcome) = once(move || Counter { n: 2 }.save_with(&inner, &patient));
        Counter { n: 3 }.save_with(&folder, &SaveOptions::new().progress(callback)).unwrap();
        let error = outcome.lock().unwrap().take().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Usage, Some(folder.as_path())));
        assert_eq!(Counter::load(&folder).unwrap().n, 3);
    }
}

#[test]
fn other_folders_are_saved_and_the_same_is_loaded_from_a_callback() {
    let (_parent, folder) = saved(&Counter { n: 1 });
    let (inner, other) = (folder.clone(), folder.with_file_name("other"));
    let (callback, outcome) = once(move || {
        Counter { n: 2 }.save(&other).unwrap();
        Counter::load(&inner).unwrap().n + Counter::load(&other).unwrap().n
    });
    Counter::load_with(&folder, &LoadOptions::new().progress(callback)).unwrap();
    assert_eq!(*outcome.lock().unwrap(), Some(3));
}

#[test]
fn load_whose_callback_is_slow_keeps_neither_saves_nor_loads_waiting() {
    let (_parent, folder) = saved(&Counter { n: 1 });
    let inner = folder.clone();
    // On another thread, as another program would; the callback does not end before they have.
    let (callback, outcome) = once(move || {
        let others = std::thread::spawn(move || {
            Counter { n: 2 }.save(&inner).unwrap();
            Counter::load(&inner).unwrap().n
        });
        others.join().unwrap()
    });
    let loaded = Counter::load_with(&folder, &LoadOptions::new().progress(callback)).unwrap();
    assert_eq!(*outcome.lock().unwrap(), Some(2));
    assert_eq!(loaded.n, 2, "what was saved in between is loaded, for the load starts over");
}
