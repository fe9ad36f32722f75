//! A `.npy` file by itself, in a folder that is none of varpack's: opened, edited in place, and written whole or not at all.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::ndarray::{Array2, Ix1, Ix2, ShapeBuilder, array};
use varpack::{AnyArray, Error, ErrorKind, MmapArray1, MmapArray2, MmapArrayD, Mode};
use varpack_tests::folders::{MODES, Stamp, State};
use varpack_tests::python::Python;

/// Too large to be read rather than mapped.
const LEN: usize = 20_000;

/// A folder with `x.npy`, all ones.
fn saved() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    MmapArray1::<f64>::ones(LEN).save_npy(&path).unwrap();
    (folder, path)
}

fn open(path: &Path, mode: Mode) -> MmapArray1<f64> {
    MmapArray1::open(path, mode).unwrap()
}

#[track_caller]
fn refused<T>(outcome: varpack::Result<T>, kind: ErrorKind, path: &Path) -> Error {
    let error = outcome.map(drop).unwrap_err();
    assert_eq!((error.kind(), error.path()), (kind, Some(path)), "{error}");
    error
}

/// Saves what it is told to, and says the dtype, the shape, the order and the bytes of each.
const SAVE: &str = "
import os, sys
import numpy as np
arrays = dict(
    large=np.arange(120000, dtype='<f4').reshape(300, 400),
    fortran=np.asfortranarray(np.arange(120000, dtype='<f8').reshape(300, 400)),
    big=np.arange(60000, dtype='>i4'),
    small=np.array([[1, 2], [3, 4]], dtype='u1'),
    scalar=np.array(2.5),
    empty=np.zeros((0, 3), dtype='<c8'),
    mask=np.arange(100000) % 3 == 0,
    record=np.array([(1, b'ab'), (2, b'c')], dtype=[('id', '<i8'), ('name', 'S8')]),
    times=np.array(['2020-01-01', 'NaT'], dtype='datetime64[D]'),
    text=np.array(['a', '\\u00e4\\u00f6'], dtype='<U4'),
)
for name, a in arrays.items():
    np.save(os.path.join(sys.argv[1], name), a)
    order = 'F' if a.flags.f_contiguous and not a.flags.c_contiguous else 'C'
    print(name, a.dtype, *a.shape, order, a.tobytes(order).hex()[:64], a.nbytes, sep='|')
";

/// Loads each array and its copies `again.<number>.<name>.npy`.
const COMPARE: &str = "
import glob, os, sys
import numpy as np
os.chdir(sys.argv[1])
copies = glob.glob('again.*.npy')
assert len(copies) == 40, copies
for copy in copies:
    a, b = (np.load(path, mmap_mode='r') if np.load(path).size else np.load(path) for path in [copy.split('.', 2)[2], copy])
    assert a.dtype == b.dtype and a.shape == b.shape and a.flags.f_contiguous == b.flags.f_contiguous, (a.dtype, b.dtype)
    assert a.tobytes() == b.tobytes()
";

#[test]
fn files_of_numpy_open_in_each_mode_and_are_to_numpy_what_they_were_when_saved() {
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let said = python.run(SAVE, [folder.path()]);
        assert_eq!(said.lines().count(), 10);
        for line in said.lines() {
            let words: Vec<_> = line.split('|').collect();
            let [name, dtype, shape @ .., order, start, size] = words.as_slice() else { panic!() };
            let path = folder.path().join(name).with_extension("npy");
            for mode in MODES {
                let array = AnyArray::open(&path, mode).unwrap();
                let header = array.header();
                if *name != "record" {
                    assert_eq!(
                        header.dtype.name().trim_start_matches(['<', '|']),
                        dtype.trim_start_matches(['<', '|'])
                    );
                }
                assert_eq!(
                    header.shape,
                    shape.iter().map(|n| n.parse().unwrap()).collect::<Vec<usize>>()
                );
                assert_eq!(header.fortran_order, *order == "F", "{name}");
                let bytes = array.as_bytes();
                let hex: String = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
                assert_eq!((hex.as_str(), bytes.len().to_string().as_str()), (*start, *size));
                let is_mapped = mode != Mode::InMemory && ["large", "fortran"].contains(name);
                assert_eq!(array.is_mapped(), is_mapped, "{name} in {mode:?}");
                array
                    .save_npy(folder.path().join(format!("again.{}.{name}.npy", mode as u8)))
                    .unwrap();
            }
        }
        python.run(COMPARE, [folder.path()]);
        let path = |name: &str| folder.path().join(name).with_extension("npy");
        let fortran = MmapArray2::<f64>::open(path("fortran"), Mode::ReadOnly).unwrap();
        let expected = Array2::from_shape_fn((300, 400), |(i, j)| (i * 400 + j) as f64);
        assert!(fortran.is_mapped() && fortran == expected);
        let turned = MmapArray1::<i32>::open(path("big"), Mode::ReadWrite).unwrap();
        assert!(!turned.is_mapped() && turned.iter().copied().eq(0..60_000));
        assert_eq!(MmapArrayD::<f64>::open(path("scalar"), Mode::ReadOnly).unwrap().sum(), 2.5);
        let mask = MmapArray1::<bool>::open(path("mask"), Mode::ReadOnly).unwrap();
        assert_eq!(mask.iter().filter(|is_set| **is_set).count(), 33_334);
    }
}

#[test]
fn arrays_of_rust_are_read_by_numpy() {
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let mut strided = Array2::<i64>::zeros((40, 30).f());
        strided.iter_mut().zip(0..).for_each(|(to, from)| *to = from);
        MmapArray2::from(strided).save_npy(&path).unwrap();
        let said = python.run(
            "import sys, numpy as np; a = np.load(sys.argv[1], mmap_mode='r'); \
             print(a.dtype, a.shape, a.flags.f_contiguous, (a == np.arange(1200).reshape(40, 30)).all())",
            [&path],
        );
        assert_eq!(said.trim(), "int64 (40, 30) True True");
    }
}

#[test]
fn edit_in_place_is_in_the_file_at_once_and_leaves_nothing_beside_it() {
    let (folder, path) = saved();
    let mut array = open(&path, Mode::ReadWrite);
    assert!(array.is_mapped());
    array.view_mut().unwrap()[0] = 2.0;
    let seen = fs::read(&path).unwrap();
    assert_eq!(seen[seen.len() - 8 * LEN..][..8], 2.0_f64.to_ne_bytes());
    array.flush().unwrap();
    array.view_mut().unwrap()[1] = 3.0;
    drop(array);
    assert_eq!(open(&path, Mode::ReadOnly).to_vec()[..3], [2.0, 3.0, 1.0]);
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["x.npy"]);
    // As a small file, which is read, is edited.
    let small = folder.path().join("small.npy");
    MmapArray1::from(vec![1_u8, 2]).save_npy(&small).unwrap();
    let mut array = MmapArray1::<u8>::open(&small, Mode::ReadWrite).unwrap();
    assert!(!array.is_mapped());
    array.view_mut().unwrap()[0] = 9;
    array.flush().unwrap();
    assert_eq!(fs::read(&small).unwrap().last_chunk(), Some(&[9, 2]));
}

#[test]
fn modes_say_where_a_write_goes() {
    let (folder, path) = saved();
    let before = State::of(folder.path());
    let error = open(&path, Mode::ReadOnly).view_mut().map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    for mode in [Mode::CopyOnWrite, Mode::InMemory] {
        let mut array = open(&path, mode);
        array.view_mut().unwrap()[0] = 2.0;
        refused(array.flush(), ErrorKind::Usage, &path);
        assert_eq!(array[0], 2.0);
    }
    before.assert_untouched(folder.path());
}

#[test]
fn edit_in_place_has_the_file_alone() {
    let (_folder, path) = saved();
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        let reader = open(&path, mode);
        let mut editor = open(&path, Mode::ReadWrite);
        refused(editor.view_mut(), ErrorKind::Busy, &path);
        assert!(editor.iter().all(|element| *element == 1.0));
        drop(reader);
        editor.view_mut().unwrap()[0] = 1.0;
        refused(MmapArray1::<f64>::open(&path, mode), ErrorKind::Busy, &path);
        refused(MmapArray1::<f64>::zeros(3).save_npy(&path), ErrorKind::Busy, &path);
        editor.flush().unwrap();
        assert!(open(&path, mode).is_mapped());
    }
}

#[test]
fn save_moves_a_new_file_over_the_old_one_and_readers_keep_that() {
    let (folder, path) = saved();
    let reader = open(&path, Mode::ReadOnly);
    MmapArray1::<f64>::zeros(LEN + 1).save_npy(&path).unwrap();
    assert!(reader.len() == LEN && reader.iter().all(|element| *element == 1.0));
    assert_eq!(open(&path, Mode::ReadOnly).len(), LEN + 1);
    assert_eq!(State::of(folder.path()).names(), ["x.npy"]);
}

#[test]
fn changes_in_memory_are_saved_and_what_is_unchanged_stays_the_file_it_is() {
    let (folder, path) = saved();
    for mode in [Mode::CopyOnWrite, Mode::InMemory] {
        let mut array = open(&path, mode);
        let before = State::of(folder.path());
        array.save_npy(&path).unwrap();
        before.assert_untouched(folder.path());
        array.view_mut().unwrap()[0] += 1.0;
        array.save_npy(&path).unwrap();
        let after = State::of(folder.path());
        array.save_npy(&path).unwrap();
        after.assert_untouched(folder.path());
        assert_eq!(open(&path, Mode::ReadOnly)[0], array[0]);
    }
    let mut array = open(&path, Mode::ReadWrite);
    let before = Stamp::at(&path);
    array.view_mut().unwrap()[0] = 7.0;
    array.save_npy(&path).unwrap();
    assert_ne!(Stamp::at(&path), before, "edited in place");
    let flushed = Stamp::at(&path);
    array.save_npy(&path).unwrap();
    assert_eq!(Stamp::at(&path), flushed);
    assert_eq!(open(&path, Mode::ReadWrite)[0], 7.0);
}

#[test]
fn array_that_is_saved_beside_its_file_stays_with_it() {
    let (folder, path) = saved();
    let other = folder.path().join("y.npy");
    let mut array = open(&path, Mode::ReadWrite);
    array.view_mut().unwrap()[0] = 2.0;
    array.save_npy(&other).unwrap();
    array.view_mut().unwrap()[0] = 3.0;
    array.flush().unwrap();
    assert_eq!((open(&path, Mode::ReadOnly)[0], open(&other, Mode::ReadOnly)[0]), (3.0, 2.0));
    array.save_npy(&other).unwrap();
    assert_eq!(open(&other, Mode::ReadOnly)[0], 3.0);
}

#[test]
fn file_that_someone_else_has_replaced_is_not_written_over() {
    for is_changed in [false, true] {
        let (folder, path) = saved();
        let mut array = open(&path, Mode::CopyOnWrite);
        if is_changed {
            array.view_mut().unwrap()[0] = 2.0;
        }
        MmapArray1::<f64>::zeros(LEN).save_npy(&path).unwrap();
        let before = State::of(folder.path());
        refused(array.save_npy(&path), ErrorKind::Stale, &path);
        before.assert_untouched(folder.path());
        array.save_npy(folder.path().join("y.npy")).unwrap();
        assert_eq!(open(&path, Mode::ReadOnly)[0], 0.0);
    }
    let (_folder, path) = saved();
    let mut editor = open(&path, Mode::ReadWrite);
    MmapArray1::<f64>::zeros(LEN).save_npy(&path).unwrap();
    refused(editor.view_mut(), ErrorKind::Stale, &path);
    assert_eq!(editor[0], 1.0);
}

#[test]
fn saves_of_one_file_at_once_leave_one_of_them_whole_and_nothing_beside_it() {
    let (folder, path) = saved();
    let save = |number: u8| {
        for round in 0..20_u8 {
            let array = MmapArray1::from_elem(LEN, f64::from(number) * 100.0 + f64::from(round));
            if let Err(error) = array.save_npy(&path) {
                let (kind, place) = (error.kind(), error.path());
                assert_eq!((kind, place), (ErrorKind::Stale, Some(path.as_path())), "{error}");
            }
        }
    };
    std::thread::scope(|scope| {
        let savers: Vec<_> = (1..=4).map(|number| scope.spawn(move || save(number))).collect();
        while savers.iter().any(|saver| !saver.is_finished()) {
            let array = open(&path, Mode::ReadOnly);
            assert!(array.is_mapped() && array.iter().all(|element| *element == array[0]));
        }
    });
    assert_eq!(State::of(folder.path()).names(), ["x.npy"]);
    assert!(open(&path, Mode::ReadOnly)[0] >= 100.0);
}

#[test]
fn array_of_any_type_is_edited_and_saved_as_it_is() {
    let (folder, path) = saved();
    let mut array = AnyArray::open(&path, Mode::ReadWrite).unwrap();
    array.view_mut::<f64, Ix1>().unwrap()[0] = 2.0;
    array.flush().unwrap();
    assert_eq!(array.view_mut::<f64, Ix2>().unwrap_err().kind(), ErrorKind::Shape);
    let mut array = array.downcast::<f64, Ix1>().unwrap();
    array.view_mut().unwrap()[1] = 3.0;
    drop(array);
    assert_eq!(open(&path, Mode::ReadOnly).to_vec()[..3], [2.0, 3.0, 1.0]);
    drop(folder);
}

#[test]
fn errors_name_the_file_the_expected_and_the_found() {
    let (folder, path) = saved();
    for mode in MODES {
        let error = refused(MmapArray1::<f32>::open(&path, mode), ErrorKind::Dtype, &path);
        assert_eq!((error.expected(), error.found()), (Some("dtype float32"), Some("float64")));
        let error = refused(MmapArray2::<f64>::open(&path, mode), ErrorKind::Shape, &path);
        assert_eq!(
            (error.expected(), error.found()),
            (Some("2 axes"), Some("1 axis (shape [20000])"))
        );
        let missing = folder.path().join("missing.npy");
        refused(AnyArray::open(&missing, mode), ErrorKind::NotFound, &missing);
        let error =
            refused(AnyArray::open(folder.path(), mode), ErrorKind::FileType, folder.path());
        assert_eq!(error.found(), Some("a folder"));
        let nowhere = folder.path().join("no/x.npy");
        assert_eq!(AnyArray::open(&nowhere, mode).unwrap_err().kind(), ErrorKind::NotFound);
        refused(AnyArray::open(path.join("x.npy"), mode), ErrorKind::FileType, &path);
        for path in ["", "/", "x/..", ".."] {
            refused(AnyArray::open(path, mode), ErrorKind::Usage, Path::new(path));
        }
    }
    let array = MmapArray1::<f64>::zeros(3);
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    refused(array.save_npy(&inner), ErrorKind::FileType, &inner);
    assert_eq!(
        array.save_npy(folder.path().join("no/x.npy")).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    refused(array.save_npy(".."), ErrorKind::Usage, Path::new(".."));
}

#[test]
fn names_of_varpacks_own_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in
        ["varpack.json", "__misc_vars__.pickle", "commit.json", ".varpack.lock", ".varpack-staging"]
    {
        let path = folder.path().join(name);
        refused(MmapArray1::<f64>::zeros(3).save_npy(&path), ErrorKind::Name, &path);
    }
    assert_eq!(State::of(folder.path()).names(), [""; 0]);
}

#[test]
fn path_without_a_folder_is_one_in_the_working_directory() {
    let (folder, _) = saved();
    std::env::set_current_dir(folder.path()).unwrap();
    assert_eq!(open(Path::new("x.npy"), Mode::ReadOnly).len(), LEN);
    MmapArray1::<f64>::zeros(3).save_npy("y.npy").unwrap();
    assert_eq!(open(&folder.path().join("y.npy"), Mode::ReadOnly).len(), 3);
}

#[test]
fn array_without_axes_or_elements_is_saved_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    MmapArrayD::from(array![1.5].remove_axis(varpack::ndarray::Axis(0)).into_dyn())
        .save_npy(&path)
        .unwrap();
    assert_eq!(MmapArrayD::<f64>::open(&path, Mode::ReadWrite).unwrap().shape(), [0; 0]);
    MmapArray2::<f64>::zeros((0, 3)).save_npy(&path).unwrap();
    let mut empty = MmapArray2::<f64>::open(&path, Mode::ReadWrite).unwrap();
    assert_eq!(empty.dim(), (0, 3));
    empty.view_mut().unwrap();
    empty.save_npy(&path).unwrap();
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{MetadataExt, chown, symlink};
    use varpack_tests::child::{STRANGER, is_root};
    use varpack_tests::faults::mount::skipped;
    use varpack_tests::folders::set_mode;

    // Elsewhere nothing is moved over a file that is mapped, but by a save.
    #[test]
    fn edit_whose_file_was_moved_over_by_a_program_without_locks_is_told_when_it_is_flushed() {
        let (folder, path) = saved();
        let mut editor = open(&path, Mode::ReadWrite);
        editor.view_mut().unwrap()[0] = 2.0;
        let other = folder.path().join("other");
        fs::copy(&path, &other).unwrap();
        fs::rename(&other, &path).unwrap();
        refused(editor.flush(), ErrorKind::Stale, &path);
        refused(editor.save_npy(&path), ErrorKind::Stale, &path);
        refused(editor.view_mut(), ErrorKind::Stale, &path);
        assert_eq!(editor[0], 2.0);
        editor.save_npy(folder.path().join("kept.npy")).unwrap();
        assert_eq!(open(&folder.path().join("kept.npy"), Mode::ReadOnly)[0], 2.0);
    }

    // Elsewhere they are copied.
    #[test]
    fn zeros_that_live_in_a_file_are_moved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let mut zeros = MmapArray1::<f64>::zeros_in(folder.path(), LEN).unwrap();
        zeros.view_mut().unwrap()[0] = 1.0;
        let start = zeros.as_ptr();
        zeros.save_npy(&path).unwrap();
        assert_eq!((zeros.as_ptr(), zeros.path()), (start, Some(path.as_path())));
        refused(open(&path, Mode::ReadWrite).view_mut(), ErrorKind::Busy, &path);
        zeros.view_mut().unwrap()[0] = 2.0;
        zeros.save_npy(&path).unwrap();
        assert_eq!(open(&path, Mode::ReadOnly)[0], 2.0);
        assert_eq!(State::of(folder.path()).names(), ["x.npy"]);
    }

    #[test]
    fn link_is_neither_followed_nor_written_over() {
        let (folder, path) = saved();
        let link = folder.path().join("link.npy");
        symlink(&path, &link).unwrap();
        for mode in MODES {
            let error = refused(AnyArray::open(&link, mode), ErrorKind::FileType, &link);
            assert_eq!(error.found(), Some("a symbolic link"));
            assert!(AnyArray::open(fs::canonicalize(&link).unwrap(), mode).is_ok());
        }
        refused(MmapArray1::<f64>::zeros(3).save_npy(&link), ErrorKind::FileType, &link);
        assert!(link.is_symlink() && open(&path, Mode::ReadOnly)[0] == 1.0);
        // The folder may be reached through one.
        let elsewhere = tempfile::tempdir().unwrap();
        let other = elsewhere.path().join("other");
        symlink(folder.path(), &other).unwrap();
        assert_eq!(open(&other.join("x.npy"), Mode::ReadOnly).len(), LEN);
    }

    #[test]
    fn file_with_other_names_is_not_edited_in_place_and_keeps_them_when_it_is_saved() {
        let (folder, path) = saved();
        let other = folder.path().join("y.npy");
        fs::hard_link(&path, &other).unwrap();
        refused(open(&path, Mode::ReadWrite).view_mut(), ErrorKind::ReadOnly, &path);
        let mut array = open(&path, Mode::CopyOnWrite);
        array.view_mut().unwrap()[0] = 2.0;
        array.save_npy(&path).unwrap();
        assert_eq!((open(&path, Mode::ReadOnly)[0], open(&other, Mode::ReadOnly)[0]), (2.0, 1.0));
    }

    #[test]
    fn permissions_of_a_file_stay_over_a_save() {
        let (_folder, path) = saved();
        set_mode(&path, 0o640);
        MmapArray1::<f64>::zeros(3).save_npy(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    }

    #[test]
    fn file_of_a_stranger_in_a_sticky_folder_is_not_written_over() {
        if !is_root() {
            return skipped("file_of_a_stranger", "it takes root to be another user");
        }
        let (folder, path) = saved();
        set_mode(folder.path(), 0o1777);
        chown(&path, Some(STRANGER), Some(STRANGER)).unwrap();
        let before = State::of(folder.path());
        refused(MmapArray1::<f64>::zeros(3).save_npy(&path), ErrorKind::Exists, &path);
        before.assert_untouched(folder.path());
        assert_eq!(open(&path, Mode::ReadOnly).len(), LEN);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn arrays_that_are_mapped_by_themselves_keep_no_descriptors() {
        let (folder, path) = saved();
        let open_files = || {
            let here = fs::read_dir("/proc/self/fd").unwrap();
            let paths = here.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
            paths.filter(|path| path.starts_with(folder.path())).count()
        };
        let arrays: Vec<_> = (0..50).map(|_| open(&path, Mode::ReadWrite)).collect();
        assert!(arrays.iter().all(|array| array.is_mapped()));
        assert_eq!(open_files(), 0);
    }
}
