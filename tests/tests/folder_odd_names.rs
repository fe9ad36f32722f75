//! Variables whose names no file can have: the Python program keeps them in the shared pickle, and so do we.
#![allow(clippy::unwrap_used)]

use ndarray::arr1;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::Value;
use varpack::{ErrorKind, LoadOptions, Pack, PackItem, PackMap, PackRules, PackValue, Varpack};
use varpack_tests::python::Python;

/// What the Python program writes under such names, and `step`.
const NAMES: [&str; 8] =
    ["train/loss", ".hidden", r"a\b", "", "../up", "varpack", "__misc_vars__", "tab\tand\u{7f}"];

#[derive(Debug, Varpack)]
struct Counter {
    step: i64,
}

fn made(python: &Python) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let script = "
import sys, varpack
folder, *names = sys.argv[1:]
varpack.save(folder, {'step': 7, **{name: [name, 1.5] for name in names}})";
    python.run(script, [&[folder.to_str().unwrap()], NAMES.as_slice()].concat());
    (parent, folder)
}

/// Whether Python finds each name as it was, but for one.
fn check(python: &Python, folder: &Path, changed: Option<&str>) {
    let script = "
import sys, varpack
folder, *names = sys.argv[1:]
found = varpack.load(folder)
print([name for name in names if found[name] != [name, 1.5]], found['step'], len(found))";
    let found = python.run(script, [&[folder.to_str().unwrap()], NAMES.as_slice()].concat());
    let changed = changed.map_or("[]".to_owned(), |name| format!("['{name}']"));
    assert_eq!(found.trim(), format!("{changed} 8 9"));
}

#[test]
fn fields_in_the_shared_pickle_may_have_names_that_no_file_can() {
    #[derive(Debug, Varpack)]
    struct Run {
        #[varpack(rename = "train/loss")]
        loss: (String, f64),
        #[varpack(rename = ".hidden")]
        hidden: (String, f64),
        #[varpack(rename = "", alias = "nothing")]
        empty: (String, f64),
        step: i64,
    }
    for python in Python::both() {
        let (_parent, folder) = made(&python);
        let mut run = Run::load_with(&folder, &LoadOptions::new()).unwrap();
        assert_eq!(
            (run.loss.0.as_str(), run.hidden.1, run.empty.0.as_str()),
            ("train/loss", 1.5, "")
        );
        run.step = 8;
        run.save().unwrap();
        check(&python, &folder, None);
    }
}

#[test]
fn folder_with_names_that_no_file_can_have_is_saved_by_structs_and_packs() {
    for python in Python::both() {
        let (_parent, folder) = made(&python);
        let mut counter = Counter::load(&folder).unwrap();
        counter.step = 8;
        counter.save(&folder).unwrap();
        check(&python, &folder, None);

        let mut pack = Pack::open(&folder).unwrap();
        pack.insert_value("train/loss", &0.5).unwrap();
        pack.save().unwrap();
        check(&python, &folder, Some("train/loss"));
        assert_eq!(pack.value::<f64>("train/loss").unwrap(), 0.5);

        // All of them written anew, and some of them larger than what stays in the shared pickle else.
        let other = folder.with_file_name("other");
        pack.insert_value("train/loss", &"x".repeat(20_000)).unwrap();
        pack.save_to(&other).unwrap();
        check(&python, &other, Some("train/loss"));
        let found = Pack::open(&other).unwrap();
        assert_eq!(found.value::<String>("train/loss").unwrap().len(), 20_000);
        assert_eq!(std::fs::read_dir(&other).unwrap().count(), 3); // manifest, pickle, lock
    }
}

#[test]
fn arrays_of_a_map_with_such_a_name_have_files_with_its_characters_encoded() {
    let Some(python) = Python::numpy2() else { return };
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut pack = Pack::new();
    for name in ["train/loss", ".hidden", r"a\b", "", "ä%"] {
        let mut map = PackMap::new();
        map.insert("x", PackValue::try_from(arr1(&[0.5, 1.5])).unwrap().into_array().unwrap());
        map.insert_value("n", &name).unwrap();
        pack.insert(name, map).unwrap();
    }
    pack.set_rules(PackRules::new().split_min_len(1));
    pack.save_to(&folder).unwrap();
    for file in ["train%2Floss-x.npy", "%2Ehidden-x.npy", "a%5Cb-x.npy", "-x.npy", "ä%-x.npy"] {
        assert!(folder.join(file).exists(), "{file}");
    }
    let script = "
import sys, varpack
found = varpack.load(sys.argv[1])
print(all(value['n'] == name and value['x'].tolist() == [0.5, 1.5] for name, value in found.items()), len(found))";
    assert_eq!(python.run(script, [&folder]).trim(), "True 5");
    let mut pack = Pack::open(&folder).unwrap();
    assert!(matches!(
        pack.get("train/loss").and_then(PackValue::as_map).and_then(|map| map.get("x")),
        Some(PackItem::Array(_))
    ));
    pack.remove("train/loss");
    pack.save().unwrap();
    assert!(!folder.join("train%2Floss-x.npy").exists());
}

#[test]
fn what_needs_a_file_of_its_own_needs_a_name_that_a_file_can_have() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut pack = Pack::new();
    pack.insert("train/loss", Value::from(1)).unwrap();
    pack.set_rules(PackRules::new().separate(["train/loss"]));
    let error = pack.save_to(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Name, Some("train/loss")));
    assert!(error.to_string().contains("path separator"), "{error}");
    assert!(!folder.exists());
    *pack.get_mut("train/loss").unwrap() = PackValue::try_from(arr1(&[1.0])).unwrap();
    let error = pack.save_to(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Name, Some("train/loss")));
    let array = PackValue::try_from(arr1(&[1.0])).unwrap();
    assert_eq!(pack.insert("train/loss", array).unwrap_err().kind(), ErrorKind::Name);
}
