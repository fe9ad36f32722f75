//! `AnyArray` under `mmap`, and maps of it: arrays of several dtypes and shapes, each mapped from its own file.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Array2, Ix1, Ix2};
use std::collections::BTreeMap;
use varpack::{AnyArray, ArrayOr, ErrorKind, LoadOptions, MmapArray, Varpack};
use varpack_tests::holders::{load, saved, unsynced};
use varpack_tests::python::Python;

#[derive(Varpack, Clone, Debug, PartialEq)]
struct Model {
    #[varpack(mmap)]
    tensors: BTreeMap<String, AnyArray>,
    #[varpack(mmap)]
    one: AnyArray,
    #[varpack(mmap)]
    other: Option<AnyArray>,
    step: u64,
}

fn any<T: varpack::Element, D: ndarray::Dimension>(array: ndarray::Array<T, D>) -> AnyArray {
    MmapArray::from(array).try_into().unwrap()
}

fn weights() -> AnyArray {
    any(Array2::<f32>::from_elem((100, 200), 0.5))
}

fn ids() -> AnyArray {
    any(Array1::<i64>::from_iter(0..20_000))
}

fn model() -> Model {
    let tensors = [("ids".to_owned(), ids()), ("weights".to_owned(), weights())];
    Model { tensors: tensors.into(), one: weights(), other: None, step: 1 }
}

#[test]
fn arrays_of_two_dtypes_in_one_map_are_each_mapped_from_a_file() {
    let (_parent, folder) = saved(&model());
    let loaded = Model::load(&folder).unwrap();
    assert_eq!(loaded, model());
    assert!(loaded.tensors.values().all(AnyArray::is_mapped) && loaded.one.is_mapped());
    assert!(folder.join("tensors-ids.npy").exists() && folder.join("one.npy").exists());
    assert_eq!(loaded.tensors["weights"].view::<f32, Ix2>().unwrap().sum(), 10_000.0);
}

#[derive(Varpack, Debug, PartialEq)]
struct Results {
    #[varpack(mmap)]
    results: BTreeMap<String, ArrayOr<AnyArray, Vec<String>>>,
}

fn results() -> Results {
    let words = ArrayOr::Value(vec!["a".to_owned(), "b".to_owned()]);
    let items = [("ids", ids().into()), ("weights", weights().into()), ("words", words)];
    Results { results: items.map(|(key, item)| (key.to_owned(), item)).into() }
}

#[test]
fn map_of_arrays_of_two_dtypes_and_other_values_has_a_file_an_array() {
    let (_parent, folder) = saved(&results());
    assert!(folder.join("results-ids.npy").exists() && !folder.join("results-words.npy").exists());
    let loaded = load::<Results>(&folder);
    assert_eq!(*loaded, results());
    assert!(loaded.results["weights"].as_array().unwrap().is_mapped());
    let report = loaded.save_with(&unsynced()).unwrap();
    assert_eq!(report.bytes_written(), 0, "{report}");
}

#[test]
fn array_inside_the_pickle_of_such_a_map_is_an_array_and_a_list_of_numpy_s_objects_a_value() {
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&results());
    python.run(
        "import pickle, sys, numpy as np\n\
         items = {'few': np.arange(3), 'objects': np.array(['x', 'y'], dtype=object), 'words': ['z']}\n\
         pickle.dump(items, open(sys.argv[1] + '/results.pickle', 'wb'))\n",
        [&folder],
    );
    let loaded = Results::load(&folder).unwrap().results;
    assert_eq!(loaded["few"].as_array().unwrap().view::<i64, Ix1>().unwrap().sum(), 3);
    assert_eq!(loaded["objects"].as_value().unwrap(), &["x", "y"]);
    assert_eq!(loaded["words"].as_value().unwrap(), &["z"]);
}

#[test]
fn items_that_two_programs_change_are_both_saved_and_one_item_is_stale() {
    let (_parent, folder) = saved(&model());
    let (mut one, mut two) = (load::<Model>(&folder), load::<Model>(&folder));
    one.tensors.get_mut("ids").unwrap().view_mut::<i64, Ix1>().unwrap()[0] = 7;
    one.save_with(&unsynced()).unwrap();
    two.tensors.get_mut("weights").unwrap().view_mut::<f32, Ix2>().unwrap()[[0, 0]] = 9.0;
    two.save_with(&unsynced()).unwrap();
    let now = Model::load(&folder).unwrap();
    assert_eq!(now.tensors["ids"].view::<i64, Ix1>().unwrap()[0], 7);
    assert_eq!(now.tensors["weights"].view::<f32, Ix2>().unwrap()[[0, 0]], 9.0);
    one.tensors.insert("weights".to_owned(), ids());
    let error = one.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("tensors[weights]")));
}

#[test]
fn item_that_is_skipped_is_kept() {
    let (_parent, folder) = saved(&model());
    let mut loaded = Model::load_with(&folder, &LoadOptions::new().skip(["tensors[ids]"])).unwrap();
    assert_eq!(loaded.tensors.len(), 1);
    loaded.step = 2;
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(Model::load(&folder).unwrap(), Model { step: 2, ..model() });
}

#[test]
fn array_of_another_dtype_takes_the_place_of_one() {
    let (_parent, folder) = saved(&model());
    Model::update(&folder, |model| {
        model.one = ids();
        model.other = Some(weights());
        Ok(())
    })
    .unwrap();
    let now = Model::load(&folder).unwrap();
    assert_eq!((now.one, now.other), (ids(), Some(weights())));
}

#[test]
fn edit_in_place_reaches_the_file_at_once() {
    let (_parent, folder) = saved(&model());
    let mut edited = Model::edit(&folder).unwrap();
    edited.tensors.get_mut("ids").unwrap().view_mut::<i64, Ix1>().unwrap()[1] = -1;
    edited.flush().unwrap();
    drop(edited);
    let now = Model::load(&folder).unwrap();
    assert_eq!(now.tensors["ids"].view::<i64, Ix1>().unwrap()[1], -1);
}

#[test]
fn value_in_the_place_of_an_array_is_refused_and_named() {
    #[derive(Varpack)]
    struct Values {
        tensors: BTreeMap<String, u8>,
    }

    let values = Values { tensors: [("bias".to_owned(), 3)].into() };
    let (_parent, folder) = saved(&values);
    let error = Model::load(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("tensors[bias]")));
    assert_eq!((error.expected(), error.found()), (Some("an array"), Some("int")));
}

#[test]
fn numpy_maps_each_array_with_its_dtype() {
    let script = "
import sys, varpack, numpy as np
found = varpack.load(sys.argv[1])
tensors = found['tensors']
assert all(isinstance(array, np.memmap) for array in tensors.values()), tensors
print([(key, str(array.dtype), array.shape) for key, array in sorted(tensors.items())], found['one'].sum())";
    for python in Python::both() {
        let (_parent, folder) = saved(&model());
        let found = python.run(script, [&folder]);
        let expected = "[('ids', 'int64', (20000,)), ('weights', 'float32', (100, 200))] 10000.0";
        assert_eq!(found.trim(), expected);
    }
}
