//! A holder of a folder is not in its own way; where a process is, the error says so.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Ix1};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use varpack::npy::{Dtype, Header};
use varpack::{
    AnyArray, ErrorKind, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackItem, PackValue,
    SaveOptions, Varpack,
};
use varpack_tests::folders::{Stamp, State};
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: MmapArray1<f64>,
    #[varpack(default)]
    notes: String,
}

fn run() -> Run {
    let [x, y] = [1.0, 2.0].map(|element| vec![element; 20_000].into());
    Run { x, y, notes: "kept".to_owned() }
}

fn skip() -> LoadOptions {
    LoadOptions::new().mode(Mode::ReadWrite).skip(["notes"])
}

fn edit(pack: &mut Pack, value: f64) {
    let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    x.view_mut::<f64, ndarray::Ix1>().unwrap()[0] = value;
}

fn assert_holds(folder: &Path, x: f64) {
    let found = Run::load(folder).unwrap();
    assert_eq!((found.x[0], found.y[0], found.notes.as_str()), (x, 2.0, "kept"));
}

#[test]
fn loaded_with_an_unflushed_edit_is_saved_elsewhere_with_what_was_skipped() {
    let root = tempfile::tempdir().unwrap();
    let [folder, copy] = ["run", "copy"].map(|name| root.path().join(name));
    run().save(&folder).unwrap();
    let mut loaded = Run::load_with(&folder, &skip()).unwrap();
    loaded.x.view_mut().unwrap()[0] = 7.0;
    loaded.save_to(&copy).unwrap();
    loaded.x.view_mut().unwrap()[0] = 8.0;
    loaded.save().unwrap();
    assert_holds(&copy, 7.0);
    assert_holds(&folder, 8.0);
}

#[test]
fn pack_with_an_unflushed_edit_is_saved_elsewhere_and_detached() {
    let root = tempfile::tempdir().unwrap();
    let [folder, copy, last] = ["run", "copy", "last"].map(|name| root.path().join(name));
    run().save(&folder).unwrap();
    let mut pack = Pack::open_with(&folder, &skip()).unwrap();
    edit(&mut pack, 7.0);
    pack.save_to(&copy).unwrap();
    edit(&mut pack, 8.0);
    pack.detach().unwrap();
    assert_holds(&copy, 7.0);
    assert_holds(&folder, 8.0);
    pack.save_to(&last).unwrap();
    assert_holds(&last, 8.0);
}

#[test]
fn array_that_was_moved_in_is_not_in_the_way_of_others_once_the_lock_file_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run().save(&folder).unwrap();
    let mut loaded = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    loaded.y = MmapArray1::zeros_in(&folder, 20_000).unwrap();
    loaded.save().unwrap();
    std::fs::remove_file(folder.join(".varpack.lock")).unwrap();
    for element in [2.0, 3.0] {
        loaded.y.view_mut().unwrap()[0] = element;
        loaded.y.flush().unwrap();
        loaded.x.view_mut().unwrap()[0] = element;
        loaded.save().unwrap();
        let found = Run::edit(&folder).unwrap();
        assert_eq!((found.x[0], found.y[0]), (element, element));
    }
}

// With 32 bits nothing of that length is mapped in the first place.
#[cfg(target_pointer_width = "64")]
#[test]
fn pack_that_finds_no_memory_to_be_detached_in_is_as_before() {
    const LARGE: u64 = 1 << 40;
    if fs::read_to_string("/proc/sys/vm/overcommit_memory").is_ok_and(|text| text.trim() == "1") {
        println!("skipped: the system promises any memory");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let mut pack = Pack::new();
    for (name, element) in [("x", 1.0), ("y", 2.0), ("z", 3.0)] {
        pack.insert(name, PackValue::try_from(Array1::from_elem(20_000, element)).unwrap())
            .unwrap();
    }
    pack.save_to(&folder).unwrap();
    let shape = vec![usize::try_from(LARGE).unwrap()];
    let header = Header { dtype: Dtype::parse("|u1").unwrap(), fortran_order: false, shape };
    let header = header.encode().unwrap();
    fs::write(folder.join("large.npy"), &header).unwrap();
    let file = fs::OpenOptions::new().write(true).open(folder.join("large.npy")).unwrap();
    if let Err(error) = file.set_len(header.len() as u64 + LARGE) {
        println!("skipped: no file of a terabyte: {error}");
        return;
    }
    let manifest = folder.join("varpack.json");
    let mut entries: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    entries["large"] = entries["x"].clone();
    entries["large"]["filename"] = "large.npy".into();
    entries["large"]["dtype"] = "uint8".into();
    entries["large"]["shape"] = vec![LARGE].into();
    entries["large"]["size"] = fs::metadata(folder.join("large.npy")).unwrap().len().into();
    fs::write(&manifest, entries.to_string()).unwrap();

    let mut pack =
        Pack::open_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite).skip(["z"])).unwrap();
    let is_mapped =
        |pack: &Pack, name| pack.get(name).and_then(PackValue::as_array).map(AnyArray::is_mapped);
    if is_mapped(&pack, "large") != Some(true) {
        println!("skipped: what has holes is not mapped here");
        return;
    }
    edit(&mut pack, 7.0);
    let error = pack.detach().unwrap_err();
    assert!(error.to_string().contains("memory"), "{error}");
    assert_eq!(pack.skipped().collect::<Vec<_>>(), ["z"]);
    assert_eq!((is_mapped(&pack, "x"), is_mapped(&pack, "z")), (Some(true), None));
    // In place, for nobody else has the folder, this pack neither.
    edit(&mut pack, 8.0);
    pack.flush().unwrap();
    let found = Pack::open_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite).skip(["large"]))
        .unwrap();
    assert_eq!(found.view::<f64, ndarray::Ix1>("x").unwrap()[0], 8.0);
    drop(found);
    let before = State::of(&folder);
    pack.save().unwrap();
    before.assert_untouched(&folder);
    pack.remove("large");
    pack.detach().unwrap();
    assert_eq!(pack.view::<f64, ndarray::Ix1>("z").unwrap()[0], 3.0);
    assert_eq!(is_mapped(&pack, "x"), Some(false));
}

#[test]
fn process_that_is_in_its_own_way_is_told_by_which_arrays() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run().save(&folder).unwrap();
    let mut loaded = Run::edit(&folder).unwrap();
    loaded.y.view_mut().unwrap()[0] = 2.0;
    let errors = [
        run().save(&folder).unwrap_err(),
        Run::edit(&folder).map(drop).unwrap_err(),
        Pack::edit(&folder).map(drop).unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.path()), (ErrorKind::Busy, Some(folder.as_path())));
        let message = error.to_string();
        assert!(message.contains("this process itself edits `y` in it in place"), "{message}");
        assert!(!message.contains("`x`"), "{message}");
    }
    loaded.x.view_mut().unwrap()[0] = 1.0;
    let message = Run::edit(&folder).map(drop).unwrap_err().to_string();
    assert!(message.contains("edits `y`, `x` in it"), "{message}");
    loaded.flush().unwrap();
    assert_holds(&folder, 1.0);
    loaded.y.view_mut().unwrap()[0] = 2.0;
    drop(loaded);
    assert_holds(&folder, 1.0);
}

#[test]
fn copy_of_an_array_with_an_unflushed_edit_is_as_new_as_that() {
    for case in 0..4 {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("run");
        run().save(&folder).unwrap();
        let mut loaded =
            Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
        loaded.x.view_mut().unwrap()[0] = 7.0;
        let copy = loaded.x.clone();
        if case == 1 {
            loaded.x.flush().unwrap();
        }
        loaded.x = copy;
        if case == 2 {
            loaded.x.view_mut().unwrap()[0] = 8.0;
        }
        if case == 3 {
            loaded.notes = "kept".to_owned();
        }
        loaded.save().unwrap();
        loaded.save().unwrap();
        assert_holds(&folder, if case == 2 { 8.0 } else { 7.0 });
    }
}

#[test]
fn copy_that_was_made_before_the_last_edit_in_place_is_stale() {
    let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(); // not in memory: there maps move no times
    let folder = root.path().join("run");
    run().save(&folder).unwrap();
    let mut loaded = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    loaded.x.view_mut().unwrap()[0] = 7.0;
    let copy = loaded.x.clone();
    std::thread::sleep(std::time::Duration::from_millis(20)); // as coarse as the times of files are
    loaded.x.view_mut().unwrap()[0] = 8.0;
    loaded.x.flush().unwrap();
    loaded.x = copy;
    assert_eq!(loaded.save().unwrap_err().kind(), ErrorKind::Stale);
    assert_holds(&folder, 8.0);
}

#[derive(Varpack)]
struct One {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

#[test]
fn file_of_two_variables_of_which_a_struct_knows_one_is_refused_with_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    run().save(&folder).unwrap();
    // As the Python program leaves it after `y = x`.
    let manifest = folder.join("varpack.json");
    let text = std::fs::read_to_string(&manifest).unwrap().replace("\"y.npy\"", "\"x.npy\"");
    std::fs::write(&manifest, text).unwrap();
    std::fs::remove_file(folder.join("y.npy")).unwrap();
    let mut one = One::load_with(&folder, &LoadOptions::new()).unwrap();
    one.x = vec![9.0; 20_000].into();
    let error = one.save().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert!(
        error.to_string().contains("one of `y`") && error.to_string().contains("through `Pack`")
    );
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("x", PackValue::try_from(ndarray::Array1::from_elem(20_000, 9.0)).unwrap())
        .unwrap();
    pack.save().unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.x[0], found.y[0]), (9.0, 1.0));
}

/// An array with a file of its own, which a save to another folder has taken as its own while the struct was saved to
/// its folder: by another thread, or from within the callback.
#[test]
fn array_that_is_saved_home_while_a_save_elsewhere_takes_its_file_is_not_stale() {
    let root = tempfile::tempdir().unwrap();
    for report in 1.. {
        let [folder, copy] =
            ["run", "copy"].map(|name| root.path().join(format!("{name}{report}")));
        run().save(&folder).unwrap();
        let mut loaded =
            Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
        loaded.y = MmapArray1::zeros_in(&folder, 20_000).unwrap();
        loaded.y.view_mut().unwrap()[0] = 2.0;
        let loaded = Arc::new(loaded);
        let (inner, home) = (Arc::clone(&loaded), folder.clone());
        let (count, made) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, saved) = (Arc::clone(&count), Arc::clone(&made));
        let options = SaveOptions::new().progress(move |_| {
            if counted.fetch_add(1, Ordering::Relaxed) + 1 == report {
                Run::save(&inner, &home).unwrap();
                saved.store(1, Ordering::Relaxed);
            }
            ControlFlow::Continue(())
        });
        loaded.save_to_with(&copy, &options).unwrap();
        drop(options);
        if made.load(Ordering::Relaxed) == 0 {
            assert!(report > 2, "{} reports", count.load(Ordering::Relaxed));
            break;
        }
        let before = Stamp::at(folder.join("y.npy"));
        loaded.save().unwrap();
        assert_eq!(Stamp::at(folder.join("y.npy")), before, "it was saved there already");
        let mut loaded = Arc::into_inner(loaded).unwrap();
        loaded.y.view_mut().unwrap()[0] = 3.0; // in place, in one of the folders
        loaded.save_to(&copy).unwrap();
        loaded.save().unwrap();
        for folder in [&folder, &copy] {
            assert_eq!(Run::load(folder).unwrap().y[0], 3.0);
        }
    }
}

#[derive(Varpack)]
struct Split {
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
}

#[derive(Varpack)]
struct Unsplit {
    #[varpack(mmap(min_len = 100))]
    m: BTreeMap<String, MmapArray1<f64>>,
}

fn split() -> (tempfile::TempDir, PathBuf) {
    let m = ["a", "b"].map(|key| (key.to_owned(), vec![1.0; 20].into()));
    let (parent, folder) = saved(&Split { m: m.into() });
    assert!(folder.join("m-a.npy").exists());
    (parent, folder)
}

#[test]
fn array_of_a_pack_that_a_save_has_put_into_the_pickle_is_edited_and_saved_again() {
    let (_parent, folder) = split();
    let mut pack = Pack::edit(&folder).unwrap();
    for element in [2.0, 3.0] {
        let map = pack.get_mut("m").and_then(PackValue::as_map_mut).unwrap();
        let a = map.get_mut("a").and_then(PackItem::as_array_mut).unwrap();
        a.view_mut::<f64, Ix1>().unwrap().fill(element);
        pack.save_with(&unsynced()).unwrap();
        assert!(!folder.join("m-a.npy").exists());
        pack.flush().unwrap();
        assert_eq!(Split::load(&folder).unwrap().m["a"].to_vec(), [element; 20]);
    }
}

#[test]
fn array_of_a_map_that_a_save_has_put_into_the_pickle_is_edited_and_saved_again() {
    for is_bare in [false, true] {
        let (_parent, folder) = split();
        let mut loaded =
            Unsplit::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
        for element in [0.0, 2.0, 3.0] {
            if element > 0.0 {
                loaded.m.get_mut("a").unwrap().view_mut().unwrap().fill(element);
                assert_eq!(loaded.m["a"].to_vec(), [element; 20]);
                // It is in the pickle: only a save brings it there.
                assert_eq!(loaded.m["a"].flush().unwrap_err().kind(), ErrorKind::Usage);
            }
            match is_bare {
                true => Varpack::save_with(&*loaded, &folder, &unsynced()).unwrap(),
                false => loaded.save_with(&unsynced()).unwrap(),
            };
            assert!(!folder.join("m-a.npy").exists());
        }
        let found = Split::load(&folder).unwrap().m;
        assert_eq!((found["a"].to_vec(), found["b"].to_vec()), (vec![3.0; 20], vec![1.0; 20]));
    }
}

#[test]
fn array_that_is_saved_home_and_then_to_many_folders_is_as_it_was_at_home() {
    let (parent, folder) = saved(&run());
    let mut loaded: Loaded<Run> = load(&folder);
    loaded.x = vec![3.0; 20_000].into();
    loaded.save_with(&unsynced()).unwrap();
    loaded.save_to_with(parent.path().join("first"), &unsynced()).unwrap();
    loaded.x.view_mut().unwrap()[0] = 4.0;
    loaded.save_with(&unsynced()).unwrap();
    let before = State::of(&folder);
    for number in 0..12 {
        loaded.save_to_with(parent.path().join(number.to_string()), &unsynced()).unwrap();
        loaded.save_with(&unsynced()).unwrap();
        before.assert_untouched(&folder);
    }
}

#[test]
fn array_that_is_saved_elsewhere_before_it_is_saved_home_is_as_it_was_at_home() {
    let (parent, folder) = saved(&run());
    let mut loaded: Loaded<Run> = load(&folder);
    loaded.x = vec![3.0; 20_000].into();
    loaded.save_to_with(parent.path().join("first"), &unsynced()).unwrap();
    loaded.save_with(&unsynced()).unwrap();
    let before = State::of(&folder);
    for number in 0..12 {
        loaded.save_to_with(parent.path().join(number.to_string()), &unsynced()).unwrap();
    }
    loaded.save_with(&unsynced()).unwrap();
    before.assert_untouched(&folder);
    let mut other: Loaded<Run> = load(&folder);
    other.x = vec![9.0; 20_000].into();
    other.save_with(&unsynced()).unwrap();
    loaded.notes = "changed".into();
    loaded.save_with(&unsynced()).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.x[0], found.notes.as_str()), (9.0, "changed"));
}

#[derive(Varpack)]
struct Beside {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap(min_len = 100))]
    m: BTreeMap<String, MmapArray1<f64>>,
}

#[test]
fn arrays_that_change_places_with_a_save_are_edited_and_saved_wherever_they_stand() {
    type Swap = fn(&mut Beside);
    let swaps: [Swap; 3] = [
        |run| std::mem::swap(&mut run.x, run.m.get_mut("a").unwrap()),
        |run| {
            let a = run.m.remove("a").unwrap();
            let b = run.m.insert("b".to_owned(), a).unwrap();
            run.m.insert("a".to_owned(), b);
        },
        |run| {
            let x = std::mem::replace(&mut run.x, vec![7.0; 20].into());
            run.m.insert("c".to_owned(), x);
        },
    ];
    for swap in swaps {
        let (_parent, folder) = split();
        let mut pack = Pack::edit(&folder).unwrap();
        pack.insert("x", PackValue::try_from(Array1::from_elem(20, 2.0)).unwrap()).unwrap();
        pack.save_with(&unsynced()).unwrap();
        drop(pack);
        let mut run =
            Beside::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
        swap(&mut run);
        run.save_with(&unsynced()).unwrap();
        let keys: Vec<_> = run.m.keys().cloned().collect();
        for (number, key) in keys.iter().enumerate() {
            run.m.get_mut(key).unwrap().view_mut().unwrap().fill(10.0 + number as f64);
        }
        run.x.view_mut().unwrap().fill(9.0);
        run.save_with(&unsynced()).unwrap();
        let found = Beside::edit(&folder).unwrap();
        assert_eq!(found.x.to_vec(), [9.0; 20]);
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(found.m[key].to_vec(), [10.0 + number as f64; 20], "{key}");
        }
    }
}

#[derive(Varpack, Clone)]
struct Cloned {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    s: u64,
}

/// Wherever the edited array was saved since.
#[test]
fn array_that_was_edited_in_place_is_not_undone_by_a_clone_of_before() {
    let cloned = || Cloned {
        x: vec![1.0; 20_000].into(),
        m: [("a".to_owned(), vec![1.0; 20_000].into())].into(),
        s: 1,
    };
    for is_saved_elsewhere in [false, true] {
        for name in ["x", "m[a]"] {
            let (parent, folder) = saved(&cloned());
            let mut one = Cloned::edit(&folder).unwrap();
            let mut two = one.clone();
            let array = match name {
                "x" => &mut one.x,
                _ => one.m.get_mut("a").unwrap(),
            };
            array.view_mut().unwrap()[0] = 5.0;
            array.flush().unwrap();
            if is_saved_elsewhere {
                one.save_with(parent.path().join("elsewhere"), &unsynced()).unwrap();
            }
            two.s = 3;
            let refused = two.save_with(&folder, &unsynced()).unwrap_err();
            assert_eq!((refused.kind(), refused.variable()), (ErrorKind::Stale, Some(name)));
            match name {
                "x" => two.x = vec![7.0; 20_000].into(),
                _ => drop(two.m.insert("a".to_owned(), vec![7.0; 20_000].into())),
            }
            let refused = two.save_with(&folder, &unsynced()).unwrap_err();
            assert_eq!((refused.kind(), refused.variable()), (ErrorKind::Stale, Some(name)));
            let found = Cloned::edit(&folder).unwrap();
            assert_eq!(found.x[0] + found.m["a"][0], 6.0);
            drop(one);
            two.save_with(&folder, &unsynced()).unwrap();
            let found = Cloned::edit(&folder).unwrap();
            assert_eq!(found.x[0] + found.m["a"][0], 8.0);
        }
    }
}

/// Nothing of the load is mapped, and so nothing of it holds the folder.
#[test]
fn array_that_was_made_in_its_file_is_edited_beside_loaded_ones_that_are_too_small_to_be_mapped() {
    #[derive(Varpack)]
    struct Small {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
        #[varpack(mmap)]
        m: std::collections::BTreeMap<String, MmapArray1<f64>>,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Small { x: vec![1.0; 10].into(), m: [].into() }.save(&folder).unwrap();
    let mut run =
        Small::load_with(&folder, &varpack::LoadOptions::new().mode(varpack::Mode::ReadWrite))
            .unwrap();
    run.m.insert("z".to_owned(), MmapArray1::zeros_in(&folder, 10).unwrap());
    run.save().unwrap();
    for value in [2.0, 3.0] {
        run.m.get_mut("z").unwrap().view_mut().unwrap()[0] = value;
        run.x.view_mut().unwrap()[0] = value;
        run.save().unwrap();
    }
    let found = Small::edit(&folder).unwrap();
    assert_eq!((found.m["z"][0], found.x[0]), (3.0, 3.0));
}
