//! What a `Loaded`, a `Pack` and an array remember of their folder: which one it was.

use std::fs;
use std::path::{Path, PathBuf};
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Pack, Varpack};

#[derive(Varpack)]
struct Counter {
    n: u64,
    #[varpack(separate, default)]
    history: Vec<u64>,
}

#[test]
fn save_of_a_loaded_refuses_another_folder_in_its_place() {
    let root = tempfile::tempdir().unwrap();
    let (folder, moved) = (root.path().join("counter"), root.path().join("moved"));
    Counter { n: 1, history: vec![1] }.save(&folder).unwrap();
    let mut counter = Counter::load_with(&folder, &LoadOptions::new().skip(["history"])).unwrap();
    counter.n = 2;
    fs::rename(&folder, &moved).unwrap();
    Counter { n: 100, history: vec![100] }.save(&folder).unwrap();

    let error = counter.save().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!(error.path(), Some(folder.as_path()));
    let other = Counter::load(&folder).unwrap();
    assert_eq!((other.n, other.history), (100, vec![100]));

    fs::rename(&folder, root.path().join("other")).unwrap();
    fs::rename(&moved, &folder).unwrap();
    counter.save().unwrap();
    let counter = Counter::load(&folder).unwrap();
    assert_eq!((counter.n, counter.history), (2, vec![1]));
}

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(separate, default)]
    notes: String,
    step: u64,
}

fn run(marker: f64) -> Run {
    Run { x: vec![marker; 20_000].into(), notes: format!("notes {marker}"), step: 1 }
}

/// A folder with `1`, which is then renamed away, with `2` in its place.
struct Swapped {
    root: tempfile::TempDir,
}

impl Swapped {
    fn before() -> Self {
        let swapped = Self { root: tempfile::tempdir().unwrap() };
        run(1.0).save(swapped.folder()).unwrap();
        swapped
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("run")
    }

    fn swap(&self) {
        fs::rename(self.folder(), self.root.path().join("moved")).unwrap();
        run(2.0).save(self.folder()).unwrap();
    }

    /// Neither folder was changed, and nothing was made beside them.
    fn assert_untouched(&self) {
        for (name, marker) in [("moved", 1.0), ("run", 2.0)] {
            let found = Run::load(self.root.path().join(name)).unwrap();
            let all = (found.x[0], found.notes.as_str(), found.step);
            assert_eq!(all, (marker, format!("notes {marker}").as_str(), 1), "{name}");
        }
        assert_eq!(fs::read_dir(self.root.path()).unwrap().count(), 2);
    }
}

fn assert_stale(error: &varpack::Error, folder: &Path) {
    assert_eq!((error.kind(), error.path()), (ErrorKind::Stale, Some(folder)), "{error}");
}

#[test]
fn pack_refuses_another_folder_in_the_place_of_its_own() {
    let swapped = Swapped::before();
    let skip = LoadOptions::new().mode(Mode::ReadOnly).skip(["notes"]);
    let mut pack = Pack::open_with(swapped.folder(), &skip).unwrap();
    swapped.swap();
    pack.insert_value("step", &9).unwrap();
    assert_stale(&pack.save().unwrap_err(), &swapped.folder());
    let copy = swapped.root.path().join("copy");
    assert_stale(&pack.save_to(&copy).unwrap_err(), &swapped.folder());
    assert_stale(&pack.detach().unwrap_err(), &swapped.folder());
    swapped.assert_untouched();
    // As usable as before: it says where to, or the folder comes back.
    fs::rename(swapped.folder(), swapped.root.path().join("other")).unwrap();
    assert_stale(&pack.save().unwrap_err(), &swapped.folder());
    assert!(!swapped.folder().exists());
    fs::rename(swapped.root.path().join("moved"), swapped.folder()).unwrap();
    pack.save().unwrap();
    pack.save_to(&copy).unwrap();
    for folder in [swapped.folder(), copy] {
        let found = Run::load(folder).unwrap();
        assert_eq!((found.step, found.x[0], found.notes.as_str()), (9, 1.0, "notes 1"));
    }
}

#[test]
fn pack_that_was_attached_knows_the_folder_that_it_was_saved_to() {
    let swapped = Swapped::before();
    let mut pack = Pack::open(swapped.folder()).unwrap();
    pack.attach(swapped.root.path().join("other"));
    pack.save().unwrap();
    pack.attach(swapped.folder());
    pack.insert_value("step", &1).unwrap();
    pack.save().unwrap();
    swapped.swap();
    assert_stale(&pack.save().unwrap_err(), &swapped.folder());
}

#[test]
fn what_was_skipped_is_not_taken_from_another_folder() {
    let swapped = Swapped::before();
    let skip = LoadOptions::new().mode(Mode::ReadOnly).skip(["notes"]);
    let loaded = Run::load_with(swapped.folder(), &skip).unwrap();
    swapped.swap();
    let error = loaded.save_to(swapped.root.path().join("copy")).unwrap_err();
    assert_stale(&error, &swapped.folder());
    swapped.assert_untouched();
}

#[test]
fn array_is_not_edited_in_another_folder_than_its_own() {
    let swapped = Swapped::before();
    // Small enough to be read: nothing keeps the folder open.
    let small = |marker: f64| Run { x: vec![marker; 4].into(), ..run(marker) };
    small(1.0).save(swapped.folder()).unwrap();
    let mut loaded = Run::edit(swapped.folder()).unwrap();
    fs::rename(swapped.folder(), swapped.root.path().join("moved")).unwrap();
    let error = loaded.x.view_mut().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    small(2.0).save(swapped.folder()).unwrap();
    let error = loaded.x.view_mut().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(Run::edit(swapped.folder()).unwrap().x[0], 2.0);
}
