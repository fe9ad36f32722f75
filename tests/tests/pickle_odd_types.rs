//! Typed reads of what Python programs put in pickles beside plain values: members of enums, namedtuples,
//! subclasses, object arrays, times, numbers of `ml_dtypes`. Real objects, made by Python.

use ndarray::{arr0, array};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use varpack::npy::Datetime64;
use varpack::npy::resolution::{Days, Nanoseconds};
use varpack::pickle::{Value, from_slice};
use varpack::{ErrorKind, MmapArray1, MmapArray2, MmapArrayD};
use varpack_tests::python::Python;

/// The classes of these tests, in a module that pickles can name.
const CLASSES: &str = "
import collections, enum, sys, typing, pickle, types
import numpy as np
m = types.ModuleType('odd'); sys.modules['odd'] = m
exec('''
import collections, dataclasses, enum, typing
import numpy as np
class Level(enum.IntEnum): LOW = 1; HIGH = 2
class Flags(enum.IntFlag): R = 4; W = 2
class Mode(str, enum.Enum): TRAIN = \"train\"
class Plain(enum.Enum): RED = \"red\"
class Point(typing.NamedTuple): x: float; y: int
Pair = collections.namedtuple(\"Pair\", \"x y\")
Lone = collections.namedtuple(\"Lone\", \"x\")
class MyInt(int): pass
class MyFloat(float): pass
class MyStr(str): pass
class MyBytes(bytes): pass
class MyTuple(tuple): pass
class MyList(list): pass
class MyDict(dict): pass
class MySet(set): pass
class Sub(np.ndarray): pass
class Calls:
    def __init__(self, *call): self.call = call
    def __reduce__(self): return self.call
@dataclasses.dataclass
class Data: a: int = 1
def tagged(value): value.tag = 7; return value
''', m.__dict__)
for value in list(vars(m).values()):
    if isinstance(value, type) and value.__module__ not in ('builtins', 'numpy'): value.__module__ = 'odd'
";

/// Pickles of a Python expression: under both NumPys and every protocol.
fn pickles(expression: &str) -> Vec<(String, Vec<u8>)> {
    let script = format!(
        "{CLASSES}\nfrom odd import *\nvalue = {expression}\nfor protocol in range(6):\n    \
         pickle.dump(value, open(f'{{sys.argv[1]}}/{{protocol}}', 'wb'), protocol)"
    );
    let mut pickles = Vec::new();
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        python.run(script.as_str(), [folder.path()]);
        for protocol in 0..6 {
            let bytes = fs::read(folder.path().join(protocol.to_string())).unwrap();
            let name = format!("{expression} under {}, protocol {protocol}", python.name());
            pickles.push((name, bytes));
        }
    }
    pickles
}

#[track_caller]
fn reads<T: for<'d> Deserialize<'d> + PartialEq + Debug>(expression: &str, expected: &T) {
    for (name, bytes) in pickles(expression) {
        match from_slice::<T>(&bytes) {
            Ok(value) => assert_eq!(value, *expected, "{name}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[track_caller]
fn refuses<T: for<'d> Deserialize<'d> + Debug>(expression: &str, expected: &str) {
    for (name, bytes) in pickles(expression) {
        let error = from_slice::<T>(&bytes).expect_err(&name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[derive(Debug, PartialEq, Deserialize)]
struct Pair {
    x: f64,
    y: i64,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Lone {
    x: i64,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Train,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    n: u8,
    x: f64,
}

#[test]
fn members_of_enums_are_their_values() {
    reads("Level.HIGH", &2_i64);
    reads("Flags.R | Flags.W", &6_u8);
    reads("Mode.TRAIN", &"train".to_owned());
    reads("Mode.TRAIN", &Mode::Train);
    reads("Plain.RED", &"red".to_owned());
    reads("[Level.LOW, 5]", &vec![1_i64, 5]);
    reads("{Mode.TRAIN: 1}", &BTreeMap::from([("train".to_owned(), 1)]));
    refuses::<f64>("Mode.TRAIN", "expected f64, found an object of class odd.Mode");
    refuses::<Vec<i64>>("Level.HIGH", "found an object of class odd.Level");
}

#[test]
fn namedtuples_are_tuples_and_structs_in_order() {
    reads("Point(1.5, 2)", &(1.5, 2));
    reads("Point(1.5, 2)", &Pair { x: 1.5, y: 2 });
    reads("[Pair(1, 2)]", &vec![vec![1_i64, 2]]);
    reads("Lone(5)", &Lone { x: 5 });
    reads("Lone(5)", &(5_i64,));
    refuses::<(f64, i64, i64)>("Point(1.5, 2)", "3");
    refuses::<f64>("Point(1.5, 2)", "found an object of class odd.Point");
}

#[test]
fn subclasses_of_builtins_are_what_they_are_without_the_subclass() {
    reads("MyInt(5)", &5_i64);
    reads("tagged(MyInt(5))", &5_i64);
    reads("MyInt(2**100)", &(1_u128 << 100));
    reads("MyFloat(1.5)", &1.5);
    reads("MyStr('s')", &"s".to_owned());
    reads("MyTuple((1, 2))", &(1, 2));
    reads("MyTuple((1, 2))", &vec![1, 2]);
    reads("MyList([1, 2])", &vec![1, 2]);
    reads("tagged(MyList([1, 2]))", &vec![1, 2]);
    reads("MyList()", &Vec::<i64>::new());
    reads("MyDict(a=1)", &BTreeMap::from([("a".to_owned(), 1)]));
    reads("MyDict()", &BTreeMap::<String, i64>::new());
    reads("MySet([1])", &vec![1]);
    refuses::<Vec<i64>>("MyInt(5)", "found an object of class odd.MyInt");
    refuses::<i64>("MyStr('s')", "expected i64, found an object of class odd.MyStr");
}

#[test]
fn builtins_that_reduce_calls_are_their_values() {
    reads("Calls(list, ([1, 2],))", &vec![1, 2]);
    assert_eq!(from_slice::<Vec<u8>>(b"c__builtin__\nlist\n)R(K\x01K\x02e.").unwrap(), [1, 2]);
    reads("Calls(tuple, ([1, 2],))", &(1, 2));
    reads("Calls(int, (5,))", &5_i64);
    reads("Calls(float, (1.5,))", &1.5);
    reads("Calls(str, ('x',))", &"x".to_owned());
    reads("Calls(dict, ({'a': 1},))", &BTreeMap::from([("a".to_owned(), 1)]));
    reads("Calls(dict, ([('a', 1)],))", &BTreeMap::from([("a".to_owned(), 1)]));
    // As Python 2 wrote it.
    reads("Calls(collections.OrderedDict, ([['a', 1]],))", &BTreeMap::from([("a".to_owned(), 1)]));
    // What a call does beyond that is not done here.
    refuses::<String>("Calls(int, ('5',))", "found a call of int");
    refuses::<Vec<String>>("Calls(list, ('ab',))", "found a call of list");
}

#[test]
fn what_a_function_is_called_with_is_not_what_it_makes() {
    refuses::<String>(
        "Calls(__import__('os').getenv, ('HOME',))",
        "found an object of class os.getenv",
    );
    refuses::<i64>(
        "Calls(__import__('operator').itemgetter, (3,))",
        "found an object of class operator.itemgetter",
    );
}

#[test]
fn object_arrays_are_sequences_of_their_items() {
    reads("np.array(['a', 'b'], dtype=object)", &texts(&["a", "b"]));
    reads("np.array(['a', None], dtype=object)", &vec![Some("a".to_owned()), None]);
    reads("np.array([1, 2.5], dtype=object)", &vec![1.0, 2.5]);
    reads("np.array([1, None, 'a'], dtype=object)", &vec![Value::from(1), Value::None, "a".into()]);
    reads("np.array([[1, 2, 3], [4, 5, 6]], dtype=object)", &vec![vec![1, 2, 3], vec![4, 5, 6]]);
    reads(
        "np.asfortranarray(np.array([[1, 2, 3], [4, 5, 6]], dtype=object))",
        &vec![[1, 2, 3], [4, 5, 6]],
    );
    reads(
        "np.array([[1, 'a'], [None, 2.5]], dtype=object)",
        &vec![Value::list([1.into(), "a".into()]), Value::list([Value::None, 2.5.into()])],
    );
    reads("np.zeros((0, 3), dtype=object)", &Vec::<Vec<i64>>::new());
    reads("np.zeros((2, 0), dtype=object)", &vec![Vec::<i64>::new(), vec![]]);
    reads("np.array('x', dtype=object)", &"x".to_owned());
    reads(
        "{'labels': np.array(['a'], dtype=object)}",
        &BTreeMap::from([("labels".to_owned(), texts(&["a"]))]),
    );
    refuses::<Vec<i64>>(
        "np.array([1, 'a'], dtype=object)",
        "variable `[1]`: expected i64, found str",
    );
    refuses::<Vec<Vec<i64>>>(
        "np.array([[1, 2], [3, 'a']], dtype=object)",
        "variable `[1][1]`: expected i64, found str",
    );
    refuses::<f64>("np.array([1, 2], dtype=object)", "expected f64, found numpy.ndarray");
    refuses::<Vec<[i64; 2]>>("np.zeros((1, 3), dtype=object)", "expected 2 elements, found 3");
    refuses::<MmapArray1<f64>>("np.array([1], dtype=object)", "Python objects");
}

#[test]
fn string_dtype_arrays_are_sequences_of_texts() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = "
import numpy as np, pickle, sys
T = np.dtypes.StringDType
for name, value in dict(
    plain=np.array(['a', 'bc'], T()), none=np.array(['a', None], T(na_object=None)),
    nan=np.array(['a', np.nan], T(na_object=np.nan)), square=np.array([['a', 'b'], ['c', 'd']], T(coerce=False)),
).items():
    pickle.dump(value, open(f'{sys.argv[1]}/{name}', 'wb'))";
    python.run(script, [folder.path()]);
    let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(from_slice::<Vec<String>>(&bytes("plain")).unwrap(), ["a", "bc"]);
    for name in ["none", "nan"] {
        let read: Vec<Option<String>> = from_slice(&bytes(name)).unwrap();
        assert_eq!(read, [Some("a".to_owned()), None], "{name}");
    }
    let read: Vec<Vec<String>> = from_slice(&bytes("square")).unwrap();
    assert_eq!(read, [["a", "b"], ["c", "d"]]);
    assert!(from_slice::<Vec<String>>(&bytes("none")).is_err());
    // A program that does not look inside carries the array as it is.
    assert_eq!(Value::from_slice(&bytes("plain")).unwrap().kind_name(), "object");
}

#[test]
fn array_without_axes_is_its_element() {
    reads("np.array(1.5)", &1.5);
    reads("np.array(7)", &Some(7_u8));
    reads("np.array('text')", &"text".to_owned());
    reads("np.array((1, 2.5), dtype=[('n', 'u1'), ('x', 'f8')])", &Row { n: 1, x: 2.5 });
    reads("np.array(1.5)", &MmapArrayD::from(arr0(1.5).into_dyn()));
    reads("np.float64(1.5)", &MmapArrayD::from(arr0(1.5).into_dyn()));
    refuses::<f64>("np.array([1.5])", "expected f64, found numpy.ndarray");
    refuses::<Vec<f64>>("np.array(1.5)", "expected a sequence");
}

#[test]
fn times_are_no_numbers() {
    let day = "np.datetime64('2024-01-01')";
    let nanoseconds = "np.datetime64('2024-01-01', 'ns')";
    refuses::<i64>(day, "expected i64, found datetime64[D]");
    refuses::<i64>(nanoseconds, "expected i64, found datetime64[ns]");
    refuses::<f64>("np.timedelta64(5, 's')", "expected f64, found timedelta64[s]");
    refuses::<Option<i64>>(day, "found datetime64[D]");
    refuses::<Vec<i64>>(
        "np.array(['2024-01-01'], dtype='>M8[D]')",
        "variable `[0]`: expected i64, found datetime64[D]",
    );
    refuses::<i64>("np.datetime64('NaT', 's')", "expected i64, found NaT of datetime64[s]");
    refuses::<f64>("np.timedelta64('NaT')", "expected f64, found NaT of timedelta64");
    refuses::<Vec<i64>>("np.array(['NaT'], dtype='M8[s]')", "found NaT of datetime64[s]");
}

#[test]
fn not_a_time_is_none_to_an_option() {
    reads("np.datetime64('NaT')", &None::<f64>);
    reads("np.timedelta64('NaT', 's')", &None::<i64>);
    reads("np.array(['NaT', 'NaT'], dtype='M8[D]')", &vec![None::<i64>, None]);
    // The least integer is a number all the same.
    reads("np.int64(-2**63)", &Some(i64::MIN));
}

#[test]
fn times_with_their_unit_are_elements() {
    let (day, next) = (Datetime64::<Days>::new(19_723), Datetime64::NAT);
    reads("np.array(['2024-01-01', 'NaT'], dtype='M8[D]')", &MmapArray1::from(vec![day, next]));
    reads("np.datetime64('2024-01-01')", &MmapArrayD::from(arr0(day).into_dyn()));
    refuses::<MmapArrayD<Datetime64<Nanoseconds>>>(
        "np.datetime64('2024-01-01')",
        "expected dtype datetime64[ns], found datetime64[D]",
    );
    reads(
        "[np.datetime64('2024-01-01')]",
        &Value::from_slice(&pickles("[np.datetime64('2024-01-01')]")[4].1).unwrap(),
    );
    // A field that nobody asks for is in nobody's way.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Sparse {
        n: u8,
    }
    reads("np.array([(7, 'NaT')], dtype=[('n', 'u1'), ('t', 'M8[s]')])", &vec![Sparse { n: 7 }]);
}

#[test]
fn subclasses_of_ndarray_are_plain_arrays() {
    let square = array![[1.0, 2.0], [3.0, 4.0]];
    reads("np.matrix([[1., 2.], [3., 4.]])", &MmapArray2::from(square.clone()));
    reads("np.matrix([[1., 2.], [3., 4.]])", &vec![[1.0, 2.0], [3.0, 4.0]]);
    reads("np.arange(3).view(Sub)", &vec![0, 1, 2]);
    reads("np.char.array(['a', 'bc'])", &texts(&["a", "bc"]));
    let rows = vec![Row { n: 1, x: 0.5 }];
    reads("np.rec.array([(1, .5)], dtype=[('n', 'u1'), ('x', 'f8')])", &rows);
    refuses::<f64>("np.matrix([[1., 2.]])", "expected f64, found an object of class numpy.matrix");
    // Python's own class stays where nobody asks for a type.
    for (name, bytes) in pickles("np.matrix([[1., 2.]])") {
        assert_eq!(Value::from_slice(&bytes).unwrap().kind_name(), "object", "{name}");
    }
}

#[test]
fn masked_arrays_are_refused_by_name() {
    let masked = "np.ma.array([1., 2.], mask=[0, 1])";
    // NumPy 1 calls the module `numpy.ma.core`.
    refuses::<Vec<f64>>(masked, "expected a sequence, found an object of class numpy.ma.");
    refuses::<MmapArray1<f64>>(
        masked,
        "expected an array of float64 with 1 axes, found an object of class numpy.ma.",
    );
    refuses::<Vec<f64>>(masked, "MaskedArray");
}

/// `pickle.dumps(value, 4)` of ml_dtypes 0.6.0 under NumPy 2.4.6.
fn ml_dtypes(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pickle");
    fs::read(fixtures.join(format!("ml_dtypes_{name}.pickle"))).unwrap()
}

#[test]
fn bfloat16_of_ml_dtypes_is_read_by_its_value() {
    let array = ml_dtypes("bfloat16_array");
    assert_eq!(from_slice::<Vec<f64>>(&array).unwrap(), [1.5, -2.0]);
    let typed: MmapArray1<half::bf16> = from_slice(&array).unwrap();
    assert_eq!(typed, array![half::bf16::from_f32(1.5), half::bf16::from_f32(-2.0)]);
    assert_eq!(from_slice::<f32>(&ml_dtypes("bfloat16_scalar")).unwrap(), 1.5);
    assert_eq!(from_slice::<Option<f64>>(&ml_dtypes("bfloat16_scalar")).unwrap(), Some(1.5));
    // It stays what it is for whoever only carries it.
    assert_eq!(Value::from_slice(&array).unwrap().kind_name(), "object");
}

#[test]
fn other_dtypes_of_ml_dtypes_are_refused_by_name() {
    for (name, dtype) in
        [("float8_array", "ml_dtypes.float8_e4m3fn"), ("int4_array", "ml_dtypes.int4")]
    {
        let error = from_slice::<Vec<f64>>(&ml_dtypes(name)).unwrap_err();
        assert_eq!(error.found(), Some(dtype));
        assert_eq!(error.kind(), ErrorKind::Dtype);
        let error = from_slice::<MmapArray1<half::bf16>>(&ml_dtypes(name)).unwrap_err();
        assert_eq!(error.found(), Some(dtype));
    }
}
