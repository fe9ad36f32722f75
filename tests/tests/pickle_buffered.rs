//! Values behind serde's own buffer: `flatten`, untagged and tagged enums.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::sync::Arc;
use varpack::npy::{Datetime64, Dtype, Field, Header, NpyArray, Record, Timedelta64, resolution};
use varpack::pickle::{self, Shared, Value};
use varpack::{LoadOptions, Varpack};
use varpack_tests::python::Python;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Value(Value),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Struct { value: Value },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    step: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Twice {
    name: String,
    #[serde(flatten)]
    flat: Flat,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Whole {
    step: u8,
    #[serde(flatten)]
    rest: Value,
}

/// What comes of a value through every buffer.
fn buffered(value: &Value) -> Vec<Value> {
    fn back<T: Serialize + DeserializeOwned>(value: &T) -> T {
        pickle::from_slice(&pickle::to_vec(value).unwrap()).unwrap()
    }
    let flat = Flat { step: 1, rest: [("a".to_owned(), value.clone())].into() };
    let Untagged::Value(untagged) = back(&Untagged::Value(value.clone())) else { panic!() };
    let Tagged::Struct { value: tagged } = back(&Tagged::Struct { value: value.clone() });
    let flattened = back(&flat).rest.remove("a").unwrap();
    let twice = back(&Twice { name: "n".into(), flat }).flat.rest.remove("a").unwrap();
    let whole = back(&Whole { step: 1, rest: Value::dict([("a", value.clone())]) });
    vec![untagged, tagged, flattened, twice, whole.rest.get("a").unwrap().clone()]
}

#[track_caller]
fn comes_through(value: &Value) {
    for (place, found) in buffered(value).iter().enumerate() {
        assert_eq!(found, value, "{place}");
    }
}

fn array(descr: &str, fortran_order: bool, shape: &[usize]) -> Value {
    let header =
        Header { dtype: Dtype::parse(descr).unwrap(), fortran_order, shape: shape.to_vec() };
    let bytes: Vec<u8> = (0..header.data_len().unwrap()).map(|byte| byte as u8 % 2).collect();
    Value::Array(Arc::new(NpyArray::from_bytes(header, bytes).unwrap()))
}

#[test]
fn arrays_come_through_serdes_buffer_as_arrays() {
    for descr in ["<f8", ">f8", "<c8", "|b1", "|u1", ">i2", "|S3", "<U2", "<M8[s]", "|V3"] {
        for shape in [&[2, 3][..], &[3], &[], &[0, 2]] {
            comes_through(&array(descr, false, shape));
        }
        comes_through(&array(descr, true, &[2, 3]));
    }
    let inner = array("<f8", false, &[2]);
    comes_through(&Value::list([inner.clone(), 7.into(), Value::list([inner.clone()])]));
    comes_through(&Value::dict([("a", inner), ("b", Value::None)]));
}

#[test]
fn times_come_through_serdes_buffer_as_times() {
    let time = pickle::to_value(&Datetime64::<resolution::Seconds>::new(5)).unwrap();
    let span = pickle::to_value(&Timedelta64::<resolution::Days>::new(-5)).unwrap();
    assert!(matches!(time, Value::Scalar(_)) && matches!(span, Value::Scalar(_)));
    comes_through(&time);
    comes_through(&Value::list([time, span]));
}

#[test]
fn dict_that_looks_like_an_array_comes_through_serdes_buffer_as_a_dict() {
    let dict = Value::dict([
        ("dtype", Value::from("'|u1'")),
        ("fortran_order", Value::Bool(false)),
        ("shape", Value::list([2.into()])),
        ("values", Value::from(&b"ab"[..])),
    ]);
    comes_through(&dict);
    comes_through(&Value::list([dict, array("|u1", false, &[2])]));
}

#[test]
fn types_that_serdes_buffer_lacks_are_those_that_it_has() {
    let list = |items: &[i64]| Value::list(items.iter().map(|&item| item.into()));
    let single = pickle::to_value(&NpyArray::from_elements(&[], &[0.5_f32]).unwrap()).unwrap();
    let Value::Array(single) = single else { panic!() };
    let number = pickle::Scalar { dtype: single.dtype().clone(), bytes: single.as_bytes().into() };
    for (value, expected) in [
        (Value::tuple([300.into(), 2.into()]), list(&[300, 2])),
        (Value::Set(Shared::new(vec![300.into()])), list(&[300])),
        (Value::FrozenSet(Shared::new(vec![300.into()])), list(&[300])),
        (Value::ByteArray((*b"ab").into()), Value::from(&b"ab"[..])),
        (Value::Scalar(Arc::new(number)), Value::Float(0.5)),
    ] {
        assert!(buffered(&value).iter().all(|found| *found == expected), "{value:?}");
    }
    for refused in [
        Value::BigInt((1_u128 << 70).into()),
        Value::Global(Arc::new(pickle::Global { module: "m".into(), name: "C".into() })),
        Value::Dtype(Arc::new(Dtype::Bool)),
    ] {
        let pickled = pickle::to_vec(&Tagged::Struct { value: refused.clone() }).unwrap();
        assert!(pickle::from_slice::<Tagged>(&pickled).is_err(), "{refused:?}");
    }
}

/// A variant's fields are buffered where the enum's tag is among them.
#[test]
fn values_are_written_through_serdes_buffer_as_they_are() {
    #[derive(Serialize)]
    enum Inner {
        Struct { value: Value },
        Tuple(Value, u8),
    }
    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Outer {
        Inner(Inner),
        Dict(Value),
    }
    #[derive(Serialize)]
    struct Flattened {
        #[serde(flatten)]
        inner: Inner,
    }
    let tuple = Value::tuple([array("<f8", false, &[2]), Value::Complex(Default::default())]);
    let set = Value::Set(Shared::new(vec![Value::tuple([])]));
    for value in
        [tuple, set, Value::ByteArray((*b"ab").into()), Value::BigInt((1_u128 << 80).into())]
    {
        let read = |pickled: varpack::Result<Value>| pickled.unwrap();
        let at = |outer: &Value, variant: &str| outer.get(variant).unwrap().clone();
        let fields = || Inner::Struct { value: value.clone() };
        let tuple = || Inner::Tuple(value.clone(), 1);
        for outer in [
            read(pickle::to_value(&Outer::Inner(fields()))),
            read(pickle::to_value(&Flattened { inner: fields() })),
        ] {
            assert_eq!(at(&outer, "Struct").get("value"), Some(&value));
        }
        for outer in [
            read(pickle::to_value(&Outer::Inner(tuple()))),
            read(pickle::to_value(&Flattened { inner: tuple() })),
        ] {
            assert_eq!(at(&outer, "Tuple").as_slice().unwrap()[0], value);
        }
        let dict = Outer::Dict(Value::dict([("a", value.clone())]));
        assert_eq!(read(pickle::to_value(&dict)).get("a"), Some(&value));
    }
}

#[test]
fn other_formats_have_values_as_before() {
    let value = Value::tuple([array("<f8", false, &[1]), 7.into()]);
    let text = serde_json::to_string(&Tagged::Struct { value }).unwrap();
    assert!(text.starts_with(r#"{"kind":"Struct","value":[{"dtype":"'<f8'","#), "{text}");
    let Tagged::Struct { value } = serde_json::from_str(&text).unwrap();
    assert!(matches!(&value.as_slice().unwrap()[0], Value::Dict(_)), "{value:?}");
}

#[derive(Varpack)]
struct Run {
    state: Flat,
}

#[test]
fn python_has_its_arrays_and_times_after_a_save_of_what_was_flattened() {
    const WRITE: &str = r#"
import json, pickle, sys
import numpy as np
state = {"step": 1, "w": np.arange(3.0), "f": np.asfortranarray(np.ones((2, 3), ">i2")),
         "when": np.datetime64("2020-01-01"), "deep": {"b": [np.array([True, False])]}}
data = pickle.dumps({"state": state}, 4)
open(sys.argv[1] + "/__misc_vars__.pickle", "wb").write(data)
entry = {"size": len(data), "filename": "__misc_vars__.pickle", "uses_numpy_placeholders": False}
json.dump({"state": entry}, open(sys.argv[1] + "/varpack.json", "w"))
"#;
    const READ: &str = r#"
import pickle, sys
import numpy as np
state = pickle.load(open(sys.argv[1] + "/__misc_vars__.pickle", "rb"))["state"]
assert state["step"] == 2
assert state["w"].dtype == "<f8" and state["w"].tolist() == [0, 1, 2]
assert state["f"].tolist() == [[1] * 3] * 2 and state["f"].flags.f_contiguous and state["f"].shape == (2, 3)
assert type(state["when"]) is np.datetime64 and state["when"] == np.datetime64("2020-01-01")
assert state["deep"]["b"][0].tolist() == [True, False]
"#;
    for python in Python::both() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        fs::create_dir(&folder).unwrap();
        python.run(WRITE, [&folder]);
        let mut run = Run::load_with(&folder, &LoadOptions::new()).unwrap();
        assert!(run.state.rest["w"].as_array().is_some());
        run.state.step = 2;
        run.save().unwrap();
        python.run(READ, [&folder]);
    }
}

/// What many a program reads a configuration as.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Any>),
    Map(BTreeMap<String, Any>),
}

#[derive(Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Defaults {
    lr: f64,
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Options {
    lr: Option<f64>,
    dtype: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Rest {
    #[serde(default)]
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Wrapped(BTreeMap<String, Any>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Name(String);

#[derive(Debug, Serialize, Deserialize)]
struct ByName(BTreeMap<Name, Any>);

/// Arrays of numbers, texts, bytes and records, with axes and without, and times.
fn arrays_and_times() -> Vec<Value> {
    let mut values: Vec<Value> = ["<f8", "|u1", "<U3", "|S2", "<i8", "<M8[ns]"]
        .into_iter()
        .flat_map(|descr| [array(descr, false, &[2]), array(descr, false, &[2, 2])])
        .collect();
    let parse = |descr| Dtype::parse(descr).unwrap();
    let fields = vec![Field::new("lr", parse("<f8"), 0), Field::new("name", parse("<U3"), 8)];
    let record = Dtype::Record(Record::new(fields, 20, false).unwrap());
    let header = Header { dtype: record, fortran_order: false, shape: vec![2] };
    values.push(Value::Array(Arc::new(NpyArray::from_bytes(header, [0; 40]).unwrap())));
    values.push(pickle::to_value(&Datetime64::<resolution::Nanoseconds>::new(5)).unwrap());
    values.push(pickle::to_value(&Timedelta64::<resolution::Seconds>::new(5)).unwrap());
    values
}

#[test]
fn no_type_takes_an_array_or_a_time_for_a_dict_or_a_struct() {
    fn refused<T: DeserializeOwned + Debug>(value: &Value) {
        let pickle = pickle::to_vec(value).unwrap();
        let error = pickle::from_slice::<T>(&pickle).unwrap_err();
        assert!(!error.to_string().contains("dict"), "{value:?}: {error}");
        assert!(!error.to_string().contains("dtype"), "{value:?}: {error}");
    }
    fn refused_in_a_buffer<T: DeserializeOwned + Debug>(value: &Value) {
        #[derive(Debug, Deserialize)]
        struct Flat<T> {
            #[serde(flatten)]
            _rest: BTreeMap<String, T>,
        }
        #[derive(Debug, Deserialize)]
        #[serde(untagged)]
        enum Untagged<T> {
            Only(T),
        }
        let flat = Value::dict([("x", value.clone())]);
        let pickle = pickle::to_vec(&flat).unwrap();
        pickle::from_slice::<Flat<T>>(&pickle).unwrap_err();
        let pickle = pickle::to_vec(value).unwrap();
        let read = pickle::from_slice::<Untagged<T>>(&pickle);
        assert!(read.is_err(), "{value:?}: {read:?}");
    }
    for value in arrays_and_times() {
        refused::<Defaults>(&value);
        refused::<Options>(&value);
        refused::<Rest>(&value);
        refused::<Wrapped>(&value);
        refused::<ByName>(&value);
        refused::<BTreeMap<String, Any>>(&value);
        refused_in_a_buffer::<Defaults>(&value);
        refused_in_a_buffer::<Options>(&value);
        refused_in_a_buffer::<Wrapped>(&value);
        refused_in_a_buffer::<ByName>(&value);
        refused_in_a_buffer::<Any>(&value);
        refused_in_a_buffer::<BTreeMap<String, Value>>(&value);
    }
}

#[test]
fn number_behind_serdes_buffer_is_refused_for_an_array_by_its_name() {
    #[derive(Debug, Deserialize)]
    struct Inner {
        _x: Vec<f64>,
    }
    #[derive(Debug, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        _inner: Inner,
    }
    let value = Value::dict([("_x", array("<f8", false, &[2]))]);
    let error = pickle::from_slice::<Flat>(&pickle::to_vec(&value).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "expected a sequence, found a NumPy array or time");
}

#[test]
fn untagged_enum_with_an_array_loads_the_variant_that_it_was_saved_as() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Layer {
        Meta {
            name: Option<String>,
            #[serde(default)]
            rate: f64,
        },
        Since(Timedelta64<resolution::Seconds>),
        Weights(varpack::MmapArray1<f32>),
        List(Vec<f64>),
    }
    let layers = [
        Layer::Meta { name: None, rate: 1.0 },
        Layer::Since(Timedelta64::new(3)),
        Layer::Weights(vec![1.5, 2.5].into()),
        Layer::List(vec![1.0]),
    ];
    let pickle = pickle::to_vec(&layers).unwrap();
    assert_eq!(pickle::from_slice::<[Layer; 4]>(&pickle).unwrap(), layers);
}

/// As a format without arrays would have it.
#[test]
fn array_is_a_sequence_to_whoever_takes_what_is_there() {
    let pickle = pickle::to_vec(&NpyArray::from_elements(&[2, 1], &[1.5, 2.5]).unwrap()).unwrap();
    let read: serde_json::Value = pickle::from_slice(&pickle).unwrap();
    assert_eq!(read.to_string(), "[[1.5],[2.5]]");
}
