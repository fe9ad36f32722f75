//! Arrays of Python objects in `.npy` files: object arrays, records with an object field, texts of any length
//! (`StringDType`). NumPy pickles them behind the header, and the Python program splits them off as it does others.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::{ObjectArray, Value};
use varpack::{
    ArrayOr, ErrorKind, LoadOptions, MmapArray1, Mode, Pack, PackItem, PackValue, Varpack,
};
use varpack_tests::folders::State;
use varpack_tests::npy_files;
use varpack_tests::python::Python;

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

/// Where a changed `step` is.
/// Where a changed `step` is, and where the dictionary with placeholders goes that the Python program puts beside it.
const PICKLES: [&str; 3] = ["__misc_vars__.pickle", "mixed.pickle", "varpack.json"];

/// What the folders hold: `mixed`, a dictionary whose large arrays have files of their own; `labels` and what
/// else is an array of objects by itself; and `step`.
const VALUES: &str = "
import sys, warnings, numpy as np, same, varpack
warnings.simplefilter('ignore')
record = np.dtype([('n', '<i4'), ('what', 'O')])
def values():
    labels = np.array([f'label {n % 7}' if n % 5 else None for n in range(20_000)], dtype=object)
    made = {
        'mixed': {'x': np.arange(20_000.0), 'labels': labels, 'n': 3, 'few': labels[:3].copy()},
        'labels': labels[:10].copy(),
        'matrix': np.array([[1, 'two'], [None, [3.5]]], dtype=object, order='F'),
        'records': np.array([(1, 'one'), (2, None)], dtype=record),
        # The pickle is as long as so many records are.
        'empty': np.array([], dtype=record),
        'empty_labels': np.array([], dtype=object),
        'nested': np.zeros(2, dtype=[('big', '>i4'), ('at', [('x', '<f8'), ('o', 'O')])]),
    }
    if hasattr(np.dtypes, 'StringDType'):
        made['strings'] = np.array(['a', 'grün'], dtype=np.dtypes.StringDType())
    return made
folder = sys.argv[1]
def load():
    # The program maps arrays, which these cannot be: they are read.
    plain = np.load
    np.load = lambda path, mmap_mode=None: plain(path, allow_pickle=True)
    try:
        return varpack.load(folder)
    finally:
        np.load = plain
def check(names):
    found, expected = load(), values()
    picked = [{n: made[n] for n in names or expected} for made in (expected, found)]
    # What is in the pickle and what is in a file is not shared: the values alone are compared.
    for name in picked[0]:
        for line in same.differences(picked[0][name], picked[1][name]): print(line)
    print(found['step'])
";

fn python_run(python: &Python, script: &str, folder: &Path) -> String {
    let script = format!("{VALUES}\n{script}");
    python.run(script.as_str(), [folder]).trim().to_owned()
}

fn made(python: &Python) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    python_run(python, "varpack.save(folder, {**values(), 'step': 7})", &folder);
    (parent, folder)
}

fn objects(value: &Value) -> &ObjectArray {
    match value {
        Value::ObjectArray(array) => array,
        other => panic!("{other:?}"),
    }
}

#[derive(Debug, Varpack)]
struct Counter {
    step: i64,
}

#[test]
fn struct_that_does_without_arrays_of_objects_loads_the_folder_and_leaves_their_files() {
    for python in Python::both() {
        let (_parent, folder) = made(&python);
        let before = State::of(&folder);
        let mut counter = Counter::load(&folder).unwrap();
        counter.step = 8;
        counter.save(&folder).unwrap();
        assert_eq!(before.touched(&State::of(&folder)), PICKLES);
        assert_eq!(python_run(&python, "check([])", &folder), "8");
    }
}

#[test]
fn pack_has_the_objects_as_values_and_leaves_their_files() {
    for python in Python::both() {
        let (_parent, folder) = made(&python);
        let before = State::of(&folder);
        for mode in MODES {
            let mut pack = Pack::open_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
            assert_eq!(pack.skipped().count(), 0, "{}", pack.report());
            let mixed = pack.get("mixed").and_then(PackValue::as_map).unwrap();
            assert_eq!(mixed.get("x").and_then(PackItem::as_array).unwrap().shape(), [20_000]);
            let labels = objects(mixed.get("labels").and_then(PackItem::as_value).unwrap());
            assert_eq!(
                (labels.shape.as_slice(), labels.items.len()),
                ([20_000].as_slice(), 20_000)
            );
            assert_eq!(
                (&labels.items[5], labels.items[8].as_str()),
                (&Value::None, Some("label 1"))
            );
            let few = objects(mixed.get("few").and_then(PackItem::as_value).unwrap());
            assert_eq!(few.items.len(), 3);
            assert_eq!(mixed.get("n").and_then(PackItem::as_value), Some(&3.into()));
            let value = |name: &str| pack.get(name).and_then(PackValue::as_value).unwrap();
            assert_eq!(objects(value("labels")).items.len(), 10);
            assert_eq!(objects(value("matrix")).shape, [2, 2]);
            assert!(objects(value("empty_labels")).items.is_empty());
            for name in ["records", "empty", "nested"] {
                assert_eq!(value(name).kind_name(), "object", "{name}");
            }
            pack.save().unwrap();
            before.assert_untouched(&folder);
        }
        let mut pack = Pack::open(&folder).unwrap();
        pack.insert_value("step", &8).unwrap();
        pack.save().unwrap();
        assert_eq!(before.touched(&State::of(&folder)), PICKLES);
        // One key of the dictionary is another: the others are the same to Python.
        if let Some(PackValue::Map(map)) = pack.get_mut("mixed") {
            map.insert_value("n", &4).unwrap();
        }
        pack.save().unwrap();
        let script = "
found = load()['mixed']
assert found.pop('n') == 4
expected = values()['mixed']
del expected['n']
print(same.differences({k: np.asarray(v) for k, v in expected.items()}, {k: np.asarray(v) for k, v in found.items()}))
check([name for name in values() if name != 'mixed'])";
        assert_eq!(python_run(&python, script, &folder), "[]\n8");
        // Elsewhere everything is written anew.
        let other = folder.with_file_name("other");
        pack.save_to(&other).unwrap();
        let script = "check([name for name in values() if name != 'mixed'])";
        assert_eq!(python_run(&python, script, &other), "8");
    }
}

#[test]
fn pickle_that_is_as_long_as_the_records_would_be_is_not_shown_as_their_elements() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut pack = Pack::new();
    pack.insert("x", PackValue::try_from(ndarray::Array1::<f64>::zeros(3)).unwrap()).unwrap();
    pack.save_to(&folder).unwrap();
    let header =
        "{'descr': [('n', '<i4'), ('what', '|O')], 'fortran_order': False, 'shape': (1,), }";
    let mut file = npy_files::file(1, header.as_bytes());
    file.extend(b"\x80\x04\x8c\x07objects."); // 12 bytes, as one record has
    std::fs::write(folder.join("x.npy"), file).unwrap();
    for mode in MODES {
        let pack = Pack::open_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        assert_eq!(pack.get("x").and_then(PackValue::as_value), Some(&"objects".into()));
    }
}

#[derive(Debug, Varpack)]
struct Run {
    #[varpack(mmap)]
    mixed: BTreeMap<String, ArrayOr<MmapArray1<f64>, Value>>,
    labels: Value,
    #[varpack(separate)]
    records: Value,
    step: i64,
}

#[test]
fn fields_take_the_objects_as_values_and_leave_the_files_of_those_that_they_have_not_changed() {
    for python in Python::both() {
        let (_parent, folder) = made(&python);
        let before = State::of(&folder);
        for mode in MODES {
            let run = Run::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
            assert_eq!(run.mixed["x"].as_array().unwrap()[19_999], 19_999.0);
            assert_eq!(objects(run.mixed["labels"].as_value().unwrap()).items.len(), 20_000);
            assert_eq!(objects(&run.labels).items[8].as_str(), Some("label 1"));
            run.save().unwrap();
            before.assert_untouched(&folder);
        }
        let mut run = Run::load(&folder).unwrap();
        run.step = 8;
        run.save(&folder).unwrap();
        assert_eq!(python_run(&python, "check([])", &folder), "8");
        run.labels = Value::list([1.into()]);
        run.mixed.insert("n".to_owned(), ArrayOr::Value(4.into()));
        run.save(&folder).unwrap();
        let script = "
found = load()
print(found['labels'], found['mixed']['n'], len(found['mixed']['labels']), found['mixed']['x'][-1])
check(['records', 'matrix', 'empty', 'nested'])";
        assert_eq!(python_run(&python, script, &folder), "[1] 4 20000 19999.0\n8");
        assert!(!folder.join("labels.npy").exists());
        // Of the dictionary another item was changed: these keep their files.
        let after = State::of(&folder);
        let names = before.touched(&after);
        let is_kept = |name: &&str| !name.starts_with("mixed") || *name == "mixed.pickle";
        assert!(names.iter().all(is_kept), "{names:?}");
        assert_eq!(
            objects(Run::load(&folder).unwrap().mixed["labels"].as_value().unwrap()).items.len(),
            20_000
        );
    }
}

#[test]
fn typed_array_refuses_objects_and_says_what_reads_them() {
    #[derive(Debug, Varpack)]
    struct Typed {
        #[varpack(mmap)]
        labels: MmapArray1<f64>,
    }
    #[derive(Debug, Varpack)]
    struct Map {
        #[varpack(mmap, rename = "mixed")]
        labels: BTreeMap<String, MmapArray1<f64>>,
    }
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = made(&python);
    for (error, variable) in [
        (Typed::load(&folder).map(|it| it.labels.len()).unwrap_err(), "labels"),
        (Map::load(&folder).map(|it| it.labels.len()).unwrap_err(), "mixed[labels]"),
    ] {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Dtype, Some(variable)), "{error}");
        assert!(error.to_string().contains("`ArrayOr<_, Value>`"), "{error}");
    }
}
