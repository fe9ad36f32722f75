//! Saving over the folder that the arrays are mapped from, in each mode; edits in place; and what
//! happens when someone else has saved since.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use ndarray::{Array0, Array1, Array2, arr0, arr1};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadAction, LoadOptions, MmapArray, MmapArray1, MmapArray2, Mode, ReadReason,
    SaveOptions, Varpack,
};
use varpack_tests::folders::State;
use varpack_tests::npy_files;

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];
/// Elements of an array that is read into memory, and of one that is mapped.
const LENGTHS: [usize; 2] = [4, 20_000];

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: MmapArray1<f64>,
    step: u64,
}

fn run(len: usize) -> Run {
    let [x, y] = [1.0, 2.0].map(|value| Array1::from_elem(len, value).into());
    Run { x, y, step: 7 }
}

fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    value.save(&folder).unwrap();
    (parent, folder)
}

fn options(mode: Mode) -> LoadOptions {
    LoadOptions::new().mode(mode)
}

#[test]
fn saving_over_ones_own_map_keeps_every_byte_in_each_mode() {
    for (len, mode) in LENGTHS.iter().flat_map(|&len| MODES.map(|mode| (len, mode))) {
        let (_parent, folder) = saved(&run(len));
        let mut loaded = Run::load_with(&folder, &options(mode)).unwrap();
        assert_eq!(loaded.x.is_mapped(), len == 20_000 && mode != Mode::InMemory);
        loaded.step = 8;
        loaded.save().unwrap();
        loaded.save_with(&SaveOptions::new().overwrite(true)).unwrap();
        assert_eq!((loaded.x.view(), loaded.y.view()), (run(len).x.view(), run(len).y.view()));
        let found = Run::load(&folder).unwrap();
        assert_eq!((found.x.view(), found.y.view()), (run(len).x.view(), run(len).y.view()));
        assert_eq!(found.step, 8);
    }
}

#[test]
fn edits_are_in_the_folder_at_once_in_r_plus_and_after_a_save_in_other_modes() {
    for (len, mode) in LENGTHS.iter().flat_map(|&len| MODES.map(|mode| (len, mode))) {
        let (_parent, folder) = saved(&run(len));
        let mut loaded = Run::load_with(&folder, &options(mode)).unwrap();
        if mode == Mode::ReadOnly {
            let error = loaded.x.view_mut().unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::ReadOnly, Some("x")));
            assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
            continue;
        }
        loaded.x.view_mut().unwrap()[3] = 9.0;
        assert_eq!((loaded.x[3], loaded.x[2]), (9.0, 1.0));
        let flushed = loaded.flush().map_err(|error| error.kind());
        let (said, in_file) = match mode {
            Mode::ReadWrite => (Ok(()), 9.0),
            _ => (Err(ErrorKind::Usage), 1.0),
        };
        assert_eq!(flushed, said, "{mode:?}");
        let seen = Run::load_with(&folder, &options(Mode::InMemory)).unwrap().x[3];
        assert_eq!(seen, in_file, "{mode:?}");
        loaded.save().unwrap();
        assert_eq!(Run::load(&folder).unwrap().x[3], 9.0, "{mode:?}");
    }
}

#[test]
fn edit_in_place_rewrites_no_file_and_the_save_after_it_neither() {
    for len in LENGTHS {
        let (_parent, folder) = saved(&run(len));
        let inode = |name: &str| fs::metadata(folder.join(name)).unwrap().ino();
        let before = [inode("x.npy"), inode("y.npy")];
        let mut loaded = Run::edit(&folder).unwrap();
        loaded.x.view_mut().unwrap()[0] = 5.0;
        loaded.flush().unwrap();
        let flushed = State::of(&folder);
        loaded.save(&folder).unwrap();
        flushed.assert_untouched(&folder);
        assert_eq!(before, [inode("x.npy"), inode("y.npy")]);
    }
}

#[test]
fn edit_after_a_save_goes_to_the_file_that_the_save_has_made() {
    for len in LENGTHS {
        let (_parent, folder) = saved(&run(len));
        let mut loaded = Run::edit(&folder).unwrap();
        loaded.x.view_mut().unwrap()[0] = 5.0;
        loaded.flush().unwrap();
        loaded.save_with(&folder, &SaveOptions::new().overwrite(true)).unwrap();
        loaded.x.view_mut().unwrap()[1] = 6.0;
        loaded.flush().unwrap();
        let Run { x, y, .. } = &mut loaded;
        std::mem::swap(x, y);
        loaded.save(&folder).unwrap();
        loaded.x.view_mut().unwrap()[2] = 7.0; // in x.npy now, with the elements of y
        loaded.flush().unwrap();
        let found = Run::edit(&folder).unwrap();
        assert_eq!(found.x.to_vec()[..4], [2.0, 2.0, 7.0, 2.0]);
        assert_eq!(found.y.to_vec()[..4], [5.0, 6.0, 1.0, 1.0]);
    }
}

#[test]
fn edit_in_place_finds_the_elements_behind_a_header_of_another_length() {
    // NumPy before 1.14 padded headers to 16 bytes: 80 here, and 128 in a file that a save makes.
    for len in LENGTHS {
        let (_parent, folder) = saved(&run(len));
        let text = format!("{:<69}\n", npy_files::with_shape(&format!("({len},)")));
        let mut file = npy_files::file(1, text.as_bytes());
        assert_eq!(file.len(), 80);
        file.extend((0..len).flat_map(|_| 3f64.to_le_bytes()));
        fs::write(folder.join("x.npy"), file).unwrap();

        let mut loaded = Run::edit(&folder).unwrap();
        loaded.save_with(&folder, &SaveOptions::new().overwrite(true)).unwrap();
        loaded.x.view_mut().unwrap()[1] = 4.0;
        assert_eq!(loaded.x.sum(), 3.0 * len as f64 + 1.0);
        loaded.flush().unwrap();
        let found = Run::edit(&folder).unwrap();
        assert_eq!((found.x[0], found.x[1], found.x.len()), (3.0, 4.0, len));
    }
}

#[test]
fn folder_is_busy_while_an_array_is_edited_in_place_until_it_is_flushed_or_dropped() {
    for len in LENGTHS {
        let (_parent, folder) = saved(&run(len));
        let mut loaded = Run::edit(&folder).unwrap();
        loaded.x.view_mut().unwrap()[0] = 5.0;
        for error in [
            Run::edit(&folder).map(drop).unwrap_err(),
            varpack::Pack::edit(&folder).map(drop).unwrap_err(),
            run(len).save(&folder).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.path()), (ErrorKind::Busy, Some(folder.as_path())));
        }
        loaded.flush().unwrap();
        Run::edit(&folder).map(drop).unwrap();
        loaded.x.view_mut().unwrap()[0] = 6.0;
        drop(loaded);
        assert_eq!(Run::edit(&folder).unwrap().x[0], 6.0);
    }
}

#[test]
fn edit_in_place_is_refused_while_another_load_maps_the_folder() {
    let (_parent, folder) = saved(&run(20_000));
    let other = Run::edit(&folder).unwrap();
    let mut loaded = Run::edit(&folder).unwrap();
    let error = loaded.x.view_mut().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Busy, Some("x")));
    drop(other);
    loaded.x.view_mut().unwrap()[0] = 5.0;
}

#[test]
fn save_is_stale_where_both_have_changed_an_array() {
    for (len, mode) in LENGTHS.iter().flat_map(|&len| MODES.map(|mode| (len, mode))) {
        let (_parent, folder) = saved(&run(len));
        let mut mine = Run::load_with(&folder, &options(mode)).unwrap();
        let mut theirs = Run::load_with(&folder, &options(Mode::CopyOnWrite)).unwrap();
        theirs.x.view_mut().unwrap()[0] = 5.0;
        theirs.save().unwrap();

        assert_eq!(mine.x[0], 1.0, "a map outlives the file's name");
        mine.step = 9;
        if mode == Mode::ReadWrite {
            let error = mine.x.view_mut().unwrap_err();
            assert!([ErrorKind::Stale, ErrorKind::Busy].contains(&error.kind()), "{error}");
        }
        let mut elements = mine.x.to_vec();
        elements[0] = 7.0;
        let unchanged = std::mem::replace(&mut mine.x, elements.into());
        let before = State::of(&folder);
        let error = mine.save().unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")));
        assert!(error.to_string().contains("overwrite"), "{error}");
        before.assert_untouched(&folder);

        // What was not changed here stays as the other has saved it.
        let changed = std::mem::replace(&mut mine.x, unchanged);
        mine.save().unwrap();
        let found = Run::load(&folder).unwrap();
        assert_eq!((found.x[0], found.step), (5.0, 9));
        drop(found);
        if mode == Mode::ReadWrite {
            drop(theirs);
            let error = mine.x.view_mut().unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")));
        }

        mine.x = changed;
        mine.save_with(&SaveOptions::new().overwrite(true)).unwrap();
        let found = Run::load(&folder).unwrap();
        assert_eq!((found.x[0], found.step), (7.0, 9));
    }
}

#[test]
fn file_that_a_foreign_program_has_rewritten_makes_a_save_of_a_changed_array_stale() {
    let (_parent, folder) = saved(&run(4));
    let mut mine = Run::load_with(&folder, &options(Mode::InMemory)).unwrap();
    let bytes = fs::read(folder.join("y.npy")).unwrap();
    fs::write(folder.join("y.npy"), bytes).unwrap(); // same bytes, but who knows
    mine.save().unwrap();
    mine.y.view_mut().unwrap().fill(3.0);
    let error = mine.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("y")));
}

#[derive(Varpack)]
struct Shapes {
    #[varpack(mmap)]
    big_endian: MmapArray1<f64>,
    #[varpack(mmap)]
    fortran: MmapArray2<f64>,
    #[varpack(mmap)]
    scalar: MmapArray<f64, ndarray::Ix0>,
    #[varpack(mmap)]
    empty: MmapArray2<f64>,
    #[varpack(mmap)]
    flags: MmapArray1<bool>,
}

fn shapes(len: usize) -> (TempDir, PathBuf) {
    let fortran = Array2::from_shape_fn((len, 2), |(i, j)| if i == 1 { j as f64 } else { 3.0 });
    let (parent, folder) = saved(&Shapes {
        big_endian: Array1::zeros(len).into(),
        fortran: fortran.t().as_standard_layout().reversed_axes().to_owned().into(),
        scalar: arr0(4.0).into(),
        empty: Array2::zeros((0, 3)).into(),
        flags: arr1(&[true, false]).into(),
    });
    let header = fs::read(folder.join("fortran.npy")).unwrap();
    assert!(String::from_utf8_lossy(&header[..64]).contains("'fortran_order': True"));
    let header = format!("{{'descr': '>f8', 'fortran_order': False, 'shape': ({len},), }}");
    let mut file = npy_files::file(1, format!("{header:<117}\n").as_bytes());
    file.extend((0..len).flat_map(|i| (i as f64).to_be_bytes()));
    fs::write(folder.join("big_endian.npy"), file).unwrap();
    (parent, folder)
}

#[test]
fn arrays_of_every_layout_are_edited_and_saved_alike() {
    for (len, mode) in LENGTHS.iter().flat_map(|&len| MODES.map(|mode| (len, mode))) {
        let (_parent, folder) = shapes(len);
        let before = State::of(&folder);
        let mut loaded = Shapes::load_with(&folder, &options(mode)).unwrap();
        assert_eq!((loaded.big_endian[3], loaded.fortran[[1, 1]]), (3.0, 1.0));
        assert!(!loaded.big_endian.is_mapped() && !loaded.flags.is_mapped());
        loaded.save().unwrap();
        before.assert_untouched(&folder);
        if mode == Mode::ReadOnly {
            assert_eq!(loaded.empty.view_mut().unwrap().len(), 0, "there is nothing to write to");
            continue;
        }
        loaded.big_endian.view_mut().unwrap()[0] = 8.0;
        loaded.fortran.view_mut().unwrap()[[0, 1]] = 8.0;
        loaded.scalar.view_mut().unwrap()[()] = 8.0;
        loaded.empty.view_mut().unwrap().fill(8.0);
        loaded.flags.view_mut().unwrap()[1] = true;
        loaded.save().unwrap();
        let found = Shapes::edit(&folder).unwrap();
        assert_eq!((found.big_endian[0], found.big_endian[3]), (8.0, 3.0), "{mode:?}");
        assert_eq!((found.fortran[[0, 1]], found.fortran[[1, 1]]), (8.0, 1.0), "{mode:?}");
        assert_eq!(found.scalar.view(), Array0::from_elem((), 8.0));
        assert_eq!((found.empty.dim(), found.flags.to_vec()), ((0, 3), vec![true, true]));
        let after = State::of(&folder);
        loaded.save().unwrap();
        after.assert_untouched(&folder);
    }
}

#[test]
fn file_under_two_hard_linked_names_is_mapped_once() {
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        let (_parent, folder) = saved(&run(20_000));
        fs::remove_file(folder.join("y.npy")).unwrap();
        fs::hard_link(folder.join("x.npy"), folder.join("y.npy")).unwrap();
        let mut loaded = Run::load_with(&folder, &options(mode)).unwrap();
        assert!(loaded.x.is_mapped() && !loaded.y.is_mapped());
        let actions: Vec<_> = loaded.report().entries().iter().map(|entry| &entry.action).collect();
        assert_eq!(
            actions[..2],
            [&LoadAction::Mapped, &LoadAction::Read(Some(ReadReason::SameFile))]
        );
        if mode == Mode::ReadOnly {
            continue;
        }
        if mode == Mode::ReadWrite {
            let error = loaded.x.view_mut().unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::ReadOnly, Some("x")));
            continue;
        }
        loaded.x.view_mut().unwrap()[0] = 5.0;
        assert_eq!(loaded.y[0], 1.0, "no write to one array shows in another");
        loaded.save().unwrap();
        let found = Run::edit(&folder).unwrap();
        assert_eq!((found.x[0], found.y[0]), (5.0, 1.0), "a save replaces one name alone");
    }
}

#[test]
fn file_that_another_folder_shares_by_a_hard_link_is_not_edited_in_place() {
    for len in [10, 20_000] {
        let (parent, folder) = saved(&run(len));
        let backup = parent.path().join("backup");
        fs::create_dir(&backup).unwrap();
        for name in ["varpack.json", "__misc_vars__.pickle", "x.npy", "y.npy"] {
            fs::hard_link(folder.join(name), backup.join(name)).unwrap();
        }
        let (mut loaded, other) = (Run::edit(&folder).unwrap(), Run::edit(&backup).unwrap());
        let error = loaded.x.view_mut().unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::ReadOnly, Some("x")));
        assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
        assert_eq!(error.found(), Some("2 names (hard links)"));
        assert_eq!((loaded.x[0], other.x[0]), (1.0, 1.0));
        // The folder is not left locked, and a save gives it a file of its own.
        loaded.x = vec![5.0; len].into();
        loaded.save(&folder).unwrap();
        drop((loaded, other));
        let (mut loaded, other) = (Run::edit(&folder).unwrap(), Run::edit(&backup).unwrap());
        loaded.x.view_mut().unwrap()[0] = 7.0;
        assert_eq!((loaded.x[0], other.x[0]), (7.0, 1.0));
    }
}

#[test]
fn folder_reached_through_a_link_is_the_same_folder() {
    let (parent, folder) = saved(&run(20_000));
    let link = parent.path().join("link");
    symlink(&folder, &link).unwrap();
    let before = State::of(&folder);
    let loaded = Run::load(&link).unwrap();
    loaded.save(&link).unwrap();
    loaded.save(&folder).unwrap();
    loaded.save(folder.join(".")).unwrap();
    loaded.save(folder.join("../link")).unwrap();
    before.assert_untouched(&folder);
    assert!(link.is_symlink());
}

#[test]
fn a_save_keeps_the_folder_its_inode_and_the_files_their_permissions() {
    let (_parent, folder) = saved(&run(4));
    fs::set_permissions(folder.join("x.npy"), fs::Permissions::from_mode(0o640)).unwrap();
    let inode = fs::metadata(&folder).unwrap().ino();
    let mut loaded = Run::load_with(&folder, &options(Mode::InMemory)).unwrap();
    loaded.x.view_mut().unwrap()[0] = 5.0;
    loaded.save().unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().ino(), inode);
    assert_eq!(fs::metadata(folder.join("x.npy")).unwrap().mode() & 0o777, 0o640);
}

/// An array without elements whose file is mapped, for its header is long; and one whose own file a save has moved.
#[test]
fn empty_array_may_be_viewed_for_writing_however_it_was_loaded() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    #[derive(Varpack)]
    struct Empty {
        #[varpack(mmap)]
        scratch: MmapArray2<f64>,
    }
    let mut run = Empty { scratch: MmapArray::zeros_in(parent.path(), (0, 3)).unwrap() };
    assert_eq!(run.scratch.view_mut().unwrap().dim(), (0, 3));
    run.save(&folder).unwrap();
    assert_eq!(run.scratch.view_mut().unwrap().dim(), (0, 3));
    // As NumPy writes it, with as much room in its header as it may have.
    let mut text = "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }".to_owned();
    text.push_str(&" ".repeat((80 << 10) - 12 - 1 - text.len()));
    text.push('\n');
    let len = u32::try_from(text.len()).unwrap().to_le_bytes();
    let file = [b"\x93NUMPY\x02\x00".as_slice(), &len, text.as_bytes()].concat();
    fs::write(folder.join("scratch.npy"), file).unwrap();
    for mode in MODES {
        let loaded = Empty::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        let action = &loaded.report().entries()[0].action;
        assert_eq!(*action == LoadAction::Mapped, mode != Mode::InMemory, "{mode:?}");
        let mut loaded = loaded.into_inner();
        assert_eq!(loaded.scratch.view_mut().unwrap().dim(), (0, 3), "{mode:?}");
        let mut any = varpack::AnyArray::try_from(loaded.scratch).unwrap();
        assert_eq!(any.view_mut::<f64, ndarray::Ix2>().unwrap().dim(), (0, 3), "{mode:?}");
    }
}
