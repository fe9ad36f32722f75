//! A `.npy` file by itself that lies in a varpack folder: whoever opens or writes it breaks none of the folder's promises.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{
    AnyArray, ErrorKind, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackValue, SaveOptions,
    Varpack,
};
use varpack_tests::folders::{MODES, State};
use varpack_tests::python::Python;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<f64>>,
    step: u64,
}

/// Too large to be read rather than mapped.
const LEN: usize = 20_000;

fn saved() -> (TempDir, PathBuf, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let split = BTreeMap::from([("train".to_owned(), MmapArray1::ones(LEN))]);
    Run { x: MmapArray1::ones(LEN), split, step: 1 }.save(&folder).unwrap();
    let path = folder.join("x.npy");
    (parent, folder, path)
}

fn load(folder: &Path, mode: Mode) -> Loaded<Run> {
    Run::load_with(folder, &LoadOptions::new().mode(mode)).unwrap()
}

fn open(path: &Path, mode: Mode) -> MmapArray1<f64> {
    MmapArray1::open(path, mode).unwrap()
}

#[track_caller]
fn refused<T>(outcome: varpack::Result<T>, kind: ErrorKind) {
    let error = outcome.map(drop).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
}

#[test]
fn edit_of_a_file_by_itself_has_the_folder_alone() {
    let (_parent, folder, path) = saved();
    let mut array = open(&path, Mode::ReadWrite);
    let reader = load(&folder, Mode::ReadOnly);
    refused(array.view_mut(), ErrorKind::Busy);
    drop(reader);
    // Of another file, too: its holder has the folder.
    let other = open(&folder.join("split-train.npy"), Mode::ReadOnly);
    refused(array.view_mut(), ErrorKind::Busy);
    drop(other);
    array.view_mut().unwrap()[0] = 2.0;
    for mode in MODES {
        refused(Run::load_with(&folder, &LoadOptions::new().mode(mode)), ErrorKind::Busy);
        refused(MmapArray1::<f64>::open(folder.join("split-train.npy"), mode), ErrorKind::Busy);
    }
    refused(MmapArray1::<f64>::zeros(3).save_npy(folder.join("y.npy")), ErrorKind::Busy);
    array.flush().unwrap();
    assert_eq!(load(&folder, Mode::ReadOnly).x[0], 2.0);
}

#[test]
fn save_beside_an_open_file_is_made_and_the_file_is_stale() {
    let (_parent, folder, path) = saved();
    for mode in [Mode::ReadWrite, Mode::CopyOnWrite] {
        let mut array = open(&path, mode);
        let before = array[0];
        let mut run = load(&folder, Mode::CopyOnWrite);
        run.x.view_mut().unwrap()[0] += 1.0;
        run.step += 1;
        run.save().unwrap();
        drop(run);
        assert_eq!(array[0], before);
        if mode == Mode::ReadWrite {
            refused(array.view_mut(), ErrorKind::Stale);
        }
        assert_eq!(open(&path, Mode::ReadOnly)[0], before + 1.0);
    }
    assert_eq!(load(&folder, Mode::ReadOnly).step, 3);
}

#[test]
fn holder_of_the_folder_sees_an_edit_of_a_file_as_someone_elses() {
    let (_parent, folder, path) = saved();
    let mut holder = load(&folder, Mode::InMemory);
    let mut array = open(&path, Mode::ReadWrite);
    array.view_mut().unwrap()[0] = 2.0;
    array.flush().unwrap();
    drop(array);
    holder.step = 2;
    holder.save().unwrap();
    let found = load(&folder, Mode::InMemory);
    assert_eq!((found.x[0], found.step), (2.0, 2), "the edit stays");
    holder.x.view_mut().unwrap()[0] = 3.0;
    refused(holder.save(), ErrorKind::Stale);
    assert_eq!(open(&path, Mode::ReadOnly)[0], 2.0);
}

#[test]
fn file_of_a_variable_is_not_written_by_itself() {
    let (_parent, folder, path) = saved();
    let before = State::of(&folder);
    let mut array = open(&path, Mode::CopyOnWrite);
    array.view_mut().unwrap()[0] = 2.0;
    for name in ["x.npy", "X.npy", "split-train.npy", "__misc_vars__.pickle", "varpack.json"] {
        let error = array.save_npy(folder.join(name)).unwrap_err();
        let is_own = name.starts_with("__") || name.ends_with("json");
        assert_eq!(
            error.kind(),
            if is_own { ErrorKind::Name } else { ErrorKind::Exists },
            "{error}"
        );
        assert_eq!(error.path(), Some(folder.join(name).as_path()));
    }
    assert!(array.save_npy(&path).unwrap_err().to_string().contains("the variable `x`"));
    before.assert_untouched(&folder);
    // What the error advises.
    Pack::update(&folder, |pack| {
        pack.insert("x", PackValue::from(AnyArray::try_from(array)?)).map(drop)
    })
    .unwrap();
    assert_eq!(load(&folder, Mode::ReadOnly).x[0], 2.0);
}

#[test]
fn file_that_a_manifest_names_in_any_way_is_not_written_by_itself() {
    for entry in [
        r#""size": 1, "filename": "x.npy""#,
        r#""size": 1, "filename": "x.npy", "uses_numpy_placeholders": true"#,
        r#""size": 1, "filename": "X.npy", "files": []"#,
        r#""size": 1, "filename": "v.pkl", "files": ["v.pkl", "X.NPY"]"#,
        r#""size": 1, "filename": "v.pkl", "uses_numpy_placeholders": true"#,
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("varpack.json"), format!(r#"{{"v": {{{entry}}}}}"#)).unwrap();
        let name =
            if entry.contains("x.npy") || entry.contains("files") { "x.npy" } else { "V-a.npy" };
        let path = folder.path().join(name);
        let error = MmapArray1::<f64>::zeros(3).save_npy(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exists, "{entry}: {error}");
        assert!(!path.exists(), "{entry}");
    }
}

#[test]
fn other_files_are_written_by_themselves_and_stay_strangers_to_the_folder() {
    let (_parent, folder, _) = saved();
    let (other, before) = (folder.join("x1.npy"), State::of(&folder));
    MmapArray1::<f64>::zeros(LEN).save_npy(&other).unwrap();
    assert_eq!(before.touched(&State::of(&folder)), ["x1.npy"]);
    let mut run = load(&folder, Mode::CopyOnWrite);
    run.step = 2;
    run.save_with(&SaveOptions::new().prune(true)).unwrap();
    assert_eq!(open(&other, Mode::ReadOnly).len(), LEN);
    // Nor is one that the folder takes over later written any more.
    drop(run);
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("x1", PackValue::try_from(ndarray::Array1::<f64>::ones(3)).unwrap()).unwrap();
    refused(pack.save(), ErrorKind::Exists);
    pack.save_with(&SaveOptions::new().overwrite_field("x1")).unwrap();
    refused(MmapArray1::<f64>::zeros(3).save_npy(&other), ErrorKind::Exists);
}

#[test]
fn array_of_a_load_is_written_to_a_file_and_its_change_is_still_for_the_folder() {
    let (parent, folder, path) = saved();
    let mut run = load(&folder, Mode::CopyOnWrite);
    run.x.view_mut().unwrap()[0] = 2.0;
    let other = parent.path().join("x.npy");
    run.x.save_npy(&other).unwrap();
    assert_eq!(open(&path, Mode::ReadOnly)[0], 1.0);
    run.save().unwrap();
    assert_eq!((open(&path, Mode::ReadOnly)[0], open(&other, Mode::ReadOnly)[0]), (2.0, 2.0));
    // Edits in place that are not flushed are, and the folder may be loaded then.
    drop(run);
    let mut run = load(&folder, Mode::ReadWrite);
    run.x.view_mut().unwrap()[0] = 3.0;
    run.x.save_npy(&other).unwrap();
    assert_eq!((open(&path, Mode::ReadOnly)[0], open(&other, Mode::ReadOnly)[0]), (3.0, 3.0));
}

#[test]
fn folder_that_is_made_around_an_open_file_is_locked_for_its_edit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    MmapArray1::<f64>::ones(LEN).save_npy(&path).unwrap();
    let mut array = open(&path, Mode::ReadWrite);
    let mut pack = Pack::new();
    pack.insert("y", PackValue::try_from(ndarray::Array1::<f64>::ones(LEN)).unwrap()).unwrap();
    pack.save_to(folder.path()).unwrap();
    let reader = Pack::open(folder.path()).unwrap();
    refused(array.view_mut(), ErrorKind::Busy);
    drop(reader);
    array.view_mut().unwrap()[0] = 2.0;
    refused(Pack::open(folder.path()), ErrorKind::Busy);
    array.flush().unwrap();
    assert!(Pack::open(folder.path()).is_ok());
}

#[test]
fn files_of_a_map_that_python_has_split_are_not_written() {
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        python.run(
            "import sys, numpy as np, varpack; \
             varpack.save(sys.argv[1], dict(m=dict(a=np.ones(20000), b=np.ones(20000)), n=np.ones(3)))",
            [&run],
        );
        let split: Vec<_> = fs::read_dir(&run)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension().is_some_and(|it| it == "npy") && !path.ends_with("n.npy")
            })
            .collect();
        assert_eq!(split.len(), 2);
        for path in split {
            refused(MmapArray1::<f64>::zeros(3).save_npy(&path), ErrorKind::Exists);
            assert_eq!(open(&path, Mode::ReadOnly).len(), LEN);
        }
    }
}
