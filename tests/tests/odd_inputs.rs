//! One table of odd objects, made by Python: each goes through every way in, and all give one answer. What the right
//! answer of each kind is, and why, stands in the tests of its behaviour; here it is that nobody reads it otherwise.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use varpack::npy::resolution::{Days, Seconds};
use varpack::npy::{Datetime64, Element, Header};
use varpack::pickle::{Document, from_slice, from_value};
use varpack::{ArrayOr, Error, MmapArray1, MmapArrayD, Pack, Result, Varpack};
use varpack_tests::folders::MODES;
use varpack_tests::python::Python;

/// A pickle `v`, folders with it in the shared pickle and in one of its own, and `v.npy` where NumPy saves it as that.
const MAKE: &str = "
import collections, json, os, pickle, sys
import numpy as np
from odd_types import *
for index, expression in enumerate(json.load(open(sys.argv[1]))):
    value = eval(expression)
    folder = os.path.join(os.path.dirname(sys.argv[1]), str(index))
    def write(name, data):
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        open(os.path.join(folder, name), 'wb').write(data)
    def entry(filename, data):
        return dict(size=len(data), filename=filename, uses_numpy_placeholders=False)
    data = pickle.dumps(value)
    both = pickle.dumps(dict(v=value, m=dict(k=value)))
    shared = '__misc_vars__.pickle'
    write('v.pickle', data)
    write('shared/' + shared, both)
    write('shared/varpack.json', json.dumps(dict(v=entry(shared, data), m=entry(shared, data))).encode())
    write('separate/v.pickle', data)
    write('separate/varpack.json', json.dumps(dict(v=entry('v.pickle', data))).encode())
    if isinstance(value, np.ndarray):
        try:
            np.save(os.path.join(folder, 'v.npy'), value, allow_pickle=False)
        except (ValueError, NotImplementedError):
            os.remove(os.path.join(folder, 'v.npy'))
";

/// What a `Pack` has saved again is the same to Python.
const COMPARE: &str = "
import os, pickle, sys, same
for folder in os.listdir(sys.argv[1]):
    path = os.path.join(sys.argv[1], folder)
    if os.path.isdir(path):
        before, after = (pickle.load(open(f'{path}/{name}/__misc_vars__.pickle', 'rb')) for name in ['shared', 'again'])
        # In the order of the manifest.
        before = {name: before[name] for name in after}
        different = same.differences(before, after)
        assert not different, (folder, before, different)
";

#[derive(Debug, Varpack)]
struct Field<T> {
    v: T,
}

#[derive(Debug, Varpack)]
struct Entry<T> {
    m: BTreeMap<String, T>,
}

#[derive(Debug, Varpack)]
struct ArrayField<T: Element> {
    #[varpack(mmap)]
    v: MmapArrayD<T>,
}

#[derive(Debug, Varpack)]
struct ArrayEntry<T: Element> {
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArrayD<T>>,
}

#[derive(Debug, Varpack)]
struct MixedEntry<T: Serialize + DeserializeOwned> {
    #[varpack(mmap)]
    m: BTreeMap<String, ArrayOr<MmapArray1<u8>, T>>,
}

#[derive(Debug, Varpack)]
struct MixedArray<T: Element> {
    #[varpack(mmap)]
    m: BTreeMap<String, ArrayOr<MmapArrayD<T>, String>>,
}

/// What a way in says: a value, or what it found in its place.
#[derive(Debug, PartialEq)]
enum Answer {
    Value(String),
    Found(String),
}

fn answer<T: Debug>(result: Result<T>) -> Answer {
    match result {
        Ok(value) => Answer::Value(format!("{value:?}")),
        Err(error) => Answer::Found(error.found().map_or_else(|| error.to_string(), str::to_owned)),
    }
}

fn pickle(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("v.pickle")).unwrap()
}

/// A value of a map of one entry.
fn only<T>(map: BTreeMap<String, T>) -> T {
    map.into_values().next().unwrap()
}

fn array_of<T: Element + Debug>(array: MmapArrayD<T>) -> (Vec<usize>, Vec<T>) {
    (array.shape().to_vec(), array.iter().copied().collect())
}

/// All ways to a value.
fn values<T: Serialize + DeserializeOwned + Debug + 'static>(
    folder: &Path,
) -> Vec<(&'static str, Answer)> {
    let bytes = pickle(folder);
    let [shared, separate] = ["shared", "separate"].map(|name| folder.join(name));
    let all = fs::read(shared.join("__misc_vars__.pickle")).unwrap();
    let node = |all: &[u8]| Document::parse(all)?.root().get("v").unwrap().deserialize::<T>();
    let pack =
        |folder: &Path| from_value::<T>(Pack::open(folder)?.get("v").unwrap().as_value().unwrap());
    vec![
        ("pickle", answer(from_slice::<T>(&bytes))),
        ("node", answer(node(&all))),
        ("value of a pack", answer(pack(&shared))),
        ("value of a pack, separate", answer(pack(&separate))),
        ("field", answer(Field::<T>::load(&shared).map(|field| field.v))),
        ("field, separate", answer(Field::<T>::load(&separate).map(|field| field.v))),
        ("map entry", answer(Entry::<T>::load(&shared).map(|entry| only(entry.m)))),
    ]
}

/// All ways to a value of a map that may be an array as well, where it is none.
fn mixed<T: Serialize + DeserializeOwned + Debug>(folder: &Path) -> Answer {
    let entry = MixedEntry::<T>::load(folder.join("shared"));
    answer(entry.and_then(|entry| match only(entry.m) {
        ArrayOr::Value(value) => Ok(value),
        ArrayOr::Array(array) => Err(Error::msg(varpack::ErrorKind::Value, format!("{array:?}"))),
    }))
}

/// All ways to an array.
fn arrays<T: Element + Debug>(folder: &Path) -> Vec<(&'static str, Answer)> {
    let [shared, separate] = ["shared", "separate"].map(|name| folder.join(name));
    let mixed = MixedArray::<T>::load(&shared).map(|entry| match only(entry.m) {
        ArrayOr::Array(array) => array_of(array),
        ArrayOr::Value(value) => panic!("{value}"),
    });
    let mut answers = vec![
        ("pickle", answer(from_slice::<MmapArrayD<T>>(&pickle(folder)).map(array_of))),
        ("field", answer(ArrayField::<T>::load(&shared).map(|field| array_of(field.v)))),
        (
            "field, separate",
            answer(ArrayField::<T>::load(&separate).map(|field| array_of(field.v))),
        ),
        ("map entry", answer(ArrayEntry::<T>::load(&shared).map(|entry| array_of(only(entry.m))))),
        ("mixed map entry", answer(mixed)),
    ];
    if let Ok(npy) = fs::read(folder.join("v.npy")) {
        for mode in MODES {
            let opened = MmapArrayD::<T>::open(folder.join("v.npy"), mode);
            answers.push(("npy file by itself", answer(opened.map(array_of))));
        }
        let header = Header::parse(&npy).unwrap();
        let manifest =
            format!(r#"{{"v": {{"size": 1, "filename": "v.npy", "dtype": "{}"}}}}"#, header.dtype);
        fs::write(folder.join("varpack.json"), manifest).unwrap();
        let field = ArrayField::<T>::load(folder).map(|field| array_of(field.v));
        answers.push(("npy field", answer(field)));
        let pack = Pack::open(folder).unwrap();
        let array = pack.get("v").unwrap().as_array().unwrap().clone();
        answers.push(("npy pack", answer(array.downcast::<T, ndarray::IxDyn>().map(array_of))));
    }
    answers
}

type Check = Box<dyn Fn(&str, &Path)>;

/// An odd object.
struct Row {
    /// The Python expression that makes it.
    expression: &'static str,
    /// What it is to a `Pack`.
    kind: &'static str,
    checks: Vec<Check>,
}

fn row(expression: &'static str, kind: &'static str) -> Row {
    Row { expression, kind, checks: Vec::new() }
}

impl Row {
    fn all<T: Serialize + DeserializeOwned + Debug + 'static>(
        mut self,
        expected: Answer,
        is_array: bool,
    ) -> Self {
        self.checks.push(Box::new(move |name, folder| {
            for (way, answer) in values::<T>(folder) {
                assert_eq!(answer, expected, "{name} as {}, {way}", std::any::type_name::<T>());
            }
            if !is_array {
                assert_eq!(mixed::<T>(folder), expected, "{name}, mixed map entry");
            }
        }));
        self
    }

    /// It is this value of `T`, in `Debug` form.
    fn reads<T: Serialize + DeserializeOwned + Debug + 'static>(self, value: &str) -> Self {
        let is_array = matches!(self.kind, "numpy.ndarray" | "array object");
        self.all::<T>(Answer::Value(value.to_owned()), is_array)
    }

    /// It is no `T`: the error says that this was found.
    fn refuses<T: Serialize + DeserializeOwned + Debug + 'static>(self, found: &str) -> Self {
        let is_array = matches!(self.kind, "numpy.ndarray" | "array object");
        self.all::<T>(Answer::Found(found.to_owned()), is_array)
    }

    /// It is an array of this shape and these elements, in `Debug` form.
    fn array<T: Element + Debug>(mut self, shape_and_elements: &str) -> Self {
        let expected = Answer::Value(shape_and_elements.to_owned());
        self.checks.push(Box::new(move |name, folder| {
            for (way, answer) in arrays::<T>(folder) {
                assert_eq!(answer, expected, "{name} as an array, {way}");
            }
        }));
        self
    }

    /// It is no array of `T`.
    fn no_array<T: Element + Debug>(mut self, found: &str) -> Self {
        let expected = Answer::Found(found.to_owned());
        self.checks.push(Box::new(move |name, folder| {
            for (way, answer) in arrays::<T>(folder) {
                // In a mixed map it may be a value all the same.
                if way != "mixed map entry" {
                    assert_eq!(answer, expected, "{name} as an array, {way}");
                }
            }
        }));
        self
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: i64,
}

/// An `array object` is one that a pack keeps as an object, for its class or dtype.
fn table(python: &Python) -> Vec<Row> {
    let is_numpy1 = python.name() == "numpy1";
    let masked = match is_numpy1 {
        true => "an object of class numpy.ma.core.MaskedArray",
        false => "an object of class numpy.ma.MaskedArray",
    };
    let mut rows = vec![
        row("Level.HIGH", "object")
            .reads::<i64>("2")
            .reads::<Option<f64>>("Some(2.0)")
            .refuses::<String>("an object of class odd_types.Level")
            .no_array::<f64>("an object of class odd_types.Level"),
        row("Mode.TRAIN", "object")
            .reads::<String>("\"train\"")
            .refuses::<f64>("an object of class odd_types.Mode"),
        row("Point(1.5, 2)", "object")
            .reads::<(f64, i64)>("(1.5, 2)")
            .reads::<Point>("Point { x: 1.5, y: 2 }")
            .refuses::<f64>("an object of class odd_types.Point"),
        row("MyInt(5)", "object")
            .reads::<u8>("5")
            .refuses::<Vec<u8>>("an object of class odd_types.MyInt"),
        row("MyFloat(1.5)", "object").reads::<f64>("1.5"),
        row("MyStr('s')", "object").reads::<String>("\"s\""),
        row("tagged(MyStr('s'))", "object").reads::<String>("\"s\""),
        row("MyTuple((1, 2))", "object").reads::<Vec<i64>>("[1, 2]").reads::<(u8, u8)>("(1, 2)"),
        row("MyList([1, 2])", "object").reads::<Vec<i64>>("[1, 2]"),
        row("MyDict(a=1)", "object").reads::<BTreeMap<String, i64>>("{\"a\": 1}"),
        row("MySet([1])", "object").reads::<Vec<i64>>("[1]"),
        row("Data()", "object")
            .reads::<BTreeMap<String, i64>>("{\"a\": 1}")
            .refuses::<f64>("an object of class odd_types.Data")
            .no_array::<f64>("an object of class odd_types.Data"),
        row("Calls(list, ([1, 2],))", "object")
            .reads::<Vec<i64>>("[1, 2]")
            .refuses::<f64>("a call of list"),
        row("Calls(int, (5,))", "object").reads::<i64>("5"),
        row("np.array(['a', None], dtype=object)", "numpy.ndarray")
            .reads::<Vec<Option<String>>>("[Some(\"a\"), None]")
            .refuses::<f64>("numpy.ndarray")
            .no_array::<f64>("Python objects (dtype object)"),
        row("np.array([[1, 2.5], [3, 4]], dtype=object)", "numpy.ndarray")
            .reads::<Vec<Vec<f64>>>("[[1.0, 2.5], [3.0, 4.0]]"),
        row("collections.deque([1, 2, 3], 2)", "object").reads::<Vec<i64>>("[2, 3]"),
        row("Calls(collections.deque, ([1, 2, 3], 2))", "object")
            .refuses::<Vec<i64>>("an object of class collections.deque"),
        row("Calls(list, (), [1], None, None, list.extend)", "object")
            .refuses::<Vec<i64>>("a call of list"),
        row("SetData()", "object")
            .refuses::<BTreeMap<String, i64>>("an object of class odd_types.SetData"),
        row("Calls(*np.array([1., 2.]).__reduce__(), None, None, put_negative)", "object")
            .refuses::<Vec<f64>>("an object of class numpy.ndarray")
            .no_array::<f64>("an object of class numpy.ndarray"),
        row("np.array([1., 2.]).view(SetSub)", "object")
            .refuses::<Vec<f64>>("an object of class odd_types.SetSub"),
        row("np.array([5])", "numpy.ndarray").refuses::<Vec<Datetime64<Days>>>("int"),
        row("np.array('NaT', dtype='M8[s]')", "numpy.ndarray")
            .reads::<Option<Datetime64<Seconds>>>("None")
            .refuses::<i64>("NaT of datetime64[s]"),
        row("np.array(None, dtype=object)", "numpy.ndarray").reads::<Option<i64>>("None"),
        row("np.array(1.5)", "numpy.ndarray").reads::<f64>("1.5").array::<f64>("([], [1.5])"),
        row("np.float32(1.5)", "numpy scalar")
            .reads::<f64>("1.5")
            .refuses::<String>("a NumPy scalar of float32"),
        row("np.datetime64('2024-01-01')", "numpy scalar")
            .refuses::<i64>("datetime64[D]")
            .refuses::<Option<i64>>("datetime64[D]"),
        row("np.datetime64('2024-01-01', 'ns')", "numpy scalar").refuses::<i64>("datetime64[ns]"),
        row("np.timedelta64('NaT', 's')", "numpy scalar")
            .refuses::<f64>("NaT of timedelta64[s]")
            .reads::<Option<f64>>("None"),
        row("np.array(['NaT'], dtype='M8[s]')", "numpy.ndarray")
            .refuses::<Vec<i64>>("NaT of datetime64[s]")
            .reads::<Vec<Option<i64>>>("[None]")
            .no_array::<i64>("datetime64[s]"),
        row("np.matrix([[1., 2.]])", "array object")
            .reads::<Vec<[f64; 2]>>("[[1.0, 2.0]]")
            .refuses::<f64>("an object of class numpy.matrix")
            .array::<f64>("([1, 2], [1.0, 2.0])"),
        row("np.arange(2, dtype='u1').view(Sub)", "array object").array::<u8>("([2], [0, 1])"),
        row("np.char.array(['a', 'bc'])", "array object").reads::<Vec<String>>("[\"a\", \"bc\"]"),
        row("np.array([1.5, 2], dtype='>f4')", "numpy.ndarray")
            .reads::<Vec<f64>>("[1.5, 2.0]")
            .refuses::<f64>("numpy.ndarray")
            .array::<f32>("([2], [1.5, 2.0])"),
        row("np.ma.array([1., 2.], mask=[0, 1])", "masked")
            .refuses::<Vec<f64>>(masked)
            .no_array::<f64>(masked),
        row("np.rec.array([(1.5, 2)], dtype=[('x', 'f8'), ('y', 'i8')])", "array object")
            .reads::<Vec<Point>>("[Point { x: 1.5, y: 2 }]"),
        row("np.array([(1.5, 2)], dtype=[('x', 'f8'), ('y', 'i8')])[0]", "numpy scalar")
            .reads::<Point>("Point { x: 1.5, y: 2 }")
            .refuses::<f64>("a NumPy record"),
    ];
    if !is_numpy1 {
        rows.push(
            row("np.array(['a', None], np.dtypes.StringDType(na_object=None))", "array object")
                .reads::<Vec<Option<String>>>("[Some(\"a\"), None]")
                .no_array::<f64>("Python objects (dtype object)"),
        );
    }
    rows
}

#[test]
fn odd_objects_give_one_answer_whichever_way_they_are_read() {
    for python in Python::both() {
        let root = tempfile::tempdir().unwrap();
        let rows = table(&python);
        let expressions: Vec<_> = rows.iter().map(|row| row.expression).collect();
        let list = root.path().join("rows.json");
        fs::write(&list, serde_json::to_vec(&expressions).unwrap()).unwrap();
        python.run(MAKE, [&list]);
        for (index, row) in rows.iter().enumerate() {
            let name = format!("{} under {}", row.expression, python.name());
            let folder: PathBuf = root.path().join(index.to_string());
            for check in &row.checks {
                check(&name, &folder);
            }
            let pack = Pack::open(folder.join("shared")).unwrap();
            let kind = pack
                .get("v")
                .unwrap()
                .as_value()
                .map_or("numpy.ndarray", |value| value.kind_name());
            let expected = match row.kind {
                "array object" | "masked" => "object",
                kind => kind,
            };
            assert_eq!(kind, expected, "{name}");
            pack.save_to(folder.join("again")).unwrap();
        }
        python.run(COMPARE, [root.path()]);
    }
}
