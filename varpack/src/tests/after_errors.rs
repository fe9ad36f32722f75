//! Each operation of an edit, flush, save or load failed in turn, and what comes after with the same value: it
//! is as usable as before, the folder holds what the calls say, and nothing is left of what failed.

use super::observed::Observed;
use super::{on_system, system};
use crate::array::MmapArray1;
use crate::layout::own::SHARED_PICKLE;
use crate::sync::lock;
use crate::{
    AnyArray, ErrorKind, LoadOptions, Loaded, Mode, Pack, PackValue, Result, SaveOptions, Varpack,
};
use nix::libc::EIO;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::tempdir;

/// Large enough to be mapped.
const LEN: usize = 10_000;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(separate, default)]
    notes: String,
    step: u64,
}

fn run(value: u8) -> Run {
    let x = vec![f64::from(value); LEN].into();
    Run { x, notes: "notes".to_owned(), step: value.into() }
}

/// Fails one operation, once it is armed.
#[derive(Debug, Default)]
struct Fault {
    /// How many operations are left before the one that fails.
    left: Mutex<Option<usize>>,
    failed: Mutex<Option<&'static str>>,
}

impl Fault {
    /// Runs a closure on a system in which it strikes when it is armed.
    fn under<T>(self: &Arc<Self>, run: impl FnOnce() -> T) -> T {
        let fault = Arc::clone(self);
        let system = Observed::new(move |step| {
            let mut left = lock(&fault.left);
            match &mut *left {
                None => return Ok(()),
                // A lock that cannot be changed is given back when its file is closed; after a map that cannot be brought
                // to the disk the array is not used any more.
                Some(_) if ["lock", "flush"].contains(&step.operation) => return Ok(()),
                Some(0) => {}
                Some(left) => {
                    *left -= 1;
                    return Ok(());
                }
            }
            *left = None;
            *lock(&fault.failed) = Some(step.operation);
            Err(std::io::Error::from_raw_os_error(EIO))
        });
        on_system(system, run)
    }

    /// Fails the operation of this number in a call.
    fn strike<T>(&self, number: usize, call: impl FnOnce() -> T) -> T {
        *lock(&self.left) = Some(number);
        let result = call();
        *lock(&self.left) = None;
        result
    }

    fn failed(&self) -> Option<&'static str> {
        *lock(&self.failed)
    }

    /// Whether what was to be cleaned up may be left.
    fn spares_the_clean_up(&self) -> bool {
        !self.failed().is_some_and(|operation| operation.starts_with("remove"))
    }
}

fn saving() -> SaveOptions {
    super::saving().threads(1)
}

fn loading(mode: Mode) -> LoadOptions {
    super::loading().mode(mode).threads(1)
}

/// Whoever holds what was loaded.
trait Holder {
    /// Sets all elements of the array, and the step.
    fn set(&mut self, value: u8) -> Result<()>;
    /// The first element of the array.
    fn x(&self) -> f64;
    fn flush(&self) -> Result<()>;
    fn save(&mut self, folder: &Path) -> Result<()>;
    fn save_to(&mut self, folder: &Path) -> Result<()>;
}

impl Holder for Run {
    fn set(&mut self, value: u8) -> Result<()> {
        self.x.view_mut()?.fill(value.into());
        self.step = value.into();
        Ok(())
    }
    fn x(&self) -> f64 {
        self.x[0]
    }
    fn flush(&self) -> Result<()> {
        Varpack::flush(self)
    }
    fn save(&mut self, folder: &Path) -> Result<()> {
        self.save_with(folder, &saving()).map(drop)
    }
    fn save_to(&mut self, folder: &Path) -> Result<()> {
        self.save_with(folder, &saving()).map(drop)
    }
}

impl Holder for Loaded<Run> {
    fn set(&mut self, value: u8) -> Result<()> {
        (**self).set(value)
    }
    fn x(&self) -> f64 {
        self.x[0]
    }
    fn flush(&self) -> Result<()> {
        Varpack::flush(&**self)
    }
    fn save(&mut self, _: &Path) -> Result<()> {
        self.save_with(&saving()).map(drop)
    }
    fn save_to(&mut self, folder: &Path) -> Result<()> {
        self.save_to_with(folder, &saving()).map(drop)
    }
}

impl Holder for Pack {
    fn set(&mut self, value: u8) -> Result<()> {
        let x = self.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
        x.view_mut::<f64, ndarray::Ix1>()?.fill(value.into());
        self.insert_value("step", &u64::from(value)).map(drop)
    }
    fn x(&self) -> f64 {
        let x = self.get("x").and_then(PackValue::as_array).unwrap();
        x.view::<f64, ndarray::Ix1>().unwrap()[0]
    }
    fn flush(&self) -> Result<()> {
        Pack::flush(self)
    }
    fn save(&mut self, _: &Path) -> Result<()> {
        self.save_with(&saving()).map(drop)
    }
    fn save_to(&mut self, folder: &Path) -> Result<()> {
        self.save_to_with(folder, &saving()).map(drop)
    }
}

type Load = fn(&Path) -> Box<dyn Holder>;

/// Each kind of holder, with what was skipped where it can be.
const HOLDERS: [(&str, Load); 10] = [
    ("struct, r+", |folder| typed(folder, Mode::ReadWrite)),
    ("struct, c", |folder| typed(folder, Mode::CopyOnWrite)),
    ("struct, in memory", |folder| typed(folder, Mode::InMemory)),
    ("struct, zeros_in", |folder| {
        let x = MmapArray1::zeros_on(&system(), folder, LEN).unwrap();
        Box::new(Run { x, notes: "notes".to_owned(), step: 1 })
    }),
    ("Loaded, r+", |folder| loaded(folder, Mode::ReadWrite)),
    ("Loaded, c", |folder| loaded(folder, Mode::CopyOnWrite)),
    ("Pack, r+", |folder| pack(folder, Mode::ReadWrite)),
    ("Pack, c", |folder| pack(folder, Mode::CopyOnWrite)),
    ("Pack, in memory", |folder| pack(folder, Mode::InMemory)),
    ("Pack, zeros_in", |folder| {
        let mut pack = Pack::open_with(folder, &loading(Mode::InMemory)).unwrap();
        let x = MmapArray1::<f64>::zeros_on(&system(), folder, LEN).unwrap();
        pack.insert("x", PackValue::from(AnyArray::try_from(x).unwrap())).unwrap();
        Box::new(pack)
    }),
];

fn typed(folder: &Path, mode: Mode) -> Box<dyn Holder> {
    Box::new(Run::load_with(folder, &loading(mode)).unwrap().into_inner())
}

fn loaded(folder: &Path, mode: Mode) -> Box<dyn Holder> {
    Box::new(Run::load_with(folder, &loading(mode).skip(["notes"])).unwrap())
}

fn pack(folder: &Path, mode: Mode) -> Box<dyn Holder> {
    Box::new(Pack::open_with(folder, &loading(mode).skip(["notes"])).unwrap())
}

/// The array's first element and the step, as a load sees them; `None` while someone edits in place.
fn seen(folder: &Path, at: &str) -> Option<(f64, u64)> {
    match Run::load_with(folder, &loading(Mode::InMemory)) {
        Ok(run) => {
            assert!(run.x.iter().all(|element| *element == run.x[0]), "{at}: half an edit");
            assert_eq!(run.notes, "notes", "{at}");
            Some((run.x[0], run.step))
        }
        Err(error) if error.kind() == ErrorKind::Busy => None,
        Err(error) => panic!("{at}: then {error}"),
    }
}

/// All that is there, but the lock file of a folder that has a manifest.
fn names(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(self::names(&entry.path()).iter().map(|inner| format!("{name}/{inner}")));
        }
        names.insert(name);
    }
    if names.contains("varpack.json") {
        names.remove(".varpack.lock");
    }
    names
}

fn is_made<T>(result: &Result<T>) -> bool {
    result.as_ref().err().is_none_or(|error| {
        matches!(error.kind(), ErrorKind::CommitPending | ErrorKind::DurabilityUnknown)
    })
}

/// Goes on after the call: edits, saves elsewhere, saves, loads.
fn go_on(holder: &mut dyn Holder, folder: &Path, elsewhere: &Path, at: &str) {
    let then = |what: &str, result: Result<()>| {
        result.unwrap_or_else(|error| panic!("{at}: then {what}: {error}"));
    };
    let before = seen(folder, at);
    then("edit", holder.set(3));
    assert_eq!(holder.x(), 3.0, "{at}");
    // An edit in place is seen by nobody until it is flushed.
    let after = seen(folder, at);
    assert!(after.is_none() || after == before, "{at}: {before:?} became {after:?}");
    then("save elsewhere", holder.save_to(elsewhere));
    assert_eq!(seen(elsewhere, at), Some((3.0, 3)), "{at}");
    then("save", holder.save(folder));
    assert_eq!(seen(folder, at), Some((3.0, 3)), "{at}");
    then("edit again", holder.set(4));
    then("save again", holder.save(folder));
    assert_eq!(seen(folder, at), Some((4.0, 4)), "{at}");
    // The file of a new array is moved once, to where it was saved first, and edited there.
    let is_moved = at.contains("zeros_in") && seen(elsewhere, at) == Some((4.0, 3));
    assert!(is_moved || seen(elsewhere, at) == Some((3.0, 3)), "{at}");
    let mut expected: BTreeSet<_> =
        ["notes.pickle", "varpack.json", SHARED_PICKLE, "x.npy"].map(str::to_owned).into();
    assert_eq!(names(folder), expected, "{at}");
    // A pack puts what is small into the shared pickle.
    expected.remove("notes.pickle");
    assert!(names(elsewhere).is_superset(&expected), "{at}: {:?}", names(elsewhere));
    assert!(names(elsewhere).len() <= expected.len() + 1, "{at}: {:?}", names(elsewhere));
}

/// Fails each operation of `call` in turn, for each kind of holder, which has made an edit; gives how often.
/// `check` is given what came of it.
fn fail_each(
    call: impl Fn(&mut dyn Holder, &Path) -> Result<()>,
    check: impl Fn(&Fault, &mut dyn Holder, &Path, Result<()>, &str),
) -> usize {
    let mut failures = 0;
    // All of them take minutes: each holder has every fourth, and together they have all.
    let stride = if std::env::var_os("VARPACK_FULL").is_some() { 1 } else { 4 };
    for (index, (kind, load)) in HOLDERS.into_iter().enumerate() {
        for number in (index % stride..).step_by(stride) {
            let root = tempdir().unwrap();
            let [folder, elsewhere] = ["run", "elsewhere"].map(|name| root.path().join(name));
            let fault = Arc::new(Fault::default());
            fault.under(|| {
                run(1).save_with(&folder, &saving()).unwrap();
                let mut holder = load(&folder);
                holder.set(2).unwrap();
                let result = fault.strike(number, || call(&mut *holder, &folder));
                let failed = fault.failed();
                let at = format!("{kind}: {failed:?} at {number}: {result:?}");
                failures += usize::from(result.is_err());
                check(&fault, &mut *holder, &folder, result, &at);
                go_on(&mut *holder, &folder, &elsewhere, &at);
            });
            if fault.failed().is_none() {
                break;
            }
        }
    }
    failures
}

#[test]
fn after_a_save_that_failed_all_goes_on() {
    let failures = fail_each(
        |holder, folder| holder.save(folder),
        |fault, holder, folder, result, at| {
            assert_eq!(holder.x(), 2.0, "{at}");
            let found = seen(folder, at);
            if is_made(&result) {
                assert_eq!(found, Some((2.0, 2)), "{at}");
            } else {
                let untouched = found.is_none_or(|(_, step)| step == 1);
                assert!(untouched, "{at}: {found:?}");
                if fault.spares_the_clean_up() {
                    assert!(!names(folder).iter().any(|name| name.starts_with('.')), "{at}");
                }
            }
        },
    );
    println!("{failures} saves failed");
    assert!(failures > 50, "{failures}");
}

#[test]
fn after_a_save_elsewhere_that_failed_all_goes_on() {
    let failures = fail_each(
        |holder, folder| holder.save_to(&folder.with_file_name("elsewhere")),
        |fault, holder, folder, result, at| {
            assert_eq!(holder.x(), 2.0, "{at}");
            let elsewhere = folder.with_file_name("elsewhere");
            if is_made(&result) {
                assert_eq!(seen(&elsewhere, at), Some((2.0, 2)), "{at}");
            } else if fault.spares_the_clean_up() {
                assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1, "{at}");
            }
        },
    );
    println!("{failures} saves failed");
    assert!(failures > 40, "{failures}");
}

#[test]
fn after_a_flush_that_failed_all_goes_on() {
    let failures = fail_each(
        |holder, _| holder.flush(),
        |_, holder, _, _, at| assert_eq!(holder.x(), 2.0, "{at}"),
    );
    assert!(failures > 0);
}

#[test]
fn array_that_the_disk_refuses_to_flush_is_not_written_or_saved_until_it_is_loaded_again() {
    for (kind, load) in HOLDERS.into_iter().filter(|(kind, _)| kind.contains("r+")) {
        let root = tempdir().unwrap();
        let [folder, elsewhere] = ["run", "elsewhere"].map(|name| root.path().join(name));
        run(1).save_with(&folder, &saving()).unwrap();
        let broken = Observed::new(|step| match step.operation {
            "flush" => Err(std::io::Error::from_raw_os_error(EIO)),
            _ => Ok(()),
        });
        let mut holder = on_system(broken, || {
            let mut holder = load(&folder);
            holder.set(2).unwrap();
            let error = holder.flush().unwrap_err();
            assert_eq!(
                error.os_error().and_then(std::io::Error::raw_os_error),
                Some(EIO),
                "{kind}"
            );
            holder
        });
        for result in [holder.set(3), holder.save(&folder), holder.save_to(&elsewhere)] {
            let error = result.unwrap_err();
            assert!(
                error.to_string().contains("x.npy: an earlier flush failed"),
                "{kind}: {error}"
            );
        }
        assert_eq!(holder.x(), 2.0, "{kind}");
        drop(holder);
        go_on(&mut *load(&folder), &folder, &elsewhere, kind);
    }
}

#[test]
fn after_an_edit_that_failed_all_goes_on() {
    let failures = fail_each(
        |holder, _| holder.flush().and_then(|()| holder.set(9)),
        |_, holder, _, result, at| {
            let expected = if result.is_ok() { 9.0 } else { 2.0 };
            assert_eq!(holder.x(), expected, "{at}");
        },
    );
    assert!(failures > 1, "{failures}");
}

#[test]
fn after_a_load_that_failed_all_goes_on() {
    let failures = fail_each(
        |holder, folder| {
            holder.flush()?;
            Pack::open_with(folder, &loading(Mode::ReadWrite)).map(drop)
        },
        |_, holder, _, _, at| assert_eq!(holder.x(), 2.0, "{at}"),
    );
    assert!(failures > 10, "{failures}");
}

/// Fails each operation of a save in turn; a save that is not made leaves what was there before.
fn leaves_no_trace(prepare: impl Fn(&Path), folder: &str) -> usize {
    let mut failures = 0;
    for number in 0.. {
        let root = tempdir().unwrap();
        prepare(root.path());
        let before = names(root.path());
        let fault = Arc::new(Fault::default());
        let folder = root.path().join(folder);
        let result = fault.under(|| fault.strike(number, || run(1).save_with(&folder, &saving())));
        let at = format!("{:?} at {number}: {result:?}", fault.failed());
        if let Err(error) = &result
            && !is_made(&result)
        {
            failures += 1;
            // Where the save fails by itself, the operation may have been one of the clean-up.
            let is_cause = fault.failed().is_none() || error.os_error().is_some();
            if fault.spares_the_clean_up() && is_cause {
                assert_eq!(names(root.path()), before, "{at}");
            }
        }
        if fault.failed().is_none() {
            return failures;
        }
    }
    failures
}

#[test]
fn save_that_fails_leaves_no_trace_in_a_folder_that_was_not_ours_nor_beside_it() {
    let foreign = |name: &'static str| {
        move |root: &Path| {
            fs::create_dir(root.join("run")).unwrap();
            fs::write(root.join("run").join(name), "foreign").unwrap();
        }
    };
    assert!(leaves_no_trace(|_| {}, "run") > 20);
    assert!(leaves_no_trace(|_| {}, "a/b/run") > 20);
    assert!(leaves_no_trace(foreign("readme.txt"), "run") > 20);
    // That one fails in any case.
    assert!(leaves_no_trace(foreign("x.npy"), "run") > 10);
}

#[test]
fn save_that_waits_for_a_lock_file_that_was_taken_back_looks_again() {
    use super::{UNSYNCED, save, state};
    use crate::store::commit::Commit;
    use std::time::Duration;
    let root = tempdir().unwrap();
    let first = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap();
    let patient = super::CommitOptions { wait: Some(Duration::from_secs(60)), ..UNSYNCED };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| save(root.path(), &state(&[("x.npy", "one")]), &patient));
        std::thread::sleep(Duration::from_millis(100));
        drop(first);
        second.join().unwrap().unwrap();
    });
    assert!(root.path().join(".varpack.lock").exists());
    assert_eq!(super::seen(root.path(), false).unwrap(), state(&[("x.npy", "one")]));
}
