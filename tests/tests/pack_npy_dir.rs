//! A directory of `.npy` files that NumPy wrote, as a pack.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use varpack::ndarray::{Ix1, Ix2};
use varpack::{
    AnyArray, ErrorKind, LoadAction, LoadOptions, MmapArray1, Mode, Pack, PackValue, ReadReason,
};
use varpack_tests::folders::{MODES, State};
use varpack_tests::python::Python;

const SAVE: &str = "
import os, sys
import numpy as np
os.makedirs(os.path.join(sys.argv[1], 'more.npy.d'))
for name, a in dict(
    images=np.arange(120000, dtype='<f4').reshape(300, 400),
    labels=np.array([1, 0, 1], dtype='u1'),
    big=np.arange(60000, dtype='>i4'),
    names=np.array(['a', None, 3], dtype=object),
).items():
    np.save(os.path.join(sys.argv[1], name), a)
for other in ['notes.txt', '.hidden.npy', 'images.NPY', 'x.npz']:
    open(os.path.join(sys.argv[1], other), 'w').write('no array')
";

/// That a varpack folder has them all.
const CHECK: &str = "
import sys, varpack
import numpy as np
loaded = varpack.load(sys.argv[1])
assert list(loaded) == ['big', 'images', 'labels', 'names'], list(loaded)
assert (loaded['images'] == np.arange(120000, dtype='<f4').reshape(300, 400)).all()
assert (loaded['big'] == np.arange(60000)).all() and loaded['big'].dtype.str == '>i4'
assert loaded['labels'].tolist() == [1, 0, 1]
";

/// A directory of arrays of ones.
fn directory(names: &[&str], len: usize) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for name in names {
        MmapArray1::<f64>::ones(len).save_npy(directory.path().join(name)).unwrap();
    }
    directory
}

fn names(pack: &Pack) -> Vec<&str> {
    pack.names().collect()
}

fn array<'p>(pack: &'p mut Pack, name: &str) -> &'p mut AnyArray {
    pack.get_mut(name).and_then(PackValue::as_array_mut).unwrap()
}

#[test]
fn file_that_goes_while_the_directory_is_read_is_left_out_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.npy", "b.npy", "z.npy"] {
        MmapArray1::from(vec![1.0f64; 10]).save_npy(folder.path().join(name)).unwrap();
    }
    let z = folder.path().join("z.npy");
    let options = LoadOptions::new().threads(1).progress(move |_| {
        let _ = fs::remove_file(&z);
        ControlFlow::Continue(())
    });
    let pack = Pack::from_npy_dir_with(folder.path(), &options).unwrap();
    assert_eq!(pack.names().collect::<Vec<_>>(), ["a", "b"]);
    assert!(pack.report().notes()[0].contains("`z.npy` is left out"), "{}", pack.report());
}

#[test]
fn flush_says_of_arrays_that_were_changed_in_memory_alone_that_a_save_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    MmapArray1::from(vec![1.0f64; 50_000]).save_npy(folder.path().join("x.npy")).unwrap();
    let mut pack = Pack::from_npy_dir(folder.path()).unwrap();
    pack.flush().unwrap();
    let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    x.view_mut::<f64, ndarray::Ix1>().unwrap()[0] = 2.0;
    let error = pack.flush().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("x")), "{error}");
}

#[test]
fn directory_of_numpy_is_a_pack_of_its_arrays_and_becomes_a_folder_elsewhere() {
    for python in Python::both() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("features");
        python.run(SAVE, [&directory]);
        let before = State::of(&directory);
        for mode in MODES {
            let pack = Pack::from_npy_dir_with(&directory, &LoadOptions::new().mode(mode)).unwrap();
            assert_eq!(names(&pack), ["big", "images", "labels", "names"]);
            assert_eq!(pack.view::<f32, Ix2>("images").unwrap()[[299, 399]], 119_999.0);
            assert_eq!(pack.view::<u8, Ix1>("labels").unwrap().to_vec(), [1, 0, 1]);
            assert!(pack.get("names").unwrap().as_value().is_some());
            let actions: Vec<_> =
                pack.report().entries().iter().map(|it| it.action.clone()).collect();
            let read = |reason| match mode {
                Mode::InMemory => LoadAction::Read(Some(ReadReason::Asked)),
                _ => reason,
            };
            let expected = [
                read(LoadAction::Read(Some(ReadReason::ByteOrder))),
                read(LoadAction::Mapped),
                read(LoadAction::Read(Some(ReadReason::Small))),
                LoadAction::Read(Some(ReadReason::Objects)),
            ];
            assert_eq!(actions, expected, "{mode:?}");
            assert_eq!((pack.folder(), pack.report().notes().len()), (None, 0));
            let folder = parent.path().join(format!("run-{}", mode as u8));
            pack.save_to(&folder).unwrap();
            python.run(CHECK, [&folder]);
        }
        before.assert_untouched(&directory);
    }
}

#[test]
fn array_of_a_directory_is_edited_in_place_and_saved_by_itself() {
    let directory = directory(&["x.npy", "y.npy"], 20_000);
    let in_place = LoadOptions::new().mode(Mode::ReadWrite);
    let mut pack = Pack::from_npy_dir_with(directory.path(), &in_place).unwrap();
    array(&mut pack, "x").view_mut::<f64, Ix1>().unwrap()[0] = 2.0;
    array(&mut pack, "y").view_mut::<f64, Ix1>().unwrap()[0] = 3.0;
    pack.flush().unwrap();
    let found = Pack::from_npy_dir(directory.path()).unwrap();
    assert_eq!(
        found.view::<f64, Ix1>("x").unwrap()[0] + found.view::<f64, Ix1>("y").unwrap()[0],
        5.0
    );
    let error = array(&mut pack, "x").view_mut::<f64, Ix1>().map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Busy, Some("x")), "{error}");
    drop((pack, found));
    let mut pack = Pack::from_npy_dir(directory.path()).unwrap();
    array(&mut pack, "x").view_mut::<f64, Ix1>().unwrap()[0] = 4.0;
    array(&mut pack, "x").save_npy(directory.path().join("x.npy")).unwrap();
    assert_eq!(State::of(directory.path()).names(), ["x.npy", "y.npy"]);
    let found = Pack::from_npy_dir(directory.path()).unwrap();
    assert_eq!(found.view::<f64, Ix1>("x").unwrap()[0], 4.0);
}

#[test]
fn directory_that_becomes_a_folder_keeps_its_files() {
    let directory = directory(&["x.npy", "y.npy"], 20_000);
    let pack = Pack::from_npy_dir(directory.path()).unwrap();
    let before = State::of(directory.path());
    pack.save_to(directory.path()).unwrap();
    let after = State::of(directory.path());
    let touched = before.touched(&after);
    assert!(touched.iter().all(|name| !name.ends_with(".npy")), "{touched:?}");
    drop(pack);
    assert_eq!(names(&Pack::open(directory.path()).unwrap()), ["x", "y"]);
    let error = Pack::from_npy_dir(directory.path()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Usage, Some(directory.path())));
}

#[test]
fn broken_file_is_named_and_can_be_skipped() {
    let directory = directory(&["x.npy", "broken.npy"], 10);
    let broken = directory.path().join("broken.npy");
    fs::write(&broken, b"no array").unwrap();
    let error = Pack::from_npy_dir(directory.path()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Npy, Some(broken.as_path())));
    assert_eq!(error.variable(), Some("broken"));
    let pack =
        Pack::from_npy_dir_with(directory.path(), &LoadOptions::new().skip(["broken"])).unwrap();
    assert_eq!((names(&pack), pack.skipped().count()), (vec!["x"], 0));
    assert_eq!(pack.report().entries()[0].action, LoadAction::Skipped);
    let error =
        Pack::from_npy_dir_with(directory.path(), &LoadOptions::new().skip(["broke"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable);
    assert!(error.to_string().contains("did you mean `broken`?"), "{error}");
}

#[test]
fn file_whose_stem_is_no_name_of_a_variable_is_left_out_and_told() {
    let directory = directory(&["x.npy", "__dict__.npy"], 10);
    fs::copy(directory.path().join("x.npy"), directory.path().join("varpack.npy")).unwrap();
    let pack = Pack::from_npy_dir(directory.path()).unwrap();
    assert_eq!(names(&pack), ["x"]);
    let notes = pack.report().notes().join("\n");
    assert!(
        notes.contains("`__dict__.npy` is left out") && notes.contains("`varpack.npy` is left out"),
        "{notes}"
    );
}

#[test]
fn directory_that_is_empty_missing_or_a_file_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Pack::from_npy_dir(directory.path()).unwrap().is_empty());
    let kind = |path: &Path| Pack::from_npy_dir(path).unwrap_err().kind();
    assert_eq!(kind(&directory.path().join("missing")), ErrorKind::NotFound);
    let file = directory.path().join("x.npy");
    fs::write(&file, "").unwrap();
    assert_eq!(kind(&file), ErrorKind::FileType);
}

#[test]
fn limits_threads_and_progress_of_a_load_hold_for_a_directory() {
    let many: Vec<_> = (0..100).map(|number| format!("x{number}.npy")).collect();
    let directory = directory(&many.iter().map(String::as_str).collect::<Vec<_>>(), 100);
    let options = || LoadOptions::new().mode(Mode::InMemory);
    let error =
        Pack::from_npy_dir_with(directory.path(), &options().max_in_memory(150_000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    let seen = Arc::new(Mutex::new(0));
    let told = Arc::clone(&seen);
    let watched = options().threads(4).progress(move |progress| {
        *told.lock().unwrap() = progress.files_done;
        ControlFlow::Continue(())
    });
    assert_eq!(Pack::from_npy_dir_with(directory.path(), &watched).unwrap().len(), 100);
    assert_eq!(*seen.lock().unwrap(), 100);
    let cancelled = options().progress(|_| ControlFlow::Break(()));
    let error = Pack::from_npy_dir_with(directory.path(), &cancelled).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn link_is_refused_or_followed_as_the_options_say() {
        let directory = directory(&["x.npy"], 20_000);
        let elsewhere = self::directory(&["y.npy"], 20_000);
        symlink(elsewhere.path().join("y.npy"), directory.path().join("link.npy")).unwrap();
        let error = Pack::from_npy_dir(directory.path()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::FileType, Some("link")));
        let options = LoadOptions::new().follow_links(true);
        let pack = Pack::from_npy_dir_with(directory.path(), &options).unwrap();
        assert_eq!(pack.report().entries()[0].action, LoadAction::Read(Some(ReadReason::Link)));
    }

    #[test]
    fn file_whose_name_is_no_text_is_left_out_and_told() {
        let directory = directory(&["x.npy"], 10);
        let odd = directory.path().join(OsStr::from_bytes(b"\xff.npy"));
        fs::copy(directory.path().join("x.npy"), odd).unwrap();
        let pack = Pack::from_npy_dir(directory.path()).unwrap();
        assert_eq!((names(&pack), pack.report().notes().len()), (vec!["x"], 1));
    }

    #[test]
    fn two_names_of_one_file_are_mapped_once() {
        let directory = directory(&["x.npy"], 20_000);
        fs::hard_link(directory.path().join("x.npy"), directory.path().join("y.npy")).unwrap();
        let pack = Pack::from_npy_dir(directory.path()).unwrap();
        assert_eq!(pack.report().entries()[1].action, LoadAction::Read(Some(ReadReason::SameFile)));
    }
}
