//! `update`: load, change and save as one step, by several processes and threads at once.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use varpack::{Error, ErrorKind, LoadOptions, MmapArray1, Mode, Pack, SaveOptions, Varpack};
use varpack_tests::child::{command, told};
use varpack_tests::holders::unsynced;

#[derive(Varpack)]
struct Counter {
    n: u64,
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(separate, default)]
    notes: String,
}

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("counter");
    Counter { n: 0, x: vec![0.0].into(), notes: "kept".to_owned() }.save(&folder).unwrap();
    (parent, folder)
}

#[test]
fn three_processes_that_count_up_lose_nothing() {
    if let Some(folder) = told() {
        for _ in 0..25 {
            let load = LoadOptions::new().mode(Mode::CopyOnWrite);
            Counter::update_with(&folder, &load, &unsynced(), |counter| {
                counter.n += 1;
                counter.x.view_mut()?[0] += 1.0;
                Ok(())
            })
            .unwrap();
        }
        return;
    }
    let (_parent, folder) = saved();
    let children: Vec<_> = (0..3)
        .map(|_| command("three_processes_that_count_up_lose_nothing", &folder).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let counter = Counter::load(&folder).unwrap();
    assert_eq!((counter.n, counter.x[0], counter.notes.as_str()), (75, 75.0, "kept"));
}

#[test]
fn threads_that_count_up_in_a_pack_lose_nothing() {
    let (_parent, folder) = saved();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let load = LoadOptions::new().mode(Mode::CopyOnWrite);
                    Pack::update_with(&folder, &load, &unsynced(), |pack| {
                        let n: u64 = pack.value("n")?;
                        pack.insert_value("n", &(n + 1))
                    })
                    .unwrap();
                }
            });
        }
    });
    assert_eq!(Counter::load(&folder).unwrap().n, 30);
}

/// As `docs/safety.md` says under what is not promised.
#[test]
fn saves_that_count_up_to_the_same_number_are_both_made_and_those_to_another_are_stale() {
    let (_parent, folder) = saved();
    let load = || Counter::load_with(&folder, &LoadOptions::new()).unwrap();
    let (mut first, mut same, mut other) = (load(), load(), load());
    first.n += 1;
    first.save_with(&unsynced()).unwrap();
    same.n += 1;
    same.save_with(&unsynced()).unwrap();
    other.n += 2;
    assert_eq!(other.save_with(&unsynced()).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(Counter::load(&folder).unwrap().n, 1);
}

#[test]
fn plain_save_that_would_undo_a_count_is_stale() {
    let (_parent, folder) = saved();
    let mut mine = Counter::load_with(&folder, &LoadOptions::new()).unwrap();
    Counter::update(&folder, |counter| {
        counter.n += 5;
        Ok(())
    })
    .unwrap();
    mine.n += 1;
    let error = mine.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("n")));
    assert_eq!(Counter::load(&folder).unwrap().n, 5);
}

#[test]
fn update_that_fails_saves_nothing() {
    let (_parent, folder) = saved();
    let error = Counter::update(&folder, |counter| {
        counter.n = 7;
        counter.x.view_mut()?[0] = 7.0;
        Err::<(), _>(Error::new(ErrorKind::Value))
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Value);
    let counter = Counter::load(&folder).unwrap();
    assert_eq!((counter.n, counter.x[0]), (0, 0.0));
}

#[test]
fn no_other_save_comes_into_an_update() {
    let (_parent, folder) = saved();
    let other = || {
        let mut pack = Pack::open(&folder).unwrap();
        pack.insert_value("n", &9).unwrap();
        assert_eq!(pack.save().unwrap_err().kind(), ErrorKind::Busy);
        let save = SaveOptions::new().wait(Duration::from_millis(20));
        let inner = Counter::update_with(&folder, &LoadOptions::new(), &save, |_| Ok(()));
        assert_eq!(inner.unwrap_err().kind(), ErrorKind::Busy);
    };
    Counter::update(&folder, |_| {
        std::thread::scope(|scope| scope.spawn(other).join().unwrap());
        Ok(())
    })
    .unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert_value("n", &9).unwrap();
    pack.save().unwrap();
}

/// What a change may try with the folder that it is an update of.
fn own_saves(folder: &Path, counter: Option<&Counter>) {
    // Long enough for a test that waits to be seen to.
    let patient = SaveOptions::new().wait(Duration::from_secs(3600));
    let load = LoadOptions::new();
    let mut pack = Pack::open(folder).unwrap();
    pack.insert_value("n", &9).unwrap();
    let outcomes = [
        Counter::update(folder, |_| Ok(())),
        Counter::update_with(folder, &load, &patient, |_| Ok(())),
        Pack::update(folder, |_| Ok(())),
        Pack::update_with(folder, &load, &patient, |_| Ok(())),
        pack.save(),
        pack.save_with(&patient).map(drop),
        counter
            .map_or_else(|| pack.save(), |counter| counter.save_with(folder, &patient).map(drop)),
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Usage, Some(folder)));
        assert!(error.to_string().contains("its own `update`"), "{error}");
    }
}

#[test]
fn save_or_update_from_within_an_update_of_the_same_folder_is_refused_at_once() {
    let (_parent, folder) = saved();
    Counter::update(&folder, |counter| {
        own_saves(&folder, Some(counter));
        counter.n += 1;
        Ok(())
    })
    .unwrap();
    Pack::update(&folder, |pack| {
        own_saves(&folder, None);
        let n: u64 = pack.value("n")?;
        pack.insert_value("n", &(n + 1))
    })
    .unwrap();
    assert_eq!(Counter::load(&folder).unwrap().n, 2);
    // It is over, however it ended.
    Counter::update(&folder, |_| Err::<(), _>(Error::new(ErrorKind::Value))).unwrap_err();
    let panicked = std::panic::catch_unwind(|| {
        Counter::update(&folder, |_| -> varpack::Result<()> { panic!() })
    });
    assert!(panicked.is_err());
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert_value("n", &9).unwrap();
    pack.save().unwrap();
}

#[test]
fn other_folders_are_saved_and_the_same_is_loaded_within_an_update() {
    let ((_parent, folder), (_other_parent, other)) = (saved(), saved());
    Counter::update(&folder, |counter| {
        counter.save_with(other.with_file_name("new"), &unsynced())?;
        Counter::update(&other, |inner| {
            inner.n = 3;
            Ok(())
        })?;
        counter.n = Counter::load(&folder)?.n + Counter::load(&other)?.n;
        Ok(())
    })
    .unwrap();
    assert_eq!(Counter::load(&folder).unwrap().n, 3);
}

#[test]
fn update_of_a_folder_that_is_not_there_is_not_found_and_makes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let error = Counter::update(parent.path().join("none"), |_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = Counter::update(parent.path(), |_| Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn update_keeps_what_its_load_skips_and_edits_in_place_where_it_is_told_to() {
    let (_parent, folder) = saved();
    let load = LoadOptions::new().mode(Mode::ReadWrite).skip(["notes"]);
    Counter::update_with(&folder, &load, &unsynced(), |counter| {
        assert_eq!(counter.notes, "");
        counter.x.view_mut()?[0] = 3.0;
        counter.n = 3;
        Ok(())
    })
    .unwrap();
    let counter = Counter::load(&folder).unwrap();
    assert_eq!((counter.n, counter.x[0], counter.notes.as_str()), (3, 3.0, "kept"));
}

#[test]
fn nobody_edits_in_place_what_an_update_has_read_into_memory() {
    let (_parent, folder) = saved();
    for mode in [Mode::CopyOnWrite, Mode::ReadWrite, Mode::InMemory] {
        let load = LoadOptions::new().mode(mode);
        let edit = || {
            let mut other = Counter::edit(&folder).unwrap();
            other.x.view_mut().map(drop).unwrap_err().kind()
        };
        Counter::update_with(&folder, &load, &unsynced(), |counter| {
            assert_eq!(edit(), ErrorKind::Busy, "{mode:?}");
            counter.x.view_mut()?[0] += 1.0;
            Ok(())
        })
        .unwrap();
        Pack::update_with(&folder, &load, &unsynced(), |pack| {
            assert_eq!(edit(), ErrorKind::Busy, "{mode:?}");
            let x = pack.get_mut("x").and_then(varpack::PackValue::as_array_mut).unwrap();
            x.view_mut::<f64, ndarray::Ix1>()?[0] += 1.0;
            Ok(())
        })
        .unwrap();
    }
    let mut counter = Counter::edit(&folder).unwrap();
    assert_eq!(counter.x[0], 6.0);
    counter.x.view_mut().unwrap()[0] = 0.0;
}
