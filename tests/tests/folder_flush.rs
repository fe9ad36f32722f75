//! A flush brings every edit of mode `r+` to its file, or says which ones only a save writes.

#![cfg(unix)]

use ndarray::Ix1;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{
    AnyArray, Error, ErrorKind, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackValue,
    SaveOptions, Varpack,
};
use varpack_tests::npy_files;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    foreign: MmapArray1<f64>,
    #[varpack(mmap)]
    unaligned: MmapArray1<f64>,
    #[varpack(mmap)]
    linked: MmapArray1<f64>,
    #[varpack(mmap)]
    mapped: MmapArray1<f64>,
    #[varpack(mmap)]
    flags: MmapArray1<bool>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<f64>>,
}

/// The arrays that cannot be mapped, with what the error says of them.
const UNMAPPED: [(&str, &str); 5] = [
    ("flags", "not every byte pattern is an element"),
    ("foreign", "its byte order is foreign"),
    ("linked", "reached through a link"),
    ("split[a]", "its byte order is foreign"),
    ("unaligned", "its elements are not aligned"),
];

const LENGTH: usize = 10_000;

/// A folder with arrays of zeros, all but one of which cannot be mapped.
fn folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let zeros = || vec![0.0; LENGTH].into();
    let split = [("a".to_owned(), zeros())].into();
    let flags = vec![false; LENGTH].into();
    Run { foreign: zeros(), unaligned: zeros(), linked: zeros(), mapped: zeros(), flags, split }
        .save(&folder)
        .unwrap();
    let foreign = if cfg!(target_endian = "big") { "'<f8'" } else { "'>f8'" };
    for file in ["foreign.npy", "split-a.npy"] {
        write(&folder.join(file), foreign, "");
    }
    let native = if cfg!(target_endian = "big") { "'>f8'" } else { "'<f8'" };
    write(&folder.join("unaligned.npy"), native, " ");
    let elsewhere = parent.path().join("linked.npy");
    fs::rename(folder.join("linked.npy"), &elsewhere).unwrap();
    symlink(&elsewhere, folder.join("linked.npy")).unwrap();
    (parent, folder)
}

/// A file of zeros, its elements moved by what is put into the header.
fn write(file: &Path, descr: &str, padding: &str) {
    let shape = format!("'shape': ({LENGTH},)");
    let text = format!("{{'descr': {descr}, 'fortran_order': False, {shape}}}{padding}\n");
    let mut bytes = npy_files::file(1, text.as_bytes());
    bytes.extend([0; 8 * LENGTH]);
    fs::write(file, bytes).unwrap();
}

fn load(folder: &Path, mode: Mode) -> Loaded<Run> {
    let options = LoadOptions::new().mode(mode).follow_links(true);
    Run::load_with(folder, &options).unwrap()
}

fn open(folder: &Path, mode: Mode) -> Pack {
    Pack::open_with(folder, &LoadOptions::new().mode(mode).follow_links(true)).unwrap()
}

/// Writes to the array of a name, of whatever type it is.
fn edit(run: &mut Run, name: &str) {
    let array = match name {
        "flags" => return run.flags.view_mut().unwrap().fill(true),
        "foreign" => &mut run.foreign,
        "unaligned" => &mut run.unaligned,
        "linked" => &mut run.linked,
        "mapped" => &mut run.mapped,
        _ => run.split.get_mut("a").unwrap(),
    };
    array.view_mut().unwrap()[0] = 1.0;
}

fn flush_alone(run: &Run, name: &str) -> Result<(), Error> {
    match name {
        "flags" => run.flags.flush(),
        "foreign" => run.foreign.flush(),
        "unaligned" => run.unaligned.flush(),
        "linked" => run.linked.flush(),
        _ => run.split["a"].flush(),
    }
}

fn assert_refused(flushed: Result<(), Error>, name: &str, reason: &str) {
    let error = flushed.unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some(name)), "{error}");
    let expected = format!("for it is not mapped ({reason}): only a save writes it to the file");
    assert!(error.to_string().contains(&expected), "{error}");
}

fn assert_in_memory(flushed: Result<(), Error>, name: &str) {
    let error = flushed.unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some(name)), "{error}");
    let expected = "changed in this process alone: a save writes it to the file";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn flush_of_an_array_that_cannot_be_mapped_says_that_a_save_writes_it() {
    for (name, reason) in UNMAPPED {
        let (_parent, folder) = folder();
        let mut run = load(&folder, Mode::ReadWrite);
        run.flush().unwrap(); // nothing was changed
        edit(&mut run, name);
        assert_refused(flush_alone(&run, name), name, reason);
        assert_refused(run.flush(), name, reason);
        let copy = folder.with_extension("copy");
        run.save_to(&copy).unwrap();
        if name == "linked" {
            assert_eq!(run.save().unwrap_err().kind(), ErrorKind::FileType);
            fs::remove_file(folder.join("linked.npy")).unwrap(); // as that error says
        }
        run.save().unwrap();
        run.flush().unwrap();
        flush_alone(&run, name).unwrap();
        drop(run);
        for folder in [folder, copy] {
            let found = load(&folder, Mode::ReadOnly);
            assert_eq!(found.flags[0], name == "flags");
            let others = [&found.foreign, &found.linked, &found.split["a"], &found.unaligned];
            assert_eq!(
                others.iter().filter(|array| array[0] == 1.0).count(),
                usize::from(name != "flags")
            );
        }
    }
}

#[test]
fn save_elsewhere_is_no_flush() {
    for (name, reason) in UNMAPPED {
        let (_parent, folder) = folder();
        let mut run = load(&folder, Mode::ReadWrite);
        edit(&mut run, name);
        run.save_to(folder.with_extension("copy")).unwrap();
        assert_refused(flush_alone(&run, name), name, reason);
        assert_refused(run.flush(), name, reason);
        if name == "linked" {
            fs::remove_file(folder.join("linked.npy")).unwrap();
        }
        run.save().unwrap();
        flush_alone(&run, name).unwrap();
        run.flush().unwrap();
    }
}

#[test]
fn save_of_a_pack_or_of_another_struct_elsewhere_is_no_flush() {
    #[derive(Varpack)]
    struct Flags {
        #[varpack(mmap)]
        flags: MmapArray1<bool>,
    }
    let (name, reason) = UNMAPPED[0];
    let (_parent, folder) = folder();
    let mut pack = open(&folder, Mode::ReadWrite);
    let array = pack.get_mut("flags").and_then(PackValue::as_array_mut).unwrap();
    array.view_mut::<bool, Ix1>().unwrap().fill(true);
    pack.save_to(folder.with_extension("copy")).unwrap();
    assert_refused(pack.flush(), name, reason);
    let PackValue::Array(array) = pack.remove("flags").unwrap() else { panic!() };
    let flags = Flags { flags: array.downcast().unwrap() };
    flags.save(folder.with_extension("other")).unwrap();
    assert_refused(flags.flags.flush(), name, reason);
    let PackValue::Array(array) =
        open(&folder.with_extension("copy"), Mode::ReadWrite).remove("flags").unwrap()
    else {
        panic!()
    };
    array.flush().unwrap(); // it is the file's own
}

#[test]
fn edit_in_place_that_was_saved_elsewhere_is_in_its_file_once_it_is_flushed() {
    let (_parent, folder) = folder();
    let mut run = load(&folder, Mode::ReadWrite);
    edit(&mut run, "mapped");
    run.save_to(folder.with_extension("copy")).unwrap();
    run.flush().unwrap();
    run.mapped.flush().unwrap();
    let before = fs::metadata(folder.join("mapped.npy")).unwrap();
    run.save().unwrap();
    let after = fs::metadata(folder.join("mapped.npy")).unwrap();
    assert_eq!(before.ino(), after.ino(), "nothing is left to be saved");
    assert_eq!(load(&folder, Mode::ReadOnly).mapped[0], 1.0);
}

#[test]
fn flush_that_is_refused_for_one_array_has_brought_the_others_to_the_disk() {
    let (_parent, folder) = folder();
    let mut run = load(&folder, Mode::ReadWrite);
    edit(&mut run, "foreign");
    edit(&mut run, "mapped");
    assert_refused(run.flush(), "foreign", "its byte order is foreign");
    // The folder is free again, and the edit is there.
    assert_eq!(load(&folder, Mode::ReadWrite).mapped[0], 1.0);
    run.save().unwrap();
    assert_eq!(load(&folder, Mode::ReadOnly).foreign[0], 1.0);
}

#[test]
fn flush_says_of_every_array_that_was_changed_in_memory_alone_that_a_save_writes_it() {
    for mode in [Mode::CopyOnWrite, Mode::InMemory] {
        let (_parent, folder) = folder();
        let mut run = load(&folder, mode);
        run.flush().unwrap();
        for (name, _) in UNMAPPED {
            edit(&mut run, name);
            assert_in_memory(flush_alone(&run, name), name);
        }
        edit(&mut run, "mapped");
        assert_in_memory(run.mapped.flush(), "mapped");
        assert_eq!(run.flush().unwrap_err().kind(), ErrorKind::Usage);
    }
    let folder = tempfile::tempdir().unwrap();
    Alone { x: vec![0.0; 20_000].into() }.save(folder.path()).unwrap();
    let mut run = Alone::load(folder.path()).unwrap();
    run.x.view_mut().unwrap()[0] = 1.0;
    assert_in_memory(run.flush(), "x");
    run.save(folder.path()).unwrap();
    run.flush().unwrap();
}

#[derive(Varpack)]
struct Alone {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

#[test]
fn array_that_never_was_in_a_file_needs_no_flush() {
    let mut owned = MmapArray1::from(vec![1.0]);
    owned.view_mut().unwrap()[0] = 2.0;
    owned.flush().unwrap();
}

#[test]
fn flush_of_a_pack_says_which_array_only_a_save_writes() {
    let flip = |array: &mut AnyArray| array.view_mut::<bool, Ix1>().unwrap().fill(true);
    let (_parent, folder) = folder();
    let mut pack = open(&folder, Mode::ReadWrite);
    flip(pack.get_mut("flags").and_then(PackValue::as_array_mut).unwrap());
    let (name, reason) = UNMAPPED[0];
    assert_refused(pack.flush(), name, reason);
    assert_refused(pack.get("flags").and_then(PackValue::as_array).unwrap().flush(), name, reason);
    pack.save_to(folder.with_extension("copy")).unwrap();
    pack.save().unwrap();
    pack.flush().unwrap();

    flip(pack.get_mut("flags").and_then(PackValue::as_array_mut).unwrap());
    pack.detach().unwrap();
    pack.flush().unwrap(); // nothing ties it to a file any more
    assert!(load(&folder, Mode::ReadOnly).flags[0]);
}

/// An array that is mapped as whatever it is, and has to be copied as one of a known type.
#[test]
fn flush_of_an_array_that_was_taken_out_of_its_map_says_that_a_save_writes_it() {
    let (_parent, folder) = folder();
    let bytes = folder.join("mapped.npy");
    write(&bytes, if cfg!(target_endian = "big") { "'<f8'" } else { "'>f8'" }, "");
    let mut pack = open(&folder, Mode::ReadWrite);
    let PackValue::Array(array) = pack.remove("mapped").unwrap() else { panic!() };
    let mut array = array.downcast::<f64, Ix1>().unwrap();
    array.view_mut().unwrap()[0] = 1.0;
    assert_refused(array.flush(), "mapped", "its byte order is foreign");
}

/// Arrays without files: under `min_len`, and with keys that name none.
#[derive(Varpack)]
struct Pickled {
    #[varpack(mmap(min_len = 100))]
    short: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(mmap)]
    numbered: BTreeMap<u32, MmapArray1<f64>>,
}

const MODES: [Mode; 3] = [Mode::ReadWrite, Mode::CopyOnWrite, Mode::InMemory];

#[test]
fn flush_of_an_array_that_stands_in_a_pickle_says_that_a_save_writes_it() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let short = [("a".to_owned(), vec![0.0; 50].into())].into();
    Pickled { short, numbered: [(7, vec![0.0; LENGTH].into())].into() }.save(&folder).unwrap();
    let arrays: [fn(&mut Pickled) -> &mut MmapArray1<f64>; 2] =
        [|run| run.short.get_mut("a").unwrap(), |run| run.numbered.get_mut(&7).unwrap()];
    for (mode, array) in MODES.into_iter().flat_map(|mode| arrays.map(|array| (mode, array))) {
        let mut run = Pickled::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        run.flush().unwrap();
        array(&mut run).view_mut().unwrap()[0] += 1.0;
        for flushed in [array(&mut run).flush(), run.flush()] {
            let error = flushed.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
            assert!(error.to_string().contains("only a save brings it"), "{error}");
        }
        run.save().unwrap();
        array(&mut run).flush().unwrap();
        run.flush().unwrap();
    }
}

#[test]
fn flush_of_an_array_that_another_has_put_into_a_pickle_says_that_a_save_writes_it() {
    #[derive(Varpack)]
    struct Separate {
        #[varpack(separate)]
        x: MmapArray1<f64>,
    }
    #[derive(Varpack)]
    struct Mapped {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Mapped { x: vec![0.0; LENGTH].into() }.save(&folder).unwrap();
    Separate { x: vec![0.0; LENGTH].into() }.save(&folder).unwrap();
    let mut run = Mapped::edit(&folder).unwrap();
    run.x.view_mut().unwrap()[0] = 1.0;
    assert_eq!(run.x.flush().unwrap_err().kind(), ErrorKind::Usage);
    let error = run.flush().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("x")));
    run.save(&folder).unwrap();
    run.flush().unwrap();
}

#[test]
fn flush_of_an_array_that_was_put_in_and_saved_says_of_a_later_change_that_a_save_writes_it() {
    for mode in MODES {
        let (_parent, folder) = folder();
        let mut run = load(&folder, mode);
        run.mapped = vec![5.0; LENGTH].into();
        run.save().unwrap();
        run.flush().unwrap();
        run.mapped.view_mut().unwrap()[0] = 6.0;
        let error = run.flush().unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("mapped")));
        run.save().unwrap();
        run.flush().unwrap();
        assert_eq!(load(&folder, mode).mapped[0], 6.0);
    }
}

#[test]
fn array_in_a_pickle_that_a_save_leaves_out_is_still_to_be_saved() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let short = [("a".to_owned(), vec![0.0; 50].into())].into();
    Pickled { short, numbered: BTreeMap::new() }.save(&folder).unwrap();
    let mut run = Pickled::load_with(&folder, &LoadOptions::new()).unwrap();
    run.short.get_mut("a").unwrap().view_mut().unwrap()[0] = 1.0;
    run.save_with(&SaveOptions::new().keep(["short"])).unwrap();
    assert_eq!(run.flush().unwrap_err().kind(), ErrorKind::Usage);
}
