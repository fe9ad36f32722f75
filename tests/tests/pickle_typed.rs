//! Rust types through serde: what they are in Python, and what they come back as.

use ndarray::{Array2, array};
use num_complex::Complex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use varpack::npy::NpyArray;
use varpack::pickle::{self, Document, Value, Writer, from_slice, from_value, to_value, to_vec};
use varpack::{AnyArray, ErrorKind, MmapArray1, MmapArray2, MmapArrayD};

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let bytes = to_vec(&value).unwrap();
    assert_eq!(from_slice::<T>(&bytes).unwrap(), value);
    let in_between = to_value(&value).unwrap();
    assert_eq!(from_value::<T>(&in_between).unwrap(), value, "{in_between:?}");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tuple(u8, String, Option<bool>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum External {
    Unit,
    Newtype(Vec<u8>),
    Tuple(i8, String),
    Struct { x: Option<i32>, y: Newtype },
    Empty {},
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Unit,
    Newtype(Inner),
    Struct { weights: MmapArray1<f32>, n: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(MmapArray2<f64>),
    Tuple(u8, MmapArray1<i16>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Array(MmapArray1<f32>),
    Number(f64),
    Text(String),
    Map { deep: Option<MmapArrayD<u8>> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    bias: MmapArray1<f32>,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Outer {
    step: u64,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Untagged>,
}

fn inner() -> Inner {
    Inner { bias: array![0.5, f32::NEG_INFINITY].into(), name: "dense".into() }
}

#[test]
fn scalars_come_back() {
    comes_back((true, i8::MIN, i16::MIN, i32::MIN, i64::MIN));
    comes_back((u8::MAX, u16::MAX, u32::MAX, u64::MAX, i128::MIN, u128::MAX));
    comes_back((i128::MAX, i64::MAX as i128 + 1, -1_i128, 1_u128 << 64));
    comes_back((0.1_f32, f64::MIN_POSITIVE, f64::INFINITY, -0.0));
    comes_back(('ß', '\0', String::from("grüße 世界 🧮"), "x".repeat(70_000)));
    comes_back((255_i64, 256_i64, 65_535_i64, 65_536_i64, -1_i64, 1_i64 << 31));
    comes_back(((), Unit, Newtype(1.5), Tuple(1, "a".into(), None)));
    comes_back((Some(1), None::<u8>, Some(Some(2)), Some(String::new())));
}

#[test]
fn containers_come_back() {
    comes_back(vec![vec![1_u8], vec![], vec![2, 3]]);
    comes_back([1.5_f32; 3]);
    comes_back((0..2_500).map(|n| (n, n.to_string())).collect::<BTreeMap<i64, String>>());
    comes_back((0..5_000).collect::<Vec<u32>>());
    comes_back(BTreeMap::from([((1_u8, "a".to_owned()), 2), ((1, "b".to_owned()), 3)]));
    comes_back(BTreeMap::from([(vec![1_u8, 2], 'a'), (vec![], 'b')]));
    comes_back(BTreeMap::from([(true, 1), (false, 2)]));
    comes_back(HashMap::from([(None, 1), (Some('x'), 2)]));
}

#[test]
fn maps_have_keys_of_their_own_type_in_python() {
    let value = to_value(&BTreeMap::from([(7_u8, "a")])).unwrap();
    assert_eq!(value, Value::dict([(7_u8, "a".into())]));
    let value = to_value(&BTreeMap::from([(vec![1_u8], 2)])).unwrap();
    assert_eq!(value, Value::dict([(Value::tuple([1.into()]), 2.into())]));
}

#[test]
fn key_that_python_cannot_hash_is_refused() {
    let error = to_vec(&BTreeMap::from([(BTreeMap::from([(1, 2)]), 3)])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Python cannot hash the key of a dict: expected a string, a number or a tuple, found a map \
         or a struct",
    );
}

#[test]
fn enums_are_what_serde_json_makes_of_them() {
    let variants = [
        External::Unit,
        External::Newtype(vec![1]),
        External::Tuple(-1, "a".into()),
        External::Struct { x: None, y: Newtype(0.5) },
        External::Empty {},
    ];
    for variant in variants {
        let json = serde_json::to_value(&variant).unwrap();
        let pickled = serde_json::to_value(to_value(&variant).unwrap()).unwrap();
        assert_eq!(json, pickled);
        comes_back(vec![variant]);
    }
}

#[test]
fn arrays_survive_every_way_of_serde() {
    comes_back(inner());
    comes_back(vec![Some(inner()), None]);
    comes_back(Internal::Unit);
    comes_back(Internal::Newtype(inner()));
    comes_back(Internal::Struct { weights: array![1.0, 2.0].into(), n: 3 });
    comes_back(Adjacent::Unit);
    comes_back(Adjacent::Newtype(Array2::zeros((0, 5)).into()));
    comes_back(Adjacent::Newtype(array![[1.0, 2.0], [3.0, 4.0]].reversed_axes().into()));
    comes_back(Adjacent::Tuple(9, array![1, 2].into()));
    comes_back(Untagged::Array(array![1.5].into()));
    comes_back(Untagged::Number(2.5));
    comes_back(Untagged::Map { deep: Some(ndarray::arr0(7).into_dyn().into()) });
    let rest = BTreeMap::from([
        ("a".to_owned(), Untagged::Array(array![3.0].into())),
        ("b".to_owned(), Untagged::Text("text".into())),
    ]);
    comes_back(Outer { step: 4, inner: inner(), rest });
}

#[test]
fn arrays_survive_serde_json() {
    let rest = BTreeMap::from([("a".to_owned(), Untagged::Array(array![3.0].into()))]);
    let outer = Outer { step: 4, inner: inner(), rest };
    let text = serde_json::to_string(&outer).unwrap();
    assert_eq!(serde_json::from_str::<Outer>(&text).unwrap(), outer);
    let json = serde_json::to_value(&outer).unwrap();
    assert_eq!(serde_json::from_value::<Outer>(json).unwrap(), outer);

    let weights = MmapArray2::from(array![[1.5_f32, -0.0], [f32::INFINITY, f32::NEG_INFINITY]]);
    let text = serde_json::to_string(&weights).unwrap();
    assert_eq!(
        text,
        r#"{"dtype":"'<f4'","fortran_order":false,"shape":[2,2],"values":[1.5,-0.0,"inf","-inf"]}"#
            .replace('<', if cfg!(target_endian = "big") { ">" } else { "<" }),
    );
    assert_eq!(serde_json::from_str::<MmapArray2<f32>>(&text).unwrap(), weights);
    let complex = MmapArray1::from(array![Complex::new(1.5, -2.0)]);
    let text = serde_json::to_string(&complex).unwrap();
    assert_eq!(serde_json::from_str::<MmapArray1<Complex<f64>>>(&text).unwrap(), complex);
}

#[test]
fn what_only_a_pickle_has_a_form_for_is_refused_by_serde_json_by_name() {
    let cases: [(&[u8], &str); 3] = [
        (b"\x80\x04\x8c\x01m\x8c\x01C\x93)\x81.", "a Python object"),
        (b"\x80\x04\x8c\x08builtins\x8c\x03len\x93.", "a class or function"),
        (b"\x80\x04\x8c\x03\xed\xa0\x80.", "a str with lone surrogates, which is no text"),
    ];
    for (pickle, found) in cases {
        let value = Value::list([Value::from_slice(pickle).unwrap()]);
        let error = serde_json::to_string(&value).unwrap_err();
        assert_eq!(error.to_string(), format!("expected plain data, found {found}"));
    }
}

#[test]
fn array_of_another_dtype_or_ndim_is_refused_by_name() {
    let bytes = to_vec(&inner()).unwrap();
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the error is looked at")]
    struct Other {
        bias: MmapArray1<f64>,
    }
    let error = from_slice::<Other>(&bytes).unwrap_err();
    assert_eq!(error.variable(), Some("bias"));
    assert!(error.to_string().contains("expected dtype float64, found float32"), "{error}");
    let bytes = to_vec(&[1.5]).unwrap();
    let error = from_slice::<MmapArray1<f64>>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "expected an array of float64 with 1 axes, found tuple");
}

#[test]
fn numpy_arrays_are_vecs_too() {
    let square = MmapArray2::from(array![[1_u8, 2, 3], [4, 5, 6]]);
    let bytes = to_vec(&square).unwrap();
    assert_eq!(from_slice::<Vec<Vec<u8>>>(&bytes).unwrap(), [[1, 2, 3], [4, 5, 6]]);
    assert_eq!(from_slice::<[[u64; 3]; 2]>(&bytes).unwrap(), [[1, 2, 3], [4, 5, 6]]);
    let transposed = MmapArray2::from(array![[1_i32, 2, 3], [4, 5, 6]].reversed_axes());
    let bytes = to_vec(&transposed).unwrap();
    assert_eq!(from_slice::<Vec<Vec<i64>>>(&bytes).unwrap(), [[1, 4], [2, 5], [3, 6]]);
    let error = from_slice::<Vec<Vec<String>>>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "variable `[0][0]`: expected a string, found int");
}

#[test]
fn any_array_keeps_dtype_order_and_bytes() {
    let array = AnyArray::try_from(MmapArray1::from(array![1_u16, 2])).unwrap();
    comes_back(array.clone());
    let plain = NpyArray::try_from(&array).unwrap();
    assert_eq!(to_value(&array).unwrap().as_array(), Some(&plain));
}

#[test]
fn value_inside_a_struct_keeps_python_objects() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        extra: Value,
        list: Vec<Value>,
        option: Option<Value>,
    }
    let date = Value::from_slice(b"cdatetime\ndate\n(K\x07K\x01K\x02tR.").unwrap();
    let holder = Holder {
        extra: Value::dict([("when", date.clone())]),
        list: vec![Value::Bytes(b"raw".as_slice().into()), Value::None, date.clone()],
        option: Some(Value::tuple([date])),
    };
    comes_back(holder);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    comes_back(Flat { rest: BTreeMap::from([("a".into(), Value::list([1.into()]))]) });
}

#[derive(Debug, PartialEq, Deserialize)]
struct Epoch {
    number: u8,
    loss: f64,
}

#[test]
fn errors_name_the_place_the_expected_and_the_found() {
    let history = |loss: Value| {
        let epoch = |loss: Value| Value::dict([("number", 1.into()), ("loss", loss)]);
        let good = epoch(0.5.into());
        Value::list([good.clone(), good.clone(), good, epoch(loss)])
    };
    let bytes = to_vec(&history("high".into())).unwrap();
    let document = Document::parse(&bytes).unwrap();
    let error = document.root().deserialize_in::<Vec<Epoch>>("history").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.variable(), Some("history[3].loss"));
    assert_eq!((error.expected(), error.found()), (Some("f64"), Some("str")));
    assert_eq!(error.to_string(), "variable `history[3].loss`: expected f64, found str");

    type ByName = BTreeMap<String, Vec<Epoch>>;
    let bytes = to_vec(&Value::dict([("train", history(Value::None))])).unwrap();
    let error = from_slice::<ByName>(&bytes).unwrap_err();
    assert_eq!(error.variable(), Some("[train][3].loss"));
    assert_eq!(error.found(), Some("None"));
    let bytes = to_vec(&Value::list([Value::dict([("number", 1.into())])])).unwrap();
    let error = from_slice::<Vec<Epoch>>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "variable `[0]`: missing field `loss`");
}

#[test]
fn python_class_in_a_typed_load_is_named() {
    let date = b"cdatetime\ndate\n(K\x07K\x01K\x02tR.";
    let error = from_slice::<f64>(date).unwrap_err();
    assert_eq!(error.to_string(), "expected f64, found an object of class datetime.date");
    let error = from_slice::<String>(b"cposix\nsystem\n.").unwrap_err();
    assert_eq!(error.to_string(), "expected a string, found the class or function posix.system");
}

#[test]
fn plain_objects_and_collections_are_structs_maps_and_lists() {
    // A dataclass under protocol 0: copyreg._reconstructor(Epoch, object, None) and its __dict__.
    let plain = b"ccopy_reg\n_reconstructor\n(cmodule\nEpoch\nc__builtin__\nobject\nNtR(dVnumber\n\
                  I3\nsVloss\nF0.25\nsb.";
    assert_eq!(from_slice::<Epoch>(plain).unwrap(), Epoch { number: 3, loss: 0.25 });
    // Slots: (None, {…}).
    let slotted = b"\x80\x02cmodule\nEpoch\n)\x81N}(X\x06\x00\x00\x00numberK\x03X\x04\x00\x00\x00\
                    lossG?\xd0\x00\x00\x00\x00\x00\x00u\x86b.";
    assert_eq!(from_slice::<Epoch>(slotted).unwrap(), Epoch { number: 3, loss: 0.25 });
    let ordered = b"\x80\x02ccollections\nOrderedDict\n)RX\x01\x00\x00\x00aK\x01s.";
    assert_eq!(from_slice::<BTreeMap<String, u8>>(ordered).unwrap()["a"], 1);
    let deque = b"\x80\x02ccollections\ndeque\n]K\x05\x86R(K\x01K\x02e.";
    let deque_error = from_slice::<String>(deque).unwrap_err();
    assert_eq!(deque_error.found(), Some("an object of class collections.deque"));
    assert_eq!(from_slice::<Vec<u8>>(deque).unwrap(), [1, 2]);
    let set = b"\x80\x02c__builtin__\nset\n](K\x01K\x02e\x85R.";
    assert_eq!(from_slice::<Vec<u8>>(set).unwrap(), [1, 2]);
}

#[test]
fn bytes_are_bytes() {
    #[derive(Debug, PartialEq)]
    struct Raw(Vec<u8>);
    impl Serialize for Raw {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    assert_eq!(to_value(&Raw(vec![1, 2])).unwrap().as_bytes(), Some([1, 2].as_slice()));
    let large = Raw(vec![7; 100_000]);
    assert_eq!(from_slice::<Vec<u8>>(&to_vec(&large).unwrap()).unwrap(), large.0);
}

#[test]
fn writer_takes_keys_and_values_in_turns_alone() {
    let mut writer = Writer::new();
    assert_eq!(writer.key("a").unwrap_err().kind(), ErrorKind::Usage);
    writer.begin_dict().unwrap();
    assert_eq!(writer.value(&1).unwrap_err().kind(), ErrorKind::Usage);
    writer.key("a").unwrap();
    assert_eq!(writer.key("b").unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(writer.end_dict().unwrap_err().kind(), ErrorKind::Usage);
    writer.begin_dict().unwrap();
    writer.key(&7).unwrap();
    writer.node(&Value::None).unwrap();
    writer.end_dict().unwrap();
    writer.end_dict().unwrap();
    assert_eq!(writer.value(&1).unwrap_err().kind(), ErrorKind::Usage);
    let bytes = writer.finish().unwrap();
    assert_eq!(from_slice::<BTreeMap<String, BTreeMap<u8, ()>>>(&bytes).unwrap()["a"][&7], ());
    assert_eq!(Writer::new().finish().unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn value_that_failed_spoils_the_pickle() {
    let mut writer = Writer::new();
    writer.begin_dict().unwrap();
    writer.key("a").unwrap();
    assert!(writer.value(&BTreeMap::from([(Some(BTreeMap::from([(1, 1)])), 1)])).is_err());
    assert_eq!(writer.finish().unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn large_maps_and_lists_come_in_batches_of_a_thousand() {
    let bytes = to_vec(&(0..2_001).collect::<Vec<u16>>()).unwrap();
    assert!(bytes.iter().filter(|&&byte| byte == b'e').count() >= 3);
    let read: Vec<u16> = from_slice(&bytes).unwrap();
    assert_eq!(read.len(), 2_001);
}

#[test]
fn sorted_writer_sorts_maps_inside_structs() {
    #[derive(Serialize)]
    struct Holder<'m> {
        map: &'m HashMap<u32, HashMap<String, u8>>,
    }
    let inner = |order: &[u8]| order.iter().map(|&n| (n.to_string(), n)).collect();
    let one = HashMap::from([(1, inner(&[1, 2, 3])), (2, inner(&[4, 5]))]);
    let other = HashMap::from([(2, inner(&[5, 4])), (1, inner(&[3, 2, 1]))]);
    let pickled = |map| {
        let mut writer = Writer::with_sorted_maps();
        writer.value(&Holder { map }).unwrap();
        writer.finish().unwrap()
    };
    assert_eq!(pickled(&one), pickled(&other));
}

#[test]
fn nodes_show_what_they_are() {
    let bytes = to_vec(&(1, "a", [0.5], Some(true), inner())).unwrap();
    let document = Document::parse(&bytes).unwrap();
    let root = document.root();
    let kinds: Vec<_> = root.items().unwrap().map(|node| node.kind_name()).collect();
    assert_eq!(kinds, ["int", "str", "tuple", "bool", "dict"]);
    let inner = root.items().unwrap().last().unwrap();
    let bias = inner.get("bias").unwrap();
    assert_eq!((bias.kind_name(), bias.is_array()), ("numpy.ndarray", true));
    assert_eq!(bias.to_array().unwrap().unwrap().shape(), [2]);
    assert!(inner.get("none").is_none() && root.entries().is_none());
    let mut writer = Writer::new();
    writer.placeholder("x.npy").unwrap();
    let bytes = writer.finish().unwrap();
    assert_eq!(Document::parse(&bytes).unwrap().root().placeholder(), Some("x.npy"));
    assert_eq!(
        pickle::from_slice::<f64>(&bytes).unwrap_err().found(),
        Some("an array in a file of its own, x.npy")
    );
}
