//! An array under another name is renamed in the folder, and not copied.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::mem::swap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use varpack::{AnyArray, LoadOptions, MmapArray1, Mode, Pack, PackValue, Varpack};
use varpack_tests::folders::State;
use varpack_tests::holders::{load, saved, unsynced};

/// So many elements are mapped.
const LEN: usize = 50_000;

fn array(element: f64) -> MmapArray1<f64> {
    vec![element; LEN].into()
}

#[derive(Varpack)]
struct Before {
    #[varpack(mmap)]
    weights: MmapArray1<f64>,
    #[varpack(mmap)]
    moments: BTreeMap<String, MmapArray1<f64>>,
    step: u64,
}

#[derive(Varpack)]
struct After {
    #[varpack(mmap, alias = "weights")]
    w: MmapArray1<f64>,
    #[varpack(mmap, alias = "moments")]
    m: BTreeMap<String, MmapArray1<f64>>,
    step: u64,
}

fn before() -> Before {
    let moments = ["a", "b"].map(|key| (key.to_owned(), array(2.0)));
    Before { weights: array(1.0), moments: moments.into(), step: 7 }
}

fn inode(folder: &Path, file: &str) -> u64 {
    fs::metadata(folder.join(file)).unwrap().ino()
}

#[test]
fn arrays_of_a_renamed_field_and_of_a_renamed_map_keep_their_inodes() {
    for mode in [Mode::CopyOnWrite, Mode::ReadWrite, Mode::ReadOnly, Mode::InMemory] {
        let (_parent, folder) = saved(&before());
        let inodes = ["weights.npy", "moments-a.npy", "moments-b.npy"].map(|it| inode(&folder, it));
        let loaded = After::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        loaded.save_with(&unsynced()).unwrap();
        let state = State::of(&folder);
        let names = state.names().into_iter().filter(|name| name.ends_with(".npy"));
        assert_eq!(names.collect::<Vec<_>>(), ["m-a.npy", "m-b.npy", "w.npy"]);
        assert_eq!(["w.npy", "m-a.npy", "m-b.npy"].map(|it| inode(&folder, it)), inodes);
        let report = loaded.save_with(&unsynced()).unwrap();
        assert_eq!(report.bytes_written(), 0, "{report}");
        let after = load::<After>(&folder);
        assert_eq!((after.w[0], after.m["b"][1], after.step), (1.0, 2.0, 7));
    }
}

#[test]
fn array_that_was_renamed_is_edited_in_place_under_its_new_name() {
    let (_parent, folder) = saved(&before());
    let inode_before = inode(&folder, "weights.npy");
    let mut loaded = After::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    loaded.save_with(&unsynced()).unwrap();
    loaded.w.view_mut().unwrap()[0] = 5.0;
    loaded.flush().unwrap();
    assert_eq!(inode(&folder, "w.npy"), inode_before);
    assert_eq!(load::<After>(&folder).w[0], 5.0);
    drop(loaded);
    assert_eq!(fs::metadata(folder.join("w.npy")).unwrap().nlink(), 1);
}

#[test]
fn array_that_was_changed_is_written_and_one_that_stands_in_two_places_is_copied_once() {
    let (_parent, folder) = saved(&before());
    let inodes = ["weights.npy", "moments-a.npy"].map(|it| inode(&folder, it));
    let mut loaded = After::load_with(&folder, &LoadOptions::new()).unwrap();
    loaded.w.view_mut().unwrap()[0] = 5.0;
    let a = loaded.m["a"].clone();
    loaded.m.insert("c".to_owned(), a);
    loaded.save_with(&unsynced()).unwrap();
    assert_ne!(inode(&folder, "w.npy"), inodes[0]);
    let renamed = ["m-a.npy", "m-c.npy"].map(|it| inode(&folder, it));
    assert_eq!(renamed.iter().filter(|it| **it == inodes[1]).count(), 1);
    let after = load::<After>(&folder);
    assert_eq!((after.w[0], after.m["a"][0], after.m["c"][0]), (5.0, 2.0, 2.0));
}

#[test]
fn arrays_that_change_places_are_copied() {
    let (_parent, folder) = saved(&before());
    let mut loaded = load::<Before>(&folder);
    let Before { weights, moments, .. } = &mut *loaded;
    swap(weights, moments.get_mut("a").unwrap());
    loaded.save_with(&unsynced()).unwrap();
    let after = load::<Before>(&folder);
    assert_eq!((after.weights[0], after.moments["a"][0]), (2.0, 1.0));
}

#[test]
fn others_that_have_the_array_loaded_read_on_and_are_told_of_their_changes() {
    let (_parent, folder) = saved(&before());
    let mut other = load::<Before>(&folder);
    load::<After>(&folder).save_with(&unsynced()).unwrap();
    assert_eq!((other.weights.sum(), other.moments["a"][9]), (50_000.0, 2.0));
    other.weights.view_mut().unwrap()[0] = 9.0;
    let error = other.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (varpack::ErrorKind::Stale, Some("weights")));
    assert_eq!(load::<After>(&folder).w[0], 1.0);
}

#[test]
fn pack_renames_an_array_that_it_holds_under_another_name() {
    let (_parent, folder) = saved(&before());
    let inode_before = inode(&folder, "weights.npy");
    let mut pack = Pack::open(&folder).unwrap();
    let PackValue::Array(array) = pack.remove("weights").unwrap() else { panic!("an array") };
    pack.insert("w", array).unwrap();
    pack.save_with(&unsynced()).unwrap();
    assert_eq!(inode(&folder, "w.npy"), inode_before);
    assert!(!folder.join("weights.npy").exists());
    let pack = Pack::open(&folder).unwrap();
    let w: &AnyArray = pack.get("w").and_then(PackValue::as_array).unwrap();
    assert_eq!(w.view::<f64, ndarray::Ix1>().unwrap()[0], 1.0);
}

#[test]
fn file_with_another_name_is_copied() {
    let (_parent, folder) = saved(&before());
    fs::hard_link(folder.join("weights.npy"), folder.join("backup.txt")).unwrap();
    let inode_before = inode(&folder, "weights.npy");
    load::<After>(&folder).save_with(&unsynced()).unwrap();
    assert_ne!(inode(&folder, "w.npy"), inode_before);
    assert_eq!(inode(&folder, "backup.txt"), inode_before);
}
