//! The corpus holds what it promises, CPython's own rewriting of it passes the check, and the check
//! sees every kind of difference.

use std::fs;
use std::path::Path;
use varpack_tests::python::{self, NO_ARGS, Python};

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder of the corpus").count()
}

fn rewriting_passes_the_check(python: &Python) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (made, rewritten) = (folder.path().join("made"), folder.path().join("rewritten"));
    let corpus = |action: &str, folders: &[&Path]| {
        let args =
            std::iter::once(action.as_ref()).chain(folders.iter().map(|path| path.as_os_str()));
        python.run(python::script("corpus.py"), args)
    };
    corpus("make", &[&made]);
    assert_eq!(count(&made.join("values")), 2_000 * 6);
    assert_eq!(count(&made.join("arrays")), 300);
    corpus("rewrite", &[&made, &rewritten]);
    let checked = corpus("check", &[&made, &rewritten]);
    assert_eq!(checked.trim(), "12300 files, 0 differences");
}

#[test]
fn corpus_rewritten_by_cpython_and_numpy_1_passes_the_check() {
    if let Some(python) = Python::numpy1() {
        rewriting_passes_the_check(&python);
    }
}

#[test]
fn corpus_rewritten_by_cpython_and_numpy_2_passes_the_check() {
    if let Some(python) = Python::numpy2() {
        rewriting_passes_the_check(&python);
    }
}

#[test]
fn corpus_holds_every_type_dtype_and_order() {
    let Some(python) = Python::numpy2() else { return };
    let script = "
import sys, corpus, numpy as np
from numpy.lib.format import dtype_to_descr as descr
made = sys.argv[1]
corpus.make(made)
roots, scalars, orders, dtypes = set(), set(), set(), set()
for name in corpus.files(made):
    value = corpus.read(made, name)
    if name.endswith('.npy'):
        dtypes.add(str(descr(value.dtype)))
        orders.add((value.flags.c_contiguous, value.flags.f_contiguous, value.ndim, 0 in value.shape))
    else:
        roots.add(type(value).__name__)
        if type(value) is list and len(value) == 2 and isinstance(value[1], np.ndarray):
            scalars.add(getattr(value[0], 'dtype', None))
assert {dtype.newbyteorder('=') for dtype in corpus.DTYPES if not dtype.names} <= scalars, scalars
assert dtypes == {str(descr(dtype)) for dtype in corpus.DTYPES}, dtypes
assert (False, True, 2, False) in orders and (True, True, 0, False) in orders, orders
assert any(empty for *_, empty in orders), orders
missing = set('''NoneType bool int float complex str bytes bytearray list tuple set frozenset dict ndarray
    OrderedDict defaultdict Counter deque datetime date time timedelta timezone Decimal Fraction UUID Color Access Level
    range slice Epoch Frozen Plain Slotted Stateful NewArgs NewKeywords Reduced ListWithState DictWithState Text Number
    NumpyArrayPlaceholder Pair type function'''.split()) - roots
assert not missing, missing";
    let folder = tempfile::tempdir().unwrap();
    python.run(script, [folder.path().join("made")]);
}

#[test]
fn corpus_holds_the_same_values_at_every_run() {
    let Some(python) = Python::numpy2() else { return };
    // The bytes differ in what is no value: the order in a set, and padding between fields.
    let make = "import sys, corpus; corpus.VALUES = 300; corpus.make(sys.argv[1])";
    let folder = tempfile::tempdir().unwrap();
    let [once, again] = ["once", "again"].map(|name| folder.path().join(name));
    python.run(make, [&once]);
    python.run(make, [&again]);
    python.run(python::script("corpus.py"), ["check".as_ref(), once.as_path(), again.as_path()]);
}

/// Runs the comparison on pairs of Python expressions, which see `a`, a list.
fn compare(python: &Python, pairs: &[(&str, &str)], is_same: bool) {
    for (one, other) in pairs {
        let script = format!(
            "import collections, datetime, decimal, struct, numpy as np, corpus_types as t, same\n\
             a = [1]; nan = lambda n: struct.unpack('<d', struct.pack('<Q', 0x7ff8 << 48 | n))[0]\n\
             print(len(same.differences({one}, {other}, byte_order=True)))"
        );
        let differences = python.run(script.as_str(), NO_ARGS);
        assert_eq!(differences.trim() == "0", is_same, "{one} and {other}: {differences}");
    }
}

#[test]
fn check_sees_types_bits_order_and_identity() {
    let Some(python) = Python::numpy2() else { return };
    let different = [
        ("1", "True"),
        ("1", "1.0"),
        ("0.0", "-0.0"),
        ("nan(1)", "nan(2)"),
        ("complex(0.0, 1)", "complex(-0.0, 1)"),
        ("'1'", "b'1'"),
        ("b'1'", "bytearray(b'1')"),
        ("[1]", "(1,)"),
        ("[1]", "[1, 2]"),
        ("{1}", "frozenset([1])"),
        ("{1}", "{True}"),
        ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"),
        ("{1: 2}", "collections.OrderedDict({1: 2})"),
        ("collections.defaultdict(int)", "collections.defaultdict(list)"),
        ("collections.deque([1], 3)", "collections.deque([1], 4)"),
        ("[a, a]", "[[1], [1]]"),
        ("[[1], [1]]", "[a, a]"),
        ("datetime.time(1, fold=0)", "datetime.time(1, fold=1)"),
        ("decimal.Decimal('0')", "decimal.Decimal('-0')"),
        ("t.Plain(a=1)", "t.Plain(a=2)"),
        ("t.Text('a')", "'a'"),
        ("t.Color.RED", "t.Color.GREEN"),
        ("t.Plain", "t.Empty"),
        ("np.float32(1)", "np.float64(1)"),
        ("np.float32(0)", "np.float32(-0.0)"),
        ("np.zeros(2, '<i4')", "np.zeros(2, '>i4')"),
        ("np.zeros((2, 2))", "np.zeros((2, 2), order='F')"),
        ("np.zeros((2, 2))", "np.zeros(4)"),
        ("np.array([0.0])", "np.array([-0.0])"),
        ("np.array([1, a], object)", "np.array([1, [2]], object)"),
        ("np.zeros(1, [('a', '<i4')])", "np.zeros(1, [('b', '<i4')])"),
        ("np.dtype('<M8[s]')", "np.dtype('<M8[ms]')"),
        (
            "np.dtype([('a', 'u1'), ('b', '<i4')])",
            "np.dtype([('a', 'u1'), ('b', '<i4')], align=True)",
        ),
        ("np.dtype([(('t', 'a'), 'u1')])", "np.dtype([('a', 'u1')])"),
        ("np.dtype([('a', 'u1', (2,))])", "np.dtype([('a', 'u1', (2, 1))])"),
    ];
    compare(&python, &different, false);
    let same = [
        ("nan(1)", "nan(1)"),
        ("[a, a]", "(lambda b: [b, b])([1])"),
        ("{3, 1, 2}", "{1, 2, 3}"),
        ("[(), ()]", "[(), ()]"),
        ("np.zeros((2, 2), order='F')", "np.zeros((2, 2)).T"),
        ("t.Reduced(1)", "t.Reduced(1)"),
    ];
    compare(&python, &same, true);
}
