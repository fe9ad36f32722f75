//! Lists of arrays under `mmap`: a dictionary whose keys are the indices, as text.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use varpack::{
    AnyArray, ArrayOr, Error, ErrorKind, LoadOptions, MmapArray1, Pack, PackMap, PackRules, Varpack,
};
use varpack_tests::holders::{load, saved, unsynced};
use varpack_tests::python::Python;

#[derive(Varpack, Clone, Debug, PartialEq)]
struct Run {
    #[varpack(mmap, alias = "weights")]
    w: Vec<MmapArray1<f32>>,
}

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn run(len: u8) -> Run {
    Run { w: (0..len).map(|number| array(number.into())).collect() }
}

fn firsts(run: &Run) -> Vec<f32> {
    run.w.iter().map(|array| array[0]).collect()
}

/// A folder with a dictionary of arrays in the place of the list.
fn keyed(keys: &[&str]) -> (TempDir, PathBuf) {
    let mut map = PackMap::new();
    for key in keys {
        map.insert(*key, AnyArray::try_from(array(key.len() as f32)).unwrap());
    }
    let mut pack = Pack::new();
    pack.insert("w", map).unwrap();
    pack.set_rules(PackRules::new().split_min_len(1));
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    pack.save_to(&folder).unwrap();
    (parent, folder)
}

fn refused(keys: &[&str]) -> Error {
    let (_parent, folder) = keyed(keys);
    Run::load(folder).unwrap_err()
}

#[test]
fn each_array_of_a_list_is_mapped_from_a_file_in_its_place() {
    let (_parent, folder) = saved(&run(12));
    assert!(folder.join("w-11.npy").exists());
    let loaded = Run::load(&folder).unwrap();
    assert_eq!(loaded, run(12));
    assert!(loaded.w.iter().all(MmapArray1::is_mapped));
    let (_parent, folder) = saved(&run(0));
    assert_eq!(Run::load(&folder).unwrap(), run(0));
}

#[test]
fn what_was_not_changed_is_not_written_and_what_was_taken_out_is_removed() {
    let (_parent, folder) = saved(&run(3));
    let modified = || folder.join("w-0.npy").metadata().unwrap().modified().unwrap();
    let before = modified();
    let mut loaded = load::<Run>(&folder);
    loaded.w.pop();
    loaded.w[1] = array(7.0);
    loaded.save_with(&unsynced()).unwrap();
    assert!(!folder.join("w-2.npy").exists());
    assert_eq!((modified(), firsts(&Run::load(&folder).unwrap())), (before, vec![0.0, 7.0]));
}

#[test]
fn arrays_that_move_up_are_saved_in_their_new_places() {
    let (_parent, folder) = saved(&run(4));
    let mut loaded = load::<Run>(&folder);
    loaded.w.remove(1);
    loaded.w.swap(0, 2);
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(firsts(&Run::load(&folder).unwrap()), [3.0, 2.0, 0.0]);
    loaded.w.insert(0, array(9.0));
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(firsts(&Run::load(&folder).unwrap()), [9.0, 3.0, 2.0, 0.0]);
}

#[test]
fn different_items_that_two_programs_change_are_both_saved() {
    let (_parent, folder) = saved(&run(3));
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.w[0] = array(7.0);
    one.w.push(array(3.0));
    one.save_with(&unsynced()).unwrap();
    two.w[1] = array(8.0);
    two.save_with(&unsynced()).unwrap();
    assert_eq!(firsts(&Run::load(&folder).unwrap()), [7.0, 8.0, 2.0, 3.0]);
}

#[test]
fn item_that_two_programs_add_or_change_is_stale() {
    let (_parent, folder) = saved(&run(2));
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.w.push(array(7.0));
    one.save_with(&unsynced()).unwrap();
    two.w.push(array(8.0));
    let error = two.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("w[2]")));
}

#[test]
fn list_that_one_program_makes_shorter_and_another_longer_is_stale_and_has_no_gap() {
    let (_parent, folder) = saved(&run(3));
    let (mut one, mut two, mut three) =
        (load::<Run>(&folder), load::<Run>(&folder), load::<Run>(&folder));
    one.w.push(array(3.0));
    one.save_with(&unsynced()).unwrap();
    two.w.pop();
    let error = two.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("w[2]")));
    three.w.clear();
    let error = three.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("w[0]")));
    assert_eq!(Run::load(&folder).unwrap(), run(4));
}

#[test]
fn list_that_a_pack_makes_shorter_or_longer_than_others_have_it_is_stale_and_has_no_gap() {
    let map = |pack: &mut Pack, is_longer: bool| {
        let map = pack.get_mut("w").unwrap().as_map_mut().unwrap();
        match is_longer {
            true => drop(map.insert("3", AnyArray::try_from(array(9.0)).unwrap())),
            false => drop(map.remove("2")),
        }
    };
    for is_longer in [true, false] {
        for other_is_a_pack in [true, false] {
            let (_parent, folder) = saved(&run(3));
            let (mut pack, mut second) =
                (Pack::open(&folder).unwrap(), Pack::open(&folder).unwrap());
            let mut typed = load::<Run>(&folder);
            if other_is_a_pack {
                map(&mut second, !is_longer);
                second.save_with(&unsynced()).unwrap();
            } else {
                match is_longer {
                    true => drop(typed.w.pop()),
                    false => typed.w.push(array(8.0)),
                }
                typed.save_with(&unsynced()).unwrap();
            }
            map(&mut pack, is_longer);
            let error = pack.save_with(&unsynced()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
            assert_eq!(Run::load(&folder).unwrap().w.len(), if is_longer { 2 } else { 4 });
        }
    }
}

#[test]
fn list_of_keys_in_any_order_is_in_order() {
    let keys = ["10", "2", "0", "1", "9", "8", "7", "3", "4", "6", "5"];
    let (_parent, folder) = keyed(&keys);
    let loaded = Run::load(folder).unwrap();
    assert_eq!((loaded.w.len(), loaded.w[10][0], loaded.w[9][0]), (11, 2.0, 1.0));
}

#[test]
fn list_with_a_gap_is_refused_with_the_key_that_is_missing() {
    let error = refused(&["0", "2"]);
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("w")));
    assert_eq!((error.expected(), error.found()), (Some("the key `1`"), Some("`2`")));
    let error = refused(&[usize::MAX.to_string().as_str()]);
    assert_eq!(error.expected(), Some("the key `0`"));
}

#[test]
fn list_with_a_key_that_is_no_index_is_refused_with_the_key() {
    for key in ["one", "01", "+1", "-1", "1.0", "", " 1", "18446744073709551616"] {
        let error = refused(&["0", key]);
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("w (a key)")));
        let expected = "the index of an item as its key (`0`, `1`, …)";
        assert_eq!(error.expected(), Some(expected));
        assert_eq!(error.found(), Some(format!("`{key}`").as_str()));
    }
}

#[test]
fn list_with_integers_for_keys_or_no_dictionary_is_refused() {
    #[derive(Varpack)]
    struct Integers {
        #[varpack(mmap)]
        w: BTreeMap<u8, MmapArray1<f32>>,
    }

    let (_parent, folder) = saved(&Integers { w: [(0, array(0.0))].into() });
    let error = Run::load(folder).unwrap_err();
    assert_eq!((error.variable(), error.found()), (Some("w (a key)"), Some("int")));

    #[derive(Varpack)]
    struct One {
        #[varpack(mmap)]
        w: MmapArray1<f32>,
    }

    let (_parent, folder) = saved(&One { w: array(0.0) });
    let error = Run::load(folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("w")));
}

#[test]
fn list_in_a_pickle_loads_and_the_next_changed_save_gives_it_files() {
    #[derive(Varpack)]
    struct Pickled {
        #[varpack(separate)]
        w: Vec<MmapArray1<f32>>,
    }

    let (_parent, folder) = saved(&Pickled { w: run(3).w });
    let mut loaded = load::<Run>(&folder);
    assert_eq!(*loaded, run(3));
    loaded.w[1].view_mut().unwrap().fill(7.0);
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(firsts(&Run::load(&folder).unwrap()), [0.0, 7.0, 2.0]);
    assert!(folder.join("w-2.npy").exists());
}

#[test]
fn item_of_a_list_cannot_be_skipped_and_a_list_with_a_default_can() {
    let (_parent, folder) = saved(&run(3));
    let error = Run::load_with(&folder, &LoadOptions::new().skip(["w[1]"])).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("w[1]")));

    #[derive(Varpack)]
    struct Skippable {
        #[varpack(mmap, default)]
        w: Vec<MmapArray1<f32>>,
        #[varpack(default)]
        step: u8,
    }

    let mut loaded = Skippable::load_with(&folder, &LoadOptions::new().skip(["w"])).unwrap();
    assert!(loaded.w.is_empty());
    loaded.step = 7;
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap(), run(3));
}

#[test]
fn list_may_hold_any_arrays_pointers_and_values_and_be_in_an_option() {
    #[derive(Varpack, Debug, PartialEq)]
    struct Lists {
        #[varpack(mmap)]
        any: Vec<AnyArray>,
        #[varpack(mmap(min_len = 3))]
        mixed: Vec<ArrayOr<MmapArray1<f32>, String>>,
        #[varpack(mmap)]
        maybe: Option<Vec<std::sync::Arc<MmapArray1<f32>>>>,
        #[varpack(mmap)]
        none: Option<Vec<MmapArray1<f32>>>,
    }

    let lists = || Lists {
        any: vec![array(1.0).try_into().unwrap(), MmapArray1::from(vec![1u8]).try_into().unwrap()],
        mixed: vec![
            ArrayOr::Array(vec![1.0, 2.0].into()),
            ArrayOr::Value("no array".to_owned()),
            ArrayOr::Array(array(3.0)),
        ],
        maybe: Some(vec![array(4.0).into()]),
        none: None,
    };
    let (_parent, folder) = saved(&lists());
    assert_eq!(Lists::load(&folder).unwrap(), lists());
    assert!(folder.join("mixed-2.npy").exists() && !folder.join("mixed-0.npy").exists());
}

#[test]
fn list_with_an_alias_is_found_under_it_and_renamed() {
    #[derive(Varpack)]
    struct Old {
        #[varpack(mmap)]
        weights: Vec<MmapArray1<f32>>,
    }

    let (_parent, folder) = saved(&Old { weights: run(2).w });
    let loaded = load::<Run>(&folder);
    loaded.save_with(&unsynced()).unwrap();
    assert!(folder.join("w-1.npy").exists() && !folder.join("weights-1.npy").exists());
    assert_eq!(Run::load(&folder).unwrap(), run(2));
}

#[test]
fn python_sees_a_dictionary_of_maps_by_index() {
    let script = "
import sys, varpack, numpy as np
w = varpack.load(sys.argv[1])['w']
assert all(isinstance(array, np.memmap) for array in w.values()), w
print([(key, float(array[0])) for key, array in w.items()])";
    for python in Python::both() {
        let (_parent, folder) = saved(&run(3));
        let found = python.run(script, [&folder]);
        assert_eq!(found.trim(), "[('0', 0.0), ('1', 1.0), ('2', 2.0)]");
    }
}
