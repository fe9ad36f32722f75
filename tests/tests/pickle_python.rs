//! What Rust writes, CPython reads; what CPython makes of it, Rust reads: typed, over all protocols.

use ndarray::{arr0, array};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use varpack::npy::resolution::Seconds;
use varpack::npy::{Datetime64, Dtype};
use varpack::pickle::{BigInt, Scalar, Value, from_slice, to_vec};
use varpack::{ErrorKind, MmapArray1, MmapArrayD};
use varpack_tests::python::Python;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Text(String),
    Pair(i64, f64),
    Named { flag: bool, big: i128 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    signed: i32,
    huge: u128,
    ratio: f64,
    name: String,
    letter: char,
    nothing: Option<Option<u8>>,
    pair: (bool, f32),
    kind: Kind,
    weights: MmapArray1<f32>,
    by_number: BTreeMap<i16, String>,
    by_name: BTreeMap<String, Vec<f64>>,
    children: Vec<Record>,
}

fn float() -> impl Strategy<Value = f64> {
    // NaN differs from itself, in what is compared here.
    any::<f64>().prop_filter("no NaN", |float| !float.is_nan())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Plain),
        any::<String>().prop_map(Kind::Text),
        (any::<i64>(), float()).prop_map(|(a, b)| Kind::Pair(a, b)),
        (any::<bool>(), any::<i128>()).prop_map(|(flag, big)| Kind::Named { flag, big }),
    ]
}

fn leaf() -> impl Strategy<Value = Record> {
    let numbers = (any::<u64>(), any::<i32>(), any::<u128>(), float());
    let texts = (any::<String>(), any::<char>());
    let pair = (any::<bool>(), -1e9_f32..1e9);
    let maps = (
        btree_map(any::<i16>(), any::<String>(), 0..4),
        btree_map(any::<String>(), vec(float(), 0..5), 0..4),
    );
    let rest =
        (kind(), vec(-1e9_f32..1e9, 0..9), any::<Option<u8>>().prop_map(|inner| inner.map(Some)));
    (numbers, texts, pair, maps, rest).prop_map(|(numbers, texts, pair, maps, rest)| Record {
        id: numbers.0,
        signed: numbers.1,
        huge: numbers.2,
        ratio: numbers.3,
        name: texts.0,
        letter: texts.1,
        nothing: rest.2,
        pair,
        kind: rest.0,
        weights: rest.1.into(),
        by_number: maps.0,
        by_name: maps.1,
        children: Vec::new(),
    })
}

fn record() -> impl Strategy<Value = Record> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        (leaf(), vec(inner, 0..3)).prop_map(|(leaf, children)| Record { children, ..leaf })
    })
}

/// The pickle, unless Python has no such value: one with two equal keys, say.
fn written(value: &Value) -> Option<Vec<u8>> {
    match to_vec(value) {
        Ok(written) => Some(written),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Value, "{error}");
            None
        }
    }
}

proptest! {
    #[test]
    fn any_record_comes_back(record in record()) {
        let bytes = to_vec(&record).unwrap();
        prop_assert_eq!(&from_slice::<Record>(&bytes).unwrap(), &record);
        let value = Value::from_slice(&bytes).unwrap();
        prop_assert_eq!(from_slice::<Record>(&to_vec(&value).unwrap()).unwrap(), record);
    }

    #[test]
    fn any_bytes_are_refused_or_harmless(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(value) = Value::from_slice(&bytes) {
            if let Some(written) = written(&value) {
                prop_assert_eq!(Value::from_slice(&written).unwrap(), value);
            }
            let _ = from_slice::<Record>(&bytes);
        }
    }

    #[test]
    fn any_opcodes_are_refused_or_harmless(
        opcodes in vec(prop::sample::select(b"(]}).0123NK\x01J\x07aesudtlqhRb\x81\x85\x86\x87\x88\x8f\x90\x91\x94Cx\x8cy".to_vec()), 0..60),
    ) {
        let pickle = [opcodes.as_slice(), b"."].concat();
        if let Ok(value) = Value::from_slice(&pickle)
            && let Some(written) = written(&value)
        {
            prop_assert_eq!(Value::from_slice(&written).unwrap(), value);
        }
    }

    #[test]
    fn any_integer_is_what_its_decimal_says(number in any::<i128>(), digits in "-?[1-9][0-9]{30,80}") {
        let big = varpack::pickle::BigInt::from(number);
        prop_assert_eq!(big.to_string(), number.to_string());
        prop_assert_eq!(big.to_i128(), Some(number));
        prop_assert_eq!(number.to_string().parse::<varpack::pickle::BigInt>().unwrap(), big);
        let big: varpack::pickle::BigInt = digits.parse().unwrap();
        prop_assert_eq!(big.to_string(), digits);
        prop_assert_eq!(varpack::pickle::BigInt::from_le_bytes(big.to_le_bytes()), big);
    }
}

/// Loads each `n.pickle` and dumps it as `n.p.pickle` under each protocol.
const REWRITE: &str = "
import pickle, pickletools, io, os, sys
folder = sys.argv[1]
for name in os.listdir(folder):
    data = open(os.path.join(folder, name), 'rb').read()
    pickletools.dis(data, io.StringIO())  # checks stack and memo
    value = pickle.loads(data)
    for protocol in range(6):
        with open(os.path.join(folder, name.replace('pickle', f'{protocol}')), 'wb') as file:
            pickle.dump(value, file, protocol)
";

#[test]
fn any_record_comes_back_from_cpython_under_every_protocol() {
    for python in Python::both() {
        let mut runner = TestRunner::deterministic();
        let folder = tempfile::tempdir().unwrap();
        let records: Vec<Record> =
            (0..200).map(|_| record().new_tree(&mut runner).unwrap().current()).collect();
        for (index, record) in records.iter().enumerate() {
            fs::write(folder.path().join(format!("{index}.pickle")), to_vec(record).unwrap())
                .unwrap();
        }
        python.run(REWRITE, [folder.path()]);
        for (index, record) in records.iter().enumerate() {
            for protocol in 0..6 {
                let file = folder.path().join(format!("{index}.{protocol}"));
                let read: Record = from_slice(&fs::read(&file).unwrap())
                    .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                assert_eq!(&read, record, "{}", file.display());
            }
        }
    }
}

fn scalar(descr: &str, bytes: &[u8]) -> Value {
    Value::Scalar(Scalar { dtype: Dtype::parse(descr).unwrap(), bytes: bytes.into() }.into())
}

/// Keys of which some are one to Python.
fn keys() -> Vec<Value> {
    let frozen = |items: Vec<Value>| Value::FrozenSet(items.into());
    let complex = |re, im| Value::Complex(num_complex::Complex::new(re, im));
    let big = |text: &str| Value::from(text.parse::<BigInt>().unwrap());
    let mut keys = vec![
        Value::None,
        "".into(),
        "1".into(),
        b"1".as_slice().into(),
        Value::tuple([]),
        f64::NAN.into(),
        f64::NAN.into(),
        f64::INFINITY.into(),
        0.1.into(),
        f64::from(0.1_f32).into(),
        i64::MIN.into(),
        i64::MAX.into(),
        big("9007199254740993"),
        big("18446744073709551615"),
        big("1267650600228229401496703205376"),
        big("-1267650600228229401496703205376"),
        big("1267650600228229401496703205377"),
        frozen(vec![1.into(), 2.into()]),
        frozen(vec![2.0.into(), true.into()]),
        frozen(vec![]),
        complex(0.5, 1.0),
        complex(0.5, -0.0),
        scalar("<U2", b"1\0\0\0\0\0\0\0"),
        scalar("|S3", b"1\0\0"),
        scalar("<f4", &0.1_f32.to_le_bytes()),
        scalar(">f8", &0.1_f64.to_be_bytes()),
        scalar("<f2", &half::f16::from_f32(0.5).to_le_bytes()),
        scalar("<u8", &u64::MAX.to_le_bytes()),
        scalar("<i8", &i64::MIN.to_le_bytes()),
        scalar("|b1", &[1]),
        scalar("<c16", &[0.5_f64.to_le_bytes(), 1.0_f64.to_le_bytes()].concat()),
        scalar("<M8[s]", &7_i64.to_le_bytes()),
    ];
    for float in
        [0.0, 1.0, -1.0, 0.5, 2.0, 255.0, 2_f64.powi(53), -(2_f64.powi(63)), 2_f64.powi(100)]
    {
        keys.extend([float.into(), (-float).into(), complex(float, 0.0)]);
        keys.push(scalar("<f8", &float.to_le_bytes()));
        if float.abs() < 300.0 && float.fract() == 0.0 {
            keys.extend([(float as i64).into(), scalar(">i2", &(float as i16).to_be_bytes())]);
        }
    }
    keys.extend([true.into(), false.into(), scalar("|u1", &[255]), scalar("|i1", &[255])]);
    let nested = keys.iter().step_by(3).map(|key| Value::tuple([key.clone(), "x".into()]));
    let nested: Vec<_> = nested.collect();
    keys.extend(nested);
    keys
}

#[test]
fn keys_are_refused_exactly_where_python_takes_two_for_one() {
    const COMPARE: &str = "
import pickle, sys
keys = pickle.load(open(sys.argv[1], 'rb'))
for a in keys:
    print(''.join('01'[len({a, b}) == 1] for b in keys))
";
    let keys = keys();
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.pickle");
        // So that no key is the other by being the same object.
        let own = keys.iter().map(|key| Value::from_slice(&to_vec(key).unwrap()).unwrap());
        fs::write(&file, to_vec(&Value::list(own)).unwrap()).unwrap();
        let table = python.run(COMPARE, [&file]);
        for (a, row) in keys.iter().zip(table.lines()) {
            for ((b, is_one), is_other) in
                keys.iter().zip(row.chars()).zip(keys.iter().map(|b| !std::ptr::eq(a, b)))
            {
                if is_other {
                    let dict = Value::dict([(a, 1.into()), (b, 2.into())]);
                    let set = Value::Set(vec![a.clone(), b.clone()].into());
                    for value in [Value::list([dict]), set] {
                        let refused = written(&value).is_none();
                        assert_eq!(refused, is_one == '1', "{a:?} and {b:?} in {}", python.name());
                    }
                }
            }
        }
    }
}

#[derive(Serialize)]
struct Epoch {
    step: u32,
    loss: f64,
    label: &'static str,
}

#[test]
fn structs_take_hardly_more_bytes_than_in_cpython() {
    let Some(python) = Python::numpy2() else { return };
    let rows: Vec<Epoch> = (0..100_000_u32)
        .map(|step| Epoch { step, loss: f64::from(step) / 7.0, label: "train" })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.pickle");
    let bytes = to_vec(&rows).unwrap();
    fs::write(&file, &bytes).unwrap();
    let script = "
import pickle, pickletools, io, sys
data = open(sys.argv[1], 'rb').read()
rows = pickle.loads(data)
# Strings of their own, as in Rust: CPython's memo would find one again.
expected = [{'step': step, 'loss': step / 7.0, 'label': ''.join(['tra', 'in'])} for step in range(100_000)]
assert rows == expected and list(rows[0]) == ['step', 'loss', 'label']
frames = [argument for opcode, argument, _ in pickletools.genops(data) if opcode.name == 'FRAME']
assert len(frames) > 10 and max(frames) < 65_536 + 1_000, frames
print(len(pickle.dumps(expected, 4)))";
    let theirs: usize = python.run(script, [&file]).trim().parse().unwrap();
    let ours = bytes.len();
    assert!(ours as f64 <= theirs as f64 * 1.15, "{ours} bytes, CPython {theirs}");
}

#[test]
fn large_strings_and_arrays_stand_outside_of_frames() {
    let Some(python) = Python::numpy2() else { return };
    let weights = MmapArray1::from(Vec::from_iter((0..200_000).map(f64::from)));
    let bytes = to_vec(&("x".repeat(100_000), weights, 7)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.pickle");
    fs::write(&file, &bytes).unwrap();
    let script = "
import pickle, pickletools, sys
data = open(sys.argv[1], 'rb').read()
text, weights, seven = pickle.loads(data)
assert text == 'x' * 100_000 and weights.sum() == 199_999 * 100_000 and seven == 7
frames = [argument for opcode, argument, _ in pickletools.genops(data) if opcode.name == 'FRAME']
assert sum(frames) < 1_000, frames";
    python.run(script, [&file]);
}

#[test]
fn memory_mapped_arrays_inside_a_pickle_are_arrays() {
    // What the Python program's own re-save leaves behind.
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let script = "
import numpy as np, pickle, sys
np.save(sys.argv[1] + '/a.npy', np.arange(6, dtype='>i2').reshape(2, 3))
mapped = np.load(sys.argv[1] + '/a.npy', mmap_mode='r')
for protocol in range(6):
    pickle.dump(mapped, open(f'{sys.argv[1]}/{protocol}', 'wb'), protocol)";
        python.run(script, [folder.path()]);
        for protocol in 0..6 {
            let bytes = fs::read(folder.path().join(protocol.to_string())).unwrap();
            let read: varpack::MmapArray2<i16> = from_slice(&bytes).unwrap();
            assert_eq!(read, array![[0_i16, 1, 2], [3, 4, 5]]);
            assert_eq!(Value::from_slice(&bytes).unwrap().kind_name(), "numpy.ndarray");
        }
    }
}

#[test]
fn numpy_scalars_are_numbers_texts_and_bytes() {
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let script = "
import numpy as np, pickle, sys
values = dict(f4=np.float32(1.5), f2=np.float16(-2), be=np.dtype('>i4').type(-7), u8=np.uint64(2**64 - 1), yes=np.bool_(True),
    text=np.str_('gr\\u00fc\\u00dfe'), raw=np.bytes_(b'ab'), when=np.datetime64(5, 's'), z=np.complex64(1 + 2j),
    rows=np.array([(1, .5), (2, .25)], dtype=[('n', 'u1'), ('x', '>f8')]))
for protocol in range(6):
    pickle.dump(values, open(f'{sys.argv[1]}/{protocol}', 'wb'), protocol)";
        python.run(script, [folder.path()]);
        #[derive(Debug, PartialEq, Deserialize)]
        struct Row {
            n: u8,
            x: f64,
        }
        #[derive(Debug, PartialEq, Deserialize)]
        struct Scalars {
            f4: f32,
            f2: f64,
            be: i8,
            u8: u64,
            yes: bool,
            text: String,
            when: MmapArrayD<Datetime64<Seconds>>,
            z: (f32, f32),
            rows: Vec<Row>,
        }
        for protocol in 0..6 {
            let bytes = fs::read(folder.path().join(protocol.to_string())).unwrap();
            let expected = Scalars {
                f4: 1.5,
                f2: -2.0,
                be: -7,
                u8: u64::MAX,
                yes: true,
                text: "grüße".into(),
                when: arr0(Datetime64::new(5)).into_dyn().into(),
                z: (1.0, 2.0),
                rows: vec![Row { n: 1, x: 0.5 }, Row { n: 2, x: 0.25 }],
            };
            assert_eq!(from_slice::<Scalars>(&bytes).unwrap(), expected);
        }
    }
}
