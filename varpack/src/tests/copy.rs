//! Files that only move: copied by the system from the file that holds the elements, and from nowhere
//! else.

use super::observed::{Observed, Observer, Step};
use super::{loading, on_system, saving};
use crate::{ErrorKind, Mode, Pack, PackValue};
use ndarray::Array1;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tempfile::tempdir;

/// More than is read into memory, and enough to be copied.
const LEN: usize = 300_000;

fn ramp(start: u32) -> Array1<f32> {
    (0..LEN).map(|index| start as f32 + index as f32).collect()
}

fn save(folder: &Path) {
    let mut pack = Pack::new();
    for (name, start) in [("x", 1), ("y", 2)] {
        pack.insert(name, PackValue::try_from(ramp(start)).unwrap()).unwrap();
    }
    pack.save_to_with(folder, &saving()).unwrap();
}

fn assert_holds(folder: &Path, name: &str, expected: &Array1<f32>) {
    let pack = Pack::open_with(folder, &loading()).unwrap();
    assert!(pack.view::<f32, ndarray::Ix1>(name).unwrap() == expected.view(), "{name}");
}

/// The files that were copied, and those that were written, by their names.
fn ways(run: impl FnOnce()) -> (Vec<String>, Vec<String>) {
    ways_with(|_| Ok(()), run)
}

fn ways_with(
    before: impl Fn(&Step<'_>) -> io::Result<()> + Send + Sync + 'static,
    run: impl FnOnce(),
) -> (Vec<String>, Vec<String>) {
    #[derive(Default)]
    struct Log {
        created: String,
        copied: Vec<String>,
        written: Vec<String>,
    }
    let log = Arc::new(Mutex::new(Log::default()));
    let kept = Arc::clone(&log);
    let system = Observed::new(move |step| {
        before(step)?;
        let mut log = kept.lock().unwrap();
        let Log { created, copied, written } = &mut *log;
        match step.operation {
            "create" => step.name.clone_into(created),
            "copy" => copied.push(created.clone()),
            "write" => written.push(created.clone()),
            _ => {}
        }
        Ok(())
    });
    on_system(system, run);
    let mut log = log.lock().unwrap();
    let Log { copied, written, .. } = &mut *log;
    for names in [&mut *copied, written] {
        names.dedup();
        names.retain(|name| name.ends_with(".npy"));
        names.sort();
    }
    (std::mem::take(copied), std::mem::take(written))
}

/// On one thread, so that a file's writes come after it was made and before the next is.
fn save_all(pack: &Pack, folder: &Path) {
    pack.save_to_with(folder, &saving().threads(1)).unwrap();
}

#[test]
fn unchanged_arrays_are_copied_by_the_system_into_another_folder_in_every_mapped_mode() {
    let root = tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    save(&from);
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        let (copied, written) = ways(|| {
            let pack = Pack::open_with(&from, &loading().mode(mode)).unwrap();
            save_all(&pack, &to);
        });
        assert_eq!(
            (copied.as_slice(), written.len()),
            (&["x.npy", "y.npy"].map(String::from)[..], 0)
        );
        for (name, start) in [("x", 1), ("y", 2)] {
            assert_holds(&to, name, &ramp(start));
            let file = format!("{name}.npy");
            assert_eq!(fs::read(from.join(&file)).unwrap(), fs::read(to.join(&file)).unwrap());
        }
        fs::remove_dir_all(&to).unwrap();
    }
}

#[test]
fn swapped_arrays_are_copied_from_each_others_files() {
    let root = tempdir().unwrap();
    save(root.path());
    let (copied, written) = ways(|| {
        let mut pack = Pack::open_with(root.path(), &loading()).unwrap();
        let (x, y) = (pack.remove("x").unwrap(), pack.remove("y").unwrap());
        pack.insert("x", y).unwrap();
        pack.insert("y", x).unwrap();
        pack.save_with(&saving().threads(1)).unwrap();
    });
    assert_eq!((copied.len(), written.len()), (2, 0));
    assert_holds(root.path(), "x", &ramp(2));
    assert_holds(root.path(), "y", &ramp(1));
}

#[test]
fn changed_array_is_written_and_not_copied() {
    let root = tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    save(&from);
    for mode in [Mode::ReadWrite, Mode::CopyOnWrite] {
        let (copied, written) = ways(|| {
            let mut pack = Pack::open_with(&from, &loading().mode(mode)).unwrap();
            let Some(PackValue::Array(array)) = pack.get_mut("x") else { panic!() };
            array.view_mut::<f32, ndarray::Ix1>().unwrap()[7] = -1.0;
            save_all(&pack, &to);
        });
        // An edit in place is in the file by now, so that can be copied.
        let expected = if mode == Mode::ReadWrite { (2, 0) } else { (1, 1) };
        assert_eq!((copied.len(), written.len()), expected);
        let mut expected = ramp(1);
        expected[7] = -1.0;
        assert_holds(&to, "x", &expected);
        fs::remove_dir_all(&to).unwrap();
    }
}

#[test]
fn file_replaced_since_the_load_is_not_copied() {
    let root = tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    save(&from);
    let pack = Pack::open_with(&from, &loading()).unwrap();
    fs::copy(from.join("y.npy"), root.path().join("new")).unwrap();
    fs::rename(root.path().join("new"), from.join("x.npy")).unwrap();
    save_all(&pack, &to);
    assert_holds(&to, "x", &ramp(1));
}

/// Touches the file that is copied, whenever a part of it was.
struct Toucher(std::path::PathBuf);

impl Observer for Toucher {
    fn after(&self, step: &Step<'_>) {
        if step.operation == "copy" {
            let file = File::options().write(true).open(&self.0).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
    }
}

#[test]
fn file_touched_while_it_is_copied_is_written_anew_from_memory() {
    let root = tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    save(&from);
    let toucher = Observed::by(Toucher(from.join("x.npy")));
    on_system(toucher, || save_all(&Pack::open_with(&from, &loading()).unwrap(), &to));
    let touched = fs::metadata(from.join("x.npy")).unwrap().modified().unwrap();
    assert_eq!(touched, SystemTime::UNIX_EPOCH);
    assert_holds(&to, "x", &ramp(1));
}

/// Loads each file that was copied whole, by a name of its own.
struct Reader {
    staged: PathBuf,
    beside: PathBuf,
    found: Arc<Mutex<Vec<Option<ErrorKind>>>>,
}

impl Observer for Reader {
    fn after(&self, step: &Step<'_>) {
        let len = |path: &Path| fs::metadata(path).unwrap().len();
        let name = self.beside.join("x.npy");
        if step.operation == "copy" && len(&self.staged) == len(&name) {
            fs::remove_file(&name).unwrap();
            fs::hard_link(&self.staged, &name).unwrap();
            let loaded = Pack::open(&self.beside);
            self.found.lock().unwrap().push(loaded.err().map(|error| error.kind()));
        }
    }
}

#[test]
fn copy_that_may_yet_be_written_over_is_mapped_by_nobody() {
    let root = tempdir().unwrap();
    let [from, to, beside] = ["from", "to", "beside"].map(|name| root.path().join(name));
    let mut pack = Pack::new();
    pack.insert("x", PackValue::try_from(ramp(1)).unwrap()).unwrap();
    for folder in [&from, &beside] {
        pack.save_to_with(folder, &saving()).unwrap();
    }
    let found = Arc::default();
    let staged = root.path().join(".to.varpack-new/x.npy");
    let reader = Reader { staged, beside: beside.clone(), found: Arc::clone(&found) };
    on_system(Observed::by(reader), || {
        save_all(&Pack::open_with(&from, &loading()).unwrap(), &to);
    });
    assert_eq!(*found.lock().unwrap(), [Some(ErrorKind::Busy)]);
    // Once the save is over nobody is kept from it.
    assert!(Pack::open(&to).unwrap().get("x").unwrap().as_array().unwrap().is_mapped());
}

#[test]
fn array_is_written_where_the_system_cannot_copy() {
    let root = tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    save(&from);
    let unable = |step: &Step<'_>| match step.operation {
        // From the second piece on, so that there is something to write over.
        "copy" if step.range.0 > 0 => Err(io::ErrorKind::Unsupported.into()),
        _ => Ok(()),
    };
    let (_, written) =
        ways_with(unable, || save_all(&Pack::open_with(&from, &loading()).unwrap(), &to));
    assert_eq!(written, ["x.npy", "y.npy"]);
    assert_holds(&to, "x", &ramp(1));
}

#[test]
fn header_in_other_words_is_not_copied() {
    let root = tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    save(&from);
    let ours = fs::read(from.join("x.npy")).unwrap();
    let mut bytes = ours.clone();
    let at = bytes.windows(2).position(|pair| pair == b", ").unwrap();
    // `'descr':'<f4',  …` says the same.
    let space = bytes.windows(9).position(|text| text == b"'descr': ").unwrap() + 8;
    assert!(space < at);
    bytes.copy_within(space + 1..=at, space);
    bytes[at] = b' ';
    fs::write(from.join("x.npy"), bytes).unwrap();
    let (copied, written) = ways(|| save_all(&Pack::open_with(&from, &loading()).unwrap(), &to));
    assert_eq!((copied, written), (vec!["y.npy".to_owned()], vec!["x.npy".to_owned()]));
    assert_eq!(fs::read(to.join("x.npy")).unwrap(), ours);
}
