//! Typed reads of what Python programs put in pickles beside plain values: members of enums, namedtuples,
//! subclasses and object arrays. Real objects, made by Python.

use half::{bf16, f16};
use ndarray::{arr0, array};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use varpack::pickle::{Value, from_slice};
use varpack::{MmapArray1, MmapArray2, MmapArrayD};
use varpack_tests::cases::Cases;
use varpack_tests::python::Python;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[derive(Debug, PartialEq, Clone, Deserialize)]
struct Pair {
    x: f64,
    y: i64,
}

#[derive(Debug, PartialEq, Clone, Deserialize)]
struct Lone {
    x: i64,
}

#[derive(Debug, PartialEq, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Train,
}

#[derive(Debug, PartialEq, Clone, Deserialize)]
struct Row {
    n: u8,
    x: f64,
}

#[test]
fn members_of_enums_are_their_values() {
    let mut cases = Cases::default();
    cases.reads("Level.HIGH", &2_i64);
    cases.reads("Flags.R | Flags.W", &6_u8);
    cases.reads("Mode.TRAIN", &"train".to_owned());
    cases.reads("Mode.TRAIN", &Mode::Train);
    cases.reads("Plain.RED", &"red".to_owned());
    cases.reads("[Level.LOW, 5]", &vec![1_i64, 5]);
    cases.reads("{Mode.TRAIN: 1}", &BTreeMap::from([("train".to_owned(), 1)]));
    cases.refuses::<f64>("Mode.TRAIN", "expected f64, found an object of class odd_types.Mode");
    cases.refuses::<Vec<i64>>("Level.HIGH", "found an object of class odd_types.Level");
    cases.run();
}

#[test]
fn half_is_read_as_an_f32_and_what_half_itself_reads_are_its_bits() {
    let f16 = "expected an int, the bits of `half::f16` (for the number write `f32`), found";
    let mut cases = Cases::default();
    cases.reads("np.float16(1.5)", &1.5_f32);
    cases.reads("[np.float16(1.5)]", &vec![1.5_f32]);
    cases.reads("np.array([1.5, 2], 'f2')", &vec![1.5_f32, 2.0]);
    cases.reads("np.array([1.5, 2], 'f2')", &MmapArray1::from(vec![f16_of(1.5), f16_of(2.0)]));
    cases.reads("0x3e00", &f16_of(1.5));
    cases.refuses::<f16>("np.float16(1.5)", "write `f32`), found a NumPy scalar of float16");
    cases.refuses::<f16>("1.5", "write `f32`), found float");
    cases.refuses::<f16>("np.array(1.5, 'f2')", f16);
    cases.refuses::<Option<f16>>("np.float16(1.5)", f16);
    cases.refuses::<Vec<f16>>(
        "np.array([1.5, 2], 'f2')",
        "`[0]`: expected an int, the bits of `half::f16`",
    );
    cases.refuses::<Vec<bf16>>("[1.5]", "`[0]`: expected an int, the bits of `half::bf16`");
    cases.refuses::<f16>("[1]", f16);
    cases.run();
}

fn f16_of(value: f32) -> f16 {
    f16::from_f32(value)
}

#[test]
fn namedtuples_are_tuples_and_structs_in_order() {
    let mut cases = Cases::default();
    cases.reads("Point(1.5, 2)", &(1.5, 2));
    cases.reads("Point(1.5, 2)", &Pair { x: 1.5, y: 2 });
    cases.reads("[Pair(1, 2)]", &vec![vec![1_i64, 2]]);
    cases.reads("Lone(5)", &Lone { x: 5 });
    cases.reads("Lone(5)", &(5_i64,));
    cases.refuses::<(f64, i64, i64)>("Point(1.5, 2)", "3");
    cases.refuses::<f64>("Point(1.5, 2)", "found an object of class odd_types.Point");
    cases.run();
}

#[test]
fn subclasses_of_builtins_are_what_they_are_without_the_subclass() {
    let mut cases = Cases::default();
    cases.reads("MyInt(5)", &5_i64);
    cases.reads("tagged(MyInt(5))", &5_i64);
    cases.reads("MyInt(2**100)", &(1_u128 << 100));
    cases.reads("MyFloat(1.5)", &1.5);
    cases.reads("MyStr('s')", &"s".to_owned());
    cases.reads("MyTuple((1, 2))", &(1, 2));
    cases.reads("MyTuple((1, 2))", &vec![1, 2]);
    cases.reads("MyList([1, 2])", &vec![1, 2]);
    cases.reads("tagged(MyList([1, 2]))", &vec![1, 2]);
    cases.reads("MyList()", &Vec::<i64>::new());
    cases.reads("MyDict(a=1)", &BTreeMap::from([("a".to_owned(), 1)]));
    cases.reads("MyDict()", &BTreeMap::<String, i64>::new());
    cases.reads("MySet([1])", &vec![1]);
    cases.refuses::<Vec<i64>>("MyInt(5)", "found an object of class odd_types.MyInt");
    cases.refuses::<i64>("MyStr('s')", "expected i64, found an object of class odd_types.MyStr");
    cases.run();
}

#[test]
fn builtins_that_reduce_calls_are_their_values() {
    let mut cases = Cases::default();
    cases.reads("Calls(list, ([1, 2],))", &vec![1, 2]);
    assert_eq!(from_slice::<Vec<u8>>(b"c__builtin__\nlist\n)R(K\x01K\x02e.").unwrap(), [1, 2]);
    cases.reads("Calls(tuple, ([1, 2],))", &(1, 2));
    cases.reads("Calls(int, (5,))", &5_i64);
    cases.reads("Calls(float, (1.5,))", &1.5);
    cases.reads("Calls(str, ('x',))", &"x".to_owned());
    cases.reads("Calls(dict, ({'a': 1},))", &BTreeMap::from([("a".to_owned(), 1)]));
    cases.reads("Calls(dict, ([('a', 1)],))", &BTreeMap::from([("a".to_owned(), 1)]));
    // As Python 2 wrote it.
    cases.reads(
        "Calls(collections.OrderedDict, ([['a', 1]],))",
        &BTreeMap::from([("a".to_owned(), 1)]),
    );
    // What a call does beyond that is not done here.
    cases.refuses::<String>("Calls(int, ('5',))", "found a call of int");
    cases.refuses::<Vec<String>>("Calls(list, ('ab',))", "found a call of list");
    cases.run();
}

#[test]
fn containers_of_collections_are_sequences_and_maps() {
    let mut cases = Cases::default();
    let map = BTreeMap::from([("a".to_owned(), 1)]);
    cases.reads("collections.OrderedDict(a=1)", &map);
    cases.reads("tagged(collections.OrderedDict(a=1))", &map);
    cases.reads("collections.defaultdict(int, a=1)", &map);
    cases.reads("collections.defaultdict(None, a=1)", &map);
    cases.reads("collections.Counter(a=1)", &map);
    cases.reads("collections.deque([1, 2])", &vec![1, 2]);
    cases.reads("collections.deque([1, 2, 3], 2)", &vec![2, 3]);
    cases.reads("collections.deque([], 2)", &Vec::<i64>::new());
    // As Python 2 wrote it.
    cases.reads("Calls(collections.deque, ([1, 2],))", &vec![1, 2]);
    cases.reads("Calls(collections.deque, ([1, 2], 2))", &vec![1, 2]);
    cases.reads("Calls(list, (), None, iter([1]))", &vec![1]);
    cases.reads("Calls(dict, (), None, None, iter([('a', 1)]))", &map);
    cases.run();
}

#[test]
fn items_after_a_call_that_has_some_are_not_dropped() {
    let mut cases = Cases::default();
    type Map = BTreeMap<String, i64>;
    let deque = "found an object of class collections.deque";
    cases.refuses::<Vec<i64>>("Calls(collections.deque, ([1, 2],), None, iter([3]))", deque);
    cases.refuses::<Vec<i64>>("Calls(collections.deque, ((), 2), None, iter([1, 2, 3]))", deque);
    cases.refuses::<Vec<i64>>("Calls(collections.deque, ([1, 2, 3], 2))", deque);
    cases.refuses::<Vec<String>>("Calls(collections.deque, ('ab',))", deque);
    cases.refuses::<Map>(
        "Calls(collections.Counter, ({'a': 1},), None, None, iter([('b', 2)]))",
        "found an object of class collections.Counter",
    );
    cases.refuses::<Map>(
        "Calls(collections.OrderedDict, ([['a', 1]],), None, None, iter([('b', 2)]))",
        "found an object of class collections.OrderedDict",
    );
    cases.refuses::<Vec<i64>>("Calls(list, ([1],), None, iter([2]))", "found a call of list");
    cases.refuses::<Vec<u8>>("Calls(bytearray, (b'a',), None, iter([99]))", "a call of bytearray");
    cases.refuses::<Vec<i64>>("HalfList([1, 2])", "found an object of class odd_types.HalfList");
    cases.run();
}

#[test]
fn state_that_is_no_attributes_is_not_dropped() {
    let mut cases = Cases::default();
    let class = "found an object of class odd_types.ItemsAndState";
    cases.refuses::<Vec<i64>>("ItemsAndState([1])", class);
    cases.run();
}

#[test]
fn what_a_function_sets_is_not_the_state_it_is_given() {
    let mut cases = Cases::default();
    type Map = BTreeMap<String, i64>;
    cases.refuses::<Vec<i64>>(
        "Calls(collections.deque, (), [1], None, None, collections.deque.extend)",
        "found an object of class collections.deque",
    );
    cases.refuses::<Map>(
        "Calls(collections.OrderedDict, (), {'a': 1}, None, None, dict.update)",
        "found an object of class collections.OrderedDict",
    );
    cases.refuses::<Map>(
        "Calls(collections.defaultdict, (int,), {'a': 1}, None, None, dict.update)",
        "found an object of class collections.defaultdict",
    );
    cases.refuses::<Map>(
        "Calls(collections.Counter, ({'a': 1},), {'b': 2}, None, None, dict.update)",
        "found an object of class collections.Counter",
    );
    cases.refuses::<Vec<i64>>("Calls(list, (), [1], None, None, list.extend)", "a call of list");
    cases.refuses::<Map>("Calls(dict, (), {'a': 1}, None, None, dict.update)", "a call of dict");
    cases.refuses::<Vec<i64>>("Calls(set, ([1],), [2], None, None, set.update)", "a call of set");
    cases.refuses::<Map>("SetData()", "found an object of class odd_types.SetData");
    cases.refuses::<Vec<i64>>("SetList([1])", "found an object of class odd_types.SetList");
    cases.refuses::<i64>("SetInt(1)", "found an object of class odd_types.SetInt");
    cases.refuses::<Vec<i64>>("SetBag([1])", "found an object of class odd_types.SetBag");
    let sub = "np.array([1., 2.]).view(SetSub)";
    cases.refuses::<Vec<f64>>(sub, "found an object of class odd_types.SetSub");
    cases.refuses::<MmapArray1<f64>>(sub, "found an object of class odd_types.SetSub");
    let array = "Calls(*np.array([1., 2.]).__reduce__(), None, None, put_negative)";
    cases.refuses::<Vec<f64>>(array, "found an object of class numpy.ndarray");
    cases.refuses::<MmapArray1<f64>>(array, "found an object of class numpy.ndarray");
    cases.check(array, |name, bytes| {
        assert_eq!(Value::from_slice(bytes).unwrap().kind_name(), "object", "{name}");
    });
    cases.run();
}

#[test]
fn what_a_function_is_called_with_is_not_what_it_makes() {
    let mut cases = Cases::default();
    cases.refuses::<String>(
        "Calls(__import__('os').getenv, ('HOME',))",
        "found an object of class os.getenv",
    );
    cases.refuses::<i64>(
        "Calls(__import__('operator').itemgetter, (3,))",
        "found an object of class operator.itemgetter",
    );
    cases.run();
}

#[test]
fn object_arrays_are_sequences_of_their_items() {
    let mut cases = Cases::default();
    cases.reads("np.array(['a', 'b'], dtype=object)", &texts(&["a", "b"]));
    cases.reads("np.array(['a', None], dtype=object)", &vec![Some("a".to_owned()), None]);
    cases.reads("np.array([1, 2.5], dtype=object)", &vec![1.0, 2.5]);
    cases.reads(
        "np.array([1, None, 'a'], dtype=object)",
        &vec![Value::from(1), Value::None, "a".into()],
    );
    cases.reads(
        "np.array([[1, 2, 3], [4, 5, 6]], dtype=object)",
        &vec![vec![1, 2, 3], vec![4, 5, 6]],
    );
    cases.reads(
        "np.asfortranarray(np.array([[1, 2, 3], [4, 5, 6]], dtype=object))",
        &vec![[1, 2, 3], [4, 5, 6]],
    );
    cases.reads(
        "np.array([[1, 'a'], [None, 2.5]], dtype=object)",
        &vec![Value::list([1.into(), "a".into()]), Value::list([Value::None, 2.5.into()])],
    );
    cases.reads("np.zeros((0, 3), dtype=object)", &Vec::<Vec<i64>>::new());
    cases.reads("np.zeros((2, 0), dtype=object)", &vec![Vec::<i64>::new(), vec![]]);
    cases.reads("np.array('x', dtype=object)", &"x".to_owned());
    cases.reads(
        "{'labels': np.array(['a'], dtype=object)}",
        &BTreeMap::from([("labels".to_owned(), texts(&["a"]))]),
    );
    cases.refuses::<Vec<i64>>(
        "np.array([1, 'a'], dtype=object)",
        "variable `[1]`: expected i64, found str",
    );
    cases.refuses::<Vec<Vec<i64>>>(
        "np.array([[1, 2], [3, 'a']], dtype=object)",
        "variable `[1][1]`: expected i64, found str",
    );
    cases.refuses::<f64>("np.array([1, 2], dtype=object)", "expected f64, found numpy.ndarray");
    cases
        .refuses::<Vec<[i64; 2]>>("np.zeros((1, 3), dtype=object)", "expected 2 elements, found 3");
    cases.refuses::<MmapArray1<f64>>("np.array([1], dtype=object)", "Python objects");
    cases.run();
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
    let mut cases = Cases::default();
    cases.reads("np.array(1.5)", &1.5);
    cases.reads("np.array(7)", &Some(7_u8));
    cases.reads("np.array(7, dtype=object)", &Some(7_u8));
    cases.reads("np.array(None, dtype=object)", &None::<i64>);
    cases.reads("[np.array(None, dtype=object), 5]", &vec![None, Some(5_i64)]);
    cases.refuses::<i64>("np.array(None, dtype=object)", "expected i64");
    cases.reads("np.array([None], dtype=object)", &Some(vec![None::<i64>]));
    cases.reads("np.array('text')", &"text".to_owned());
    cases.reads("np.array((1, 2.5), dtype=[('n', 'u1'), ('x', 'f8')])", &Row { n: 1, x: 2.5 });
    cases.reads("np.array(1.5)", &MmapArrayD::from(arr0(1.5).into_dyn()));
    cases.reads("np.float64(1.5)", &MmapArrayD::from(arr0(1.5).into_dyn()));
    cases.refuses::<f64>("np.array([1.5])", "expected f64, found numpy.ndarray");
    cases.refuses::<Vec<f64>>("np.array(1.5)", "expected a sequence");
    cases.run();
}

#[test]
fn subclasses_of_ndarray_are_plain_arrays() {
    let mut cases = Cases::default();
    let square = array![[1.0, 2.0], [3.0, 4.0]];
    cases.reads("np.matrix([[1., 2.], [3., 4.]])", &MmapArray2::from(square.clone()));
    cases.reads("np.matrix([[1., 2.], [3., 4.]])", &vec![[1.0, 2.0], [3.0, 4.0]]);
    cases.reads("np.arange(3).view(Sub)", &vec![0, 1, 2]);
    cases.reads("np.char.array(['a', 'bc'])", &texts(&["a", "bc"]));
    let rows = vec![Row { n: 1, x: 0.5 }];
    cases.reads("np.rec.array([(1, .5)], dtype=[('n', 'u1'), ('x', 'f8')])", &rows);
    cases.refuses::<f64>(
        "np.matrix([[1., 2.]])",
        "expected f64, found an object of class numpy.matrix",
    );
    // Python's own class stays where nobody asks for a type.
    cases.check("np.matrix([[1., 2.]])", |name, bytes| {
        assert_eq!(Value::from_slice(bytes).unwrap().kind_name(), "object", "{name}");
    });
    cases.run();
}

#[test]
fn masked_arrays_are_refused_by_name() {
    let mut cases = Cases::default();
    let masked = "np.ma.array([1., 2.], mask=[0, 1])";
    // NumPy 1 calls the module `numpy.ma.core`.
    cases.refuses::<Vec<f64>>(masked, "expected a sequence, found an object of class numpy.ma.");
    cases.refuses::<MmapArray1<f64>>(
        masked,
        "expected an array of float64 with 1 axes, found an object of class numpy.ma.",
    );
    cases.refuses::<Vec<f64>>(masked, "MaskedArray");
    cases.run();
}
