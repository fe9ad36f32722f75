//! A folder opened without knowing its types: what a `Pack` keeps byte for byte, what it writes, and
//! how it moves between folders.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Ix1, Ix2, arr1};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::Value;
use varpack::{
    AnyArray, ErrorKind, LoadAction, LoadOptions, MmapArray1, Mode, Pack, PackItem, PackMap,
    PackRules, PackValue, SaveOptions,
};
use varpack_tests::fixtures;
use varpack_tests::folders::State;
use varpack_tests::python::Python;

const SHARED: &str = "__misc_vars__.pickle";
const MANIFEST: &str = "varpack.json";
const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

fn ramp(len: u32) -> AnyArray {
    let array: Array1<f64> = (0..len).map(f64::from).collect();
    AnyArray::try_from(MmapArray1::from(array)).unwrap()
}

/// Two arrays, a map with one array large enough for a file of its own, a short value and a long one.
fn pack() -> Pack {
    let mut split = PackMap::new();
    split.insert("large", ramp(10_000));
    split.insert("small", ramp(9_999));
    split.insert_value("seed", &3).unwrap();
    let mut pack = Pack::new();
    pack.insert("x", ramp(20_000)).unwrap();
    pack.insert("y", ramp(4)).unwrap();
    pack.insert("split", split).unwrap();
    pack.insert("step", Value::Int(7)).unwrap();
    pack.insert("text", PackValue::serialize(&"t".repeat(10_000)).unwrap()).unwrap();
    pack
}

const FILES: [&str; 7] =
    [SHARED, "split-large.npy", "split.pickle", "text.pickle", MANIFEST, "x.npy", "y.npy"];

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    pack().save_to(&folder).unwrap();
    (parent, folder)
}

fn int(pack: &Pack, name: &str) -> Option<i64> {
    pack.get(name)?.as_value()?.as_i64()
}

#[test]
fn every_golden_folder_saved_unchanged_stays_byte_for_byte_the_same() {
    for name in fixtures::names() {
        for mode in MODES {
            let folder = fixtures::copy(&name);
            let before = State::of(&folder);
            let mut pack = Pack::open_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
            pack.save().unwrap();
            pack.save().unwrap();
            before.assert_untouched(&folder);
        }
    }
}

#[test]
fn one_changed_array_of_a_golden_folder_writes_its_own_file_alone() {
    for name in fixtures::names() {
        let folder = fixtures::copy(&name);
        let arrays: Vec<_> = {
            let pack = Pack::open(&folder).unwrap();
            let names = pack.names().filter(|name| pack.get(name).unwrap().as_array().is_some());
            names.map(str::to_owned).collect()
        };
        for array in arrays {
            let before = State::of(&folder);
            let mut pack = Pack::open(&folder).unwrap();
            pack.insert(array.as_str(), ramp(5)).unwrap();
            pack.save().unwrap();
            let file = format!("{array}.npy");
            let mut expected = [MANIFEST, file.as_str()];
            expected.sort_unstable();
            assert_eq!(before.touched(&State::of(&folder)), expected, "{name}");
        }
    }
}

#[test]
fn one_changed_value_writes_its_own_pickle_alone() {
    let (_parent, folder) = saved();
    for (variable, file) in [("step", SHARED), ("text", "text.pickle"), ("split", "split.pickle")] {
        let before = State::of(&folder);
        let mut pack = Pack::open(&folder).unwrap();
        match pack.get_mut(variable).unwrap() {
            PackValue::Map(map) => {
                map.insert_value("seed", &4).unwrap();
            }
            value => *value = PackValue::serialize(&"u".repeat(variable.len() * 9_000)).unwrap(),
        }
        if variable == "step" {
            pack.insert("step", Value::Int(300)).unwrap();
        }
        pack.save().unwrap();
        let after = State::of(&folder);
        let touched = before.touched(&after);
        assert!(touched.contains(&file), "{touched:?}");
        assert!(touched.iter().all(|touched| [file, MANIFEST].contains(touched)), "{touched:?}");
    }
}

#[test]
fn variables_are_stored_by_the_python_programs_thresholds() {
    let (_parent, folder) = saved();
    assert_eq!(State::of(&folder).names(), FILES);
    let pack = Pack::open(&folder).unwrap();
    let split = pack.get("split").and_then(PackValue::as_map).unwrap();
    assert_eq!(split.get("large").and_then(PackItem::as_array).unwrap().shape(), [10_000]);
    assert!(split.get("large").and_then(PackItem::as_array).unwrap().is_mapped());
    assert!(!split.get("small").and_then(PackItem::as_array).unwrap().is_mapped());
    assert_eq!(split.get("seed").and_then(PackItem::as_value), Some(&Value::Int(3)));
}

#[test]
fn thresholds_are_options() {
    let parent = tempfile::tempdir().unwrap();
    let mut pack = pack();
    for (number, (rules, files)) in [
        (PackRules::new().split_min_len(9_999), vec!["split-large.npy", "split-small.npy"]),
        (PackRules::new().split_max_keys(3), vec!["split.pickle"]),
        (PackRules::new().split_max_keys(4), vec!["split-large.npy"]),
        (PackRules::new().separate_min_size(usize::MAX), vec!["split-large.npy"]),
        (PackRules::new().separate(["step"]), vec!["step.pickle"]),
        (PackRules::new().separate_min_size(1), vec!["step.pickle", "text.pickle"]),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = parent.path().join(number.to_string());
        pack.set_rules(rules);
        pack.save_to(&folder).unwrap();
        let state = State::of(&folder);
        for file in files {
            assert!(state.names().contains(&file), "{number}: {:?}", state.names());
        }
        let again = Pack::open(&folder).unwrap();
        assert_eq!((int(&again, "step"), again.get("x")), (Some(7), pack.get("x")));
    }
    assert!(!parent.path().join("1/split-large.npy").exists());
    assert!(!parent.path().join("3/text.pickle").exists());
}

#[test]
fn variable_that_is_taken_out_is_removed_with_its_files_and_no_other() {
    let (_parent, folder) = saved();
    let mut pack = Pack::open(&folder).unwrap();
    assert!(pack.remove("split").is_some() && pack.remove("y").is_some());
    assert!(pack.remove("absent").is_none());
    pack.save().unwrap();
    assert_eq!(State::of(&folder).names(), [SHARED, "text.pickle", MANIFEST, "x.npy"]);
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.names().collect::<Vec<_>>(), ["x", "step", "text"]);
}

#[test]
fn variables_that_someone_else_has_added_since_survive_a_save() {
    let (_parent, folder) = saved();
    let mut mine = Pack::open(&folder).unwrap();
    let mut theirs = Pack::open(&folder).unwrap();
    theirs.insert("added", Value::Int(1)).unwrap();
    theirs.save().unwrap();
    mine.remove("y");
    mine.save().unwrap();
    let found = Pack::open(&folder).unwrap();
    assert_eq!((int(&found, "added"), int(&found, "step")), (Some(1), Some(7)));
    assert!(found.get("y").is_none());
    mine.save_with(&SaveOptions::new().prune(true)).unwrap();
    assert!(Pack::open(&folder).unwrap().get("added").is_none());
}

#[test]
fn what_is_skipped_on_load_is_not_read_and_kept_by_a_save() {
    let (parent, folder) = saved();
    let options = LoadOptions::new().skip(["x", "text", "split"]);
    let mut pack = Pack::open_with(&folder, &options).unwrap();
    assert_eq!(pack.names().collect::<Vec<_>>(), ["y", "step"]);
    assert_eq!(pack.skipped().collect::<Vec<_>>(), ["split", "text", "x"]);
    let skipped =
        pack.report().entries().iter().filter(|entry| entry.action == LoadAction::Skipped);
    assert_eq!(skipped.count(), 3);
    let before = State::of(&folder);
    pack.insert("step", Value::Int(300)).unwrap();
    pack.save().unwrap();
    assert_eq!(before.touched(&State::of(&folder)), [SHARED, MANIFEST]);

    let other = parent.path().join("other");
    pack.save_to(&other).unwrap();
    assert_eq!(State::of(&other).names(), FILES);
    assert_eq!(Pack::open(&other).unwrap().names().count(), 5);
    pack.remove("x");
    pack.save().unwrap();
    assert!(!folder.join("x.npy").exists() && folder.join("text.pickle").exists());
}

#[test]
fn skipping_what_is_not_there_says_what_is() {
    let (_parent, folder) = saved();
    let options = LoadOptions::new().skip(["stepp"]);
    let error = Pack::open_with(&folder, &options).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("stepp")));
    assert!(error.to_string().contains("did you mean `step`?"), "{error}");
}

#[test]
fn what_is_not_to_be_saved_stays_in_the_folder_as_it_is_there() {
    let (parent, folder) = saved();
    let mut pack = Pack::open(&folder).unwrap();
    let before = State::of(&folder);
    pack.set_rules(PackRules::new().skip_save(["step", "y"]));
    pack.insert("step", Value::Int(300)).unwrap();
    pack.insert("y", ramp(5)).unwrap();
    pack.save().unwrap();
    before.assert_untouched(&folder);
    pack.save_to(parent.path().join("other")).unwrap();
    let other = Pack::open(parent.path().join("other")).unwrap();
    assert_eq!(other.names().collect::<Vec<_>>(), ["x", "split", "text"]);

    pack.set_rules(PackRules::new());
    pack.save().unwrap();
    assert_eq!(int(&Pack::open(&folder).unwrap(), "step"), Some(300));
}

#[test]
fn attaching_elsewhere_writes_what_is_held_and_keeps_what_is_there() {
    let (parent, folder) = saved();
    let other = parent.path().join("other");
    let mut there = Pack::new();
    there.insert("step", Value::Int(1)).unwrap();
    there.insert("theirs", Value::Int(2)).unwrap();
    there.save_to(&other).unwrap();

    let mut pack = Pack::open(&folder).unwrap();
    pack.remove("theirs");
    pack.attach(&other);
    pack.save().unwrap();
    let found = Pack::open(&other).unwrap();
    assert_eq!((int(&found, "step"), int(&found, "theirs")), (Some(7), Some(2)));
    assert_eq!(found.names().count(), 6);
    let before = State::of(&other);
    pack.save().unwrap();
    before.assert_untouched(&other);
}

#[test]
fn detached_pack_holds_everything_in_memory_and_no_folder() {
    let (parent, folder) = saved();
    let mut pack = Pack::open_with(&folder, &LoadOptions::new().skip(["x"])).unwrap();
    pack.detach().unwrap();
    assert_eq!((pack.folder(), pack.names().count()), (None, 5));
    assert!(!pack.get("x").and_then(PackValue::as_array).unwrap().is_mapped());
    assert_eq!(pack.save().unwrap_err().kind(), ErrorKind::Usage);
    fs::remove_dir_all(&folder).unwrap();
    pack.attach(parent.path().join("again"));
    pack.save().unwrap();
    assert_eq!(State::of(parent.path().join("again")).names(), FILES);
}

#[test]
fn edit_in_place_through_a_pack_is_in_the_file_at_once() {
    let (_parent, folder) = saved();
    let before = State::of(&folder);
    let mut pack = Pack::edit(&folder).unwrap();
    for name in ["x", "y"] {
        let array = pack.get_mut(name).and_then(PackValue::as_array_mut).unwrap();
        array.view_mut::<f64, Ix1>().unwrap()[1] = 9.0;
    }
    let map = pack.get_mut("split").and_then(PackValue::as_map_mut).unwrap();
    let large = map.get_mut("large").and_then(PackItem::as_array_mut).unwrap();
    large.view_mut::<f64, Ix1>().unwrap()[1] = 9.0;
    pack.flush().unwrap();
    let found = Pack::open_with(&folder, &LoadOptions::new().mode(Mode::InMemory)).unwrap();
    let x = found.get("x").and_then(PackValue::as_array).unwrap();
    assert_eq!(x.view::<f64, Ix1>().unwrap()[1], 9.0);
    pack.save().unwrap();
    let edited = ["split-large.npy", "x.npy", "y.npy"];
    assert_eq!(before.touched(&State::of(&folder)), edited, "and nothing else is written");
}

#[test]
fn array_is_viewed_and_cast_as_what_it_is_alone() {
    let (_parent, folder) = saved();
    let mut pack = Pack::open(&folder).unwrap();
    let x = pack.get("x").and_then(PackValue::as_array).unwrap();
    assert_eq!(x.view::<f32, Ix1>().unwrap_err().kind(), ErrorKind::Dtype);
    assert_eq!(x.view::<f64, Ix2>().unwrap_err().kind(), ErrorKind::Shape);
    let Some(PackValue::Array(x)) = pack.remove("x") else { panic!("an array") };
    let x: MmapArray1<f64> = x.downcast().unwrap();
    assert!(x.is_mapped());
    assert_eq!(x[19_999], 19_999.0);
    pack.insert("x", PackValue::try_from(x).unwrap()).unwrap();
    let before = State::of(&folder);
    pack.save().unwrap();
    // It is the same array again, now the last of the variables.
    assert!(before.touched(&State::of(&folder)).iter().all(|&file| file == MANIFEST));
}

/// A folder of the Python program's kind whose shared pickle holds a list that holds itself.
fn with_a_cycle(python: &Python, folder: &Path) {
    let script = "
import sys, numpy as np, varpack
loop = [1]
loop.append(loop)
varpack.save(sys.argv[1], {'x': np.arange(3.0), 'step': 7})
import pickle, json, os
path = os.path.join(sys.argv[1], '__misc_vars__.pickle')
pickle.dump({'step': 7, 'loop': loop}, open(path, 'wb'), 4)
path = os.path.join(sys.argv[1], 'varpack.json')
manifest = json.load(open(path))
manifest['loop'] = {'size': 1, 'filename': '__misc_vars__.pickle'}
json.dump(manifest, open(path, 'w'))";
    python.run(script, [folder]);
}

#[test]
fn cyclic_value_is_kept_by_every_save_and_fails_only_what_would_have_to_hold_it() {
    let Some(python) = Python::numpy2() else { return };
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    with_a_cycle(&python, &folder);
    let mut pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.skipped().collect::<Vec<_>>(), ["loop"]);
    assert_eq!(pack.report().notes().len(), 1);

    let before = State::of(&folder);
    pack.save().unwrap();
    before.assert_untouched(&folder);
    pack.insert("x", PackValue::try_from(arr1(&[1.0])).unwrap()).unwrap();
    pack.save().unwrap();
    assert_eq!(before.touched(&State::of(&folder)), [MANIFEST, "x.npy"]);

    pack.insert("step", Value::Int(8)).unwrap();
    pack.save().unwrap();
    let script = "import sys, varpack
found = varpack.load(sys.argv[1])
print(found['step'], found['loop'][0], found['loop'][1] is found['loop'])";
    assert_eq!(python.run(script, [&folder]).trim(), "8 1 True");

    let before = State::of(&folder);
    let other = parent.path().join("other");
    let error = pack.save_to(&other).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("loop")), "{error}");
    assert!(!other.exists());
    assert_eq!(pack.detach().unwrap_err().variable(), Some("loop"));
    before.assert_untouched(&folder);

    pack.remove("loop");
    pack.save().unwrap();
    assert_eq!(int(&Pack::open(&folder).unwrap(), "step"), Some(8));
}

#[test]
fn items_of_a_map_are_found_by_keys_of_any_type_and_the_last_of_repeated_ones_counts() {
    let item = |n: i64| PackItem::Value(Value::from(n));
    let keys = [Value::from("a"), Value::from(7), Value::tuple([1.into(), 2.into()]), "a".into()];
    let mut map: PackMap = keys.iter().cloned().zip((0..).map(item)).collect();
    let found = |map: &PackMap, key: &Value| map.get(key).and_then(PackItem::as_value).cloned();
    assert_eq!(
        keys.each_ref().map(|key| found(&map, key).and_then(|n| n.as_i64())),
        [Some(3), Some(1), Some(2), Some(3)]
    );
    assert_eq!(map.len(), 3);
    let owned = "a".to_owned();
    assert!(map.get("7").is_none() && map.get(&owned).is_some());
    assert_eq!(map.insert("a", Value::from(9)), Some(item(3)));
    *map.get_mut(7).unwrap() = item(8);
    assert_eq!(map.remove("a"), Some(item(9)));
    let left: Vec<_> = (&map).into_iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(left, keys[1..3]);
    assert_eq!(map.into_iter().map(|(_, item)| item).collect::<Vec<_>>(), [item(8), item(2)]);
}

#[test]
fn variable_that_is_set_to_another_kind_through_get_mut_is_saved() {
    let (_parent, folder) = saved();
    let mut map = PackMap::new();
    map.insert("large", ramp(10_000));
    let mut pack = Pack::open(&folder).unwrap();
    *pack.get_mut("x").unwrap() = PackValue::serialize("mine").unwrap();
    *pack.get_mut("y").unwrap() = map.into();
    *pack.get_mut("step").unwrap() = PackValue::Array(ramp(5));
    *pack.get_mut("split").unwrap() = PackValue::serialize(&8).unwrap();
    pack.save().unwrap();
    let found = Pack::open(&folder).unwrap();
    assert_eq!(found.value::<String>("x").unwrap(), "mine");
    assert_eq!(found.get("y").and_then(PackValue::as_map).unwrap().len(), 1);
    assert_eq!(found.view::<f64, Ix1>("step").unwrap().len(), 5);
    assert_eq!(int(&found, "split"), Some(8));
    for file in ["x.npy", "y.npy", "split-large.npy"] {
        assert!(!folder.join(file).exists(), "{file}");
    }

    // And back again.
    *pack.get_mut("x").unwrap() = PackValue::Array(ramp(6));
    *pack.get_mut("step").unwrap() = PackValue::serialize(&9).unwrap();
    pack.save().unwrap();
    let found = Pack::open(&folder).unwrap();
    assert_eq!(found.view::<f64, Ix1>("x").unwrap().len(), 6);
    assert_eq!(int(&found, "step"), Some(9));
}

#[test]
fn change_that_one_save_leaves_out_is_made_by_the_next() {
    let out = || SaveOptions::new().keep(["step", "text", "y"]);
    let rules = || PackRules::default().skip_save(["step", "text", "y"]);
    for by_rule in [false, true] {
        let (_parent, folder) = saved();
        let mut pack = Pack::open(&folder).unwrap();
        pack.insert_value("step", &8).unwrap();
        *pack.get_mut("y").unwrap() = PackValue::Array(ramp(5));
        pack.remove("text").unwrap();
        match by_rule {
            true => {
                pack.set_rules(rules());
                pack.save().unwrap();
                pack.set_rules(PackRules::default());
            }
            false => drop(pack.save_with(&out()).unwrap()),
        }
        let found = Pack::open(&folder).unwrap();
        assert_eq!((int(&found, "step"), found.contains("text")), (Some(7), true));
        assert_eq!(found.view::<f64, Ix1>("y").unwrap().len(), 4);

        pack.save().unwrap();
        let found = Pack::open(&folder).unwrap();
        assert_eq!((int(&found, "step"), found.contains("text")), (Some(8), false));
        assert_eq!(found.view::<f64, Ix1>("y").unwrap().len(), 5);
    }
}

#[test]
fn unchanged_variable_that_a_save_leaves_out_stays_unchanged() {
    for keep in [false, true] {
        let (_parent, folder) = saved();
        let mut pack = Pack::open(&folder).unwrap();
        pack.insert_value("new", &1).unwrap();
        match keep {
            true => drop(pack.save_with(&SaveOptions::new().keep(["step"])).unwrap()),
            false => {
                pack.set_rules(PackRules::default().skip_save(["step"]));
                pack.save().unwrap();
                pack.set_rules(PackRules::default());
            }
        }
        Pack::update(&folder, |theirs| theirs.insert_value("step", &9)).unwrap();
        pack.insert_value("new", &2).unwrap();
        pack.save().unwrap();
        let found = Pack::open(&folder).unwrap();
        assert_eq!((int(&found, "step"), int(&found, "new")), (Some(9), Some(2)));
    }
}

#[test]
fn overwrite_field_writes_a_variable_of_a_pack_that_others_have_changed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut pack = Pack::new();
    pack.insert("v", Value::from(1)).unwrap();
    pack.insert("w", Value::from(1)).unwrap();
    pack.save_to(&folder).unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    let mut other = Pack::open(&folder).unwrap();
    for name in ["v", "w"] {
        other.insert(name, Value::from(2)).unwrap();
    }
    other.save().unwrap();
    pack.save_with(&SaveOptions::new().overwrite_field("v")).unwrap();
    let found = Pack::open(&folder).unwrap();
    let number = |name| found.get(name).unwrap().as_value().unwrap().as_i64();
    assert_eq!((number("v"), number("w")), (Some(1), Some(2)));
}
