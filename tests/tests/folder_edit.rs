//! What reaches the folder without a save: nothing of a `load`, all of an `edit`.

use ndarray::{Array1, Ix1};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Pack, PackValue, SaveOptions, Varpack};
use varpack_tests::folders::State;

#[derive(Debug, Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    step: u64,
}

/// Long enough to be mapped.
const LEN: usize = 20_000;

fn saved() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Run { x: Array1::zeros(LEN).into(), step: 0 }.save(folder.path()).unwrap();
    folder
}

fn first(folder: &Path) -> f64 {
    Run::load(folder).unwrap().x[0]
}

#[test]
fn what_is_changed_after_a_load_reaches_the_folder_by_a_save_and_by_nothing_else() {
    let folder = saved();
    let folder = folder.path();
    let before = State::of(folder);
    let mut run = Run::load(folder).unwrap();
    let mut loaded = Run::load_with(folder, &LoadOptions::new()).unwrap();
    let mut pack = Pack::open(folder).unwrap();
    for run in [&mut run, &mut *loaded] {
        assert!(run.x.is_mapped());
        run.x.view_mut().unwrap().fill(1.0);
        assert!(run.x.is_mapped());
    }
    let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    x.view_mut::<f64, Ix1>().unwrap().fill(1.0);
    drop((loaded, pack));
    before.assert_untouched(folder);
    run.step = 1;
    run.save(folder).unwrap();
    let found = Run::load(folder).unwrap();
    assert_eq!((found.x[0], found.x[LEN - 1], found.step), (1.0, 1.0, 1));
    // What was saved is no change any more, and what is changed after it is one again.
    let saved = State::of(folder);
    run.save(folder).unwrap();
    saved.assert_untouched(folder);
    run.x.view_mut().unwrap()[0] = 2.0;
    assert_eq!(first(folder), 1.0);
    run.save(folder).unwrap();
    assert_eq!(first(folder), 2.0);
}

#[test]
fn what_is_changed_after_an_edit_is_in_the_folder_at_once_and_on_the_disk_after_a_flush() {
    let folder = saved();
    let folder = folder.path();
    let mut run = Run::edit(folder).unwrap();
    run.x.view_mut().unwrap()[0] = 1.0;
    run.flush().unwrap();
    assert_eq!(first(folder), 1.0);
    drop(run);
    let mut pack = Pack::edit(folder).unwrap();
    let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    x.view_mut::<f64, Ix1>().unwrap()[0] = 2.0;
    pack.flush().unwrap();
    assert_eq!(first(folder), 2.0);
}

#[test]
fn update_that_panics_half_way_leaves_the_arrays_as_they_were() {
    let folder = saved();
    let before = State::of(folder.path());
    let outcome = std::panic::catch_unwind(|| {
        Run::update(folder.path(), |run| -> varpack::Result<()> {
            run.x.view_mut()?.slice_mut(ndarray::s![..LEN / 2]).fill(1.0);
            panic!("half way");
        })
    });
    assert!(outcome.is_err());
    before.assert_untouched(folder.path());
}

#[test]
fn editor_waits_for_readers_and_has_the_file_when_the_last_is_gone() {
    let folder = saved();
    let folder = folder.path().to_owned();
    let reader = Run::load(&folder).unwrap();
    let mut run = Run::edit(&folder).unwrap();
    let reading = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        let sum = reader.x.sum();
        drop(reader);
        sum
    });
    run.x.view_mut_wait(Duration::from_secs(600)).unwrap()[0] = 1.0;
    assert_eq!(reading.join().unwrap(), 0.0);
    run.x.view_mut_wait(Duration::ZERO).unwrap()[1] = 1.0;
    run.flush().unwrap();
    assert_eq!(first(&folder), 1.0);
    drop(run);

    let reader = Run::load(&folder).unwrap();
    let mut pack = Pack::edit(&folder).unwrap();
    let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    let reading = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        drop(reader);
    });
    x.view_mut_wait::<f64, Ix1>(Duration::from_secs(600)).unwrap()[0] = 2.0;
    x.flush().unwrap();
    reading.join().unwrap();
    assert_eq!(first(&folder), 2.0);
}

#[test]
fn editor_that_has_waited_in_vain_is_told_and_may_read_on() {
    let folder = saved();
    let reader = Run::load(folder.path()).unwrap();
    let mut run = Run::edit(folder.path()).unwrap();
    let (start, at_most) = (Instant::now(), Duration::from_millis(300));
    let error = run.x.view_mut_wait(at_most).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Busy, Some("x")), "{error}");
    assert!(start.elapsed() >= at_most);
    assert_eq!(run.x.sum() + reader.x.sum(), 0.0);
}

#[test]
fn write_that_is_refused_for_good_is_not_waited_for() {
    let folder = saved();
    let options = LoadOptions::new().mode(Mode::ReadOnly);
    let mut run = Run::load_with(folder.path(), &options).unwrap();
    let start = Instant::now();
    let error = run.x.view_mut_wait(Duration::from_secs(600)).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    assert!(start.elapsed() < Duration::from_secs(300));
}

#[test]
fn arrays_in_memory_are_written_without_waiting() {
    let folder = saved();
    let _reader = Run::load(folder.path()).unwrap();
    let mut run = Run::load(folder.path()).unwrap();
    run.x.view_mut_wait(Duration::ZERO).unwrap()[0] = 1.0;
    let mut owned = MmapArray1::from(vec![1.0]);
    owned.view_mut_wait(Duration::ZERO).unwrap()[0] = 2.0;
    assert_eq!((run.x[0], owned[0]), (1.0, 2.0));
}

/// RAM and swap, in bytes.
fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kibibytes = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    Some((kibibytes("MemTotal:")? + kibibytes("SwapTotal:")?) * 1024)
}

#[test]
fn array_larger_than_memory_is_mapped_copy_on_write_read_and_not_written_but_in_place() {
    let Some(memory) = memory().filter(|_| size_of::<usize>() == 8) else { return };
    // Where the system keeps files on a disk: it takes no room there, for it is all holes.
    let parent = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = parent.path().join("x.npy");
    let len = memory + (1 << 30);
    let header = varpack::npy::Header {
        dtype: varpack::npy::Dtype::parse("|u1").unwrap(),
        fortran_order: false,
        shape: vec![usize::try_from(len).unwrap()],
    };
    let start = header.encode().unwrap();
    let mut file = File::create(&path).unwrap();
    file.write_all(&start).unwrap();
    file.set_len(start.len() as u64 + len).unwrap();
    drop(file);
    let mut array = MmapArray1::<u8>::open(&path, Mode::default()).unwrap();
    assert!(array.is_mapped());
    assert_eq!(array.last(), Some(&0));
    let error = array.view_mut().map(drop).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Limit, Some(path.as_path())), "{error}");
    assert!(error.to_string().contains("load with `edit`"), "{error}");
    assert_eq!(array.first(), Some(&0));
}

#[test]
fn folder_that_may_not_be_written_to_is_loaded_and_changed_in_memory() {
    let folder = saved();
    let mut run = Run::load_with(folder.path(), &LoadOptions::new()).unwrap();
    run.x.view_mut().unwrap()[0] = 1.0;
    let elsewhere = tempfile::tempdir().unwrap();
    run.save_to_with(elsewhere.path().join("run"), &SaveOptions::new()).unwrap();
    assert_eq!((first(folder.path()), first(&elsewhere.path().join("run"))), (0.0, 1.0));
}
