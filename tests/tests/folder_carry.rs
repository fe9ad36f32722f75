//! What a save does not touch is the same to Python afterwards, to the last attribute: what holds itself, metadata
//! of dtypes, attributes of subclasses, and whatever else a value of ours has no place for.
#![allow(clippy::unwrap_used)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::Value;
use varpack::{ArrayOr, MmapArray1, Pack, SaveOptions, Varpack};
use varpack_tests::python::{self, Python};

const SHARED: &str = "__misc_vars__.pickle";

#[derive(Debug, Varpack)]
struct Counter {
    step: i64,
}

/// A folder whose shared pickle, of some protocol, holds all that `carried.py` knows.
fn made(python: &Python, protocol: u8) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    run(python, "make", &folder, protocol);
    (parent, folder)
}

fn run(python: &Python, action: &str, folder: &Path, protocol: u8) -> String {
    let protocol = protocol.to_string();
    python
        .run(python::script("carried.py"), [action.as_ref(), folder.as_os_str(), protocol.as_ref()])
}

#[test]
fn variables_that_a_struct_does_not_know_are_the_same_to_python_after_a_save_of_another() {
    for python in Python::both() {
        for protocol in 0..=5 {
            let (_parent, folder) = made(&python, protocol);
            for step in 8..10 {
                let mut counter = Counter::load(&folder).unwrap();
                counter.step += 1;
                counter.save(&folder).unwrap();
                assert_eq!(Counter::load(&folder).unwrap().step, step);
                let checked = run(&python, "check", &folder, protocol);
                assert_eq!(checked.trim(), "0 differences", "protocol {protocol}");
            }
        }
    }
}

#[test]
fn variables_that_a_pack_has_not_changed_are_the_same_to_python_after_a_save_of_another() {
    for python in Python::both() {
        let (_parent, folder) = made(&python, 4);
        let mut pack = Pack::open(&folder).unwrap();
        let names = python.run(python::script("carried.py"), ["names", folder.to_str().unwrap()]);
        assert_eq!(pack.skipped().collect::<Vec<_>>().join("\n"), sorted(&names));
        pack.insert_value("step", &8).unwrap();
        pack.remove("first");
        pack.save().unwrap();
        assert_eq!(Counter::load(&folder).unwrap().step, 8);
        assert_eq!(run(&python, "check", &folder, 4).trim(), "0 differences");
        // Nor is there anything to write then.
        let before = fs::read(folder.join(SHARED)).unwrap();
        pack.save().unwrap();
        assert_eq!(fs::read(folder.join(SHARED)).unwrap(), before);
    }
}

#[test]
fn variables_that_go_through_values_are_the_same_to_python() {
    for python in Python::both() {
        for protocol in 0..=5 {
            let (parent, folder) = made(&python, protocol);
            let pack = Pack::open(&folder).unwrap();
            let names: Vec<_> = pack.names().filter(|&name| name != "step").collect();
            let other = parent.path().join("other");
            let mut copy = Pack::new();
            for name in &names {
                copy.insert(*name, pack.get(name).unwrap().clone()).unwrap();
            }
            copy.save_to(&other).unwrap();
            let protocol = protocol.to_string();
            let args = ["check", other.to_str().unwrap(), &protocol];
            let names = names.iter().filter(|&&name| name != "first");
            let checked = python.run(python::script("carried.py"), args.iter().chain(names));
            assert_eq!(checked.trim(), "0 differences", "protocol {protocol}");
        }
    }
}

#[test]
fn typed_reads_look_through_the_metadata_of_a_dtype() {
    #[derive(Debug, Varpack)]
    struct Run {
        metres: Vec<Vec<f64>>,
        big_endian: (MmapArray1<i32>,),
        dates: Vec<Value>,
    }
    for python in Python::both() {
        let (_parent, folder) = made(&python, 4);
        let run = Run::load(&folder).unwrap();
        assert_eq!(run.metres, [[0.0, 1.0, 2.0]]);
        assert_eq!(run.big_endian.0.as_slice(), Some([0, 1, 2].as_slice()));
        // A value keeps it, and so is no plain array; it is read as one all the same.
        assert!(run.dates.iter().all(|value| value.as_array().is_none()));
        let pack = Pack::open(&folder).unwrap();
        assert_eq!(pack.value::<Vec<Vec<f64>>>("metres").unwrap(), run.metres);
        assert_eq!(pack.value::<Vec<MmapArray1<f64>>>("metres").unwrap()[0][2], 2.0);
    }
}

fn sorted(lines: &str) -> String {
    let mut lines: Vec<_> = lines.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn variables_stay_the_same_where_two_programs_save_others_at_once() {
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = made(&python, 4);
    let mut mine = Counter::load(&folder).unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    mine.step = 8;
    mine.save(&folder).unwrap();
    // Removed where it was not changed since the pack was opened, but its pickle was.
    for name in ["first", "loop_tree", "metres"] {
        assert!(pack.remove(name).is_some() || name == "loop_tree");
    }
    pack.save().unwrap();
    assert_eq!(Counter::load(&folder).unwrap().step, 8);
    let left = Pack::open(&folder).unwrap();
    assert!(!left.contains("metres") && left.skipped().all(|name| name != "loop_tree"));
    let script = "
import carried, sys, varpack
found = varpack.load(sys.argv[1])
names = [name for name in carried.values() if name not in ('loop_tree', 'metres')]
print(carried.check(sys.argv[1], 4, names))";
    assert_eq!(python.run(script, [&folder]).trim(), "[]");
}

/// A folder whose shared pickle gives `v` what is written, and `step`.
fn foreign(v: &[u8]) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Counter { step: 7 }.save(&folder).unwrap();
    let manifest = format!(
        r#"{{"v": {{"size": 1, "filename": "{SHARED}"}}, "step": {{"size": 1, "filename": "{SHARED}"}}}}"#
    );
    fs::write(folder.join("varpack.json"), manifest).unwrap();
    let pickle = [b"\x80\x04}(\x8c\x01v", v, b"\x8c\x04stepK\x07u."].concat();
    fs::write(folder.join(SHARED), pickle).unwrap();
    (parent, folder)
}

/// What Python finds in `v` after a save of `step`, as text.
fn after_a_save(python: &Python, v: &[u8], show: &str) -> String {
    let (_parent, folder) = foreign(v);
    let mut counter = Counter::load(&folder).unwrap();
    counter.step = 8;
    counter.save(&folder).unwrap();
    let script = format!("import sys, varpack\nv = varpack.load(sys.argv[1])['v']\nprint({show})");
    python.run(script.as_str(), [&folder]).trim().to_owned()
}

#[test]
fn what_a_value_is_refused_for_is_carried_all_the_same() {
    let Some(python) = Python::numpy2() else { return };
    // A set with an item twice, a dict with a key twice, and `True` beside `1`.
    assert_eq!(after_a_save(&python, b"\x8f(K\x01K\x01K\x02\x90", "v"), "{1, 2}");
    assert_eq!(after_a_save(&python, b"}(K\x01K\x02K\x01K\x03\x88K\x04u", "v"), "{1: 4}");
    // An object that is called with keywords, one that an instance of a class is made of, and a list of scalars.
    let partial =
        b"cfunctools\npartial\n(cbuiltins\nint\nt\x81(cbuiltins\nint\n)}\x8c\x04baseK\x02sNtb";
    assert_eq!(after_a_save(&python, partial, "v('101')"), "5");
    assert_eq!(after_a_save(&python, b"(cfractions\nFraction\nK\x01K\x02o", "v"), "1/2");
    assert_eq!(after_a_save(&python, b"](K\x01G\x3f\xf8\0\0\0\0\0\0e", "v"), "[1, 1.5]");
    // A tuple that holds itself, as CPython writes it: `t = ([],); t[0].append(t)`.
    let tuple = b"]\x94h\x00\x85\x94a0h\x01";
    assert_eq!(after_a_save(&python, tuple, "v[0][0] is v, len(v), len(v[0])"), "True 1 1");
    // The dict of all variables itself.
    let whole = b"]\x94h\x00a";
    assert_eq!(after_a_save(&python, whole, "v[0] is v"), "True");
}

#[test]
fn items_of_a_map_that_were_not_changed_are_the_same_to_python_after_a_save_of_another() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Epoch {
        number: i64,
        loss: f64,
        notes: Option<String>,
    }
    #[derive(Debug, Varpack)]
    struct Run {
        #[varpack(mmap(min_len = 10_000))]
        runs: BTreeMap<String, ArrayOr<MmapArray1<f64>, Epoch>>,
        #[varpack(nested)]
        last: Last,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pair {
        key: i64,
        value: i64,
    }
    #[derive(Debug, Varpack)]
    struct Last {
        epoch: Epoch,
        pair: Pair,
        count: i64,
    }
    for python in Python::both() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let values = "
import sys, numpy as np, corpus_types as types, same, varpack
def values():
    metres = np.arange(3.0).astype(np.dtype('>f8', metadata={'unit': 'm'}))
    epochs = {f'epoch {n}': types.Epoch(n, n / 2, None) for n in range(4)}
    return {
        'runs': {**epochs, 'metres': metres, 'large': np.arange(20_000.0)},
        'last': {'epoch': types.Epoch(9, 0.5), 'pair': types.Frozen(1, 2), 'count': 3},
    }
";
        python.run(format!("{values}varpack.save(sys.argv[1], values())").as_str(), [&folder]);
        for loss in [7.0, 8.0] {
            let mut run = Run::load(&folder).unwrap();
            match run.runs.get_mut("epoch 2") {
                Some(ArrayOr::Value(epoch)) => epoch.loss = loss,
                other => panic!("{other:?}"),
            }
            run.runs.remove("epoch 1");
            run.last.count += 1;
            run.save(&folder).unwrap();
            let again = Run::load(&folder).unwrap();
            assert_eq!((again.runs.len(), again.last.pair), (5, Pair { key: 1, value: 2 }));
        }
        // What was changed is a dict, as ours are.
        let script = "
expected, found = values(), varpack.load(sys.argv[1])
del expected['runs']['epoch 1'], expected['runs']['epoch 2']
assert found['runs'].pop('epoch 2') == {'number': 2, 'loss': 8.0, 'notes': None}
expected['last']['count'] = 5
for name in expected:
    for made in (expected, found): made[name] = sorted(made[name].items())
large = found['runs'].pop(2)
print(same.differences(expected['last'], found['last']), large[0], large[1].shape)
expected['runs'].pop(2)
print(same.differences(expected['runs'], found['runs'], byte_order=False))";
        let found = python.run(format!("{values}{script}").as_str(), [&folder]);
        assert_eq!(found.trim(), "[] large (20000,)\n[]");
    }
}

#[test]
fn deep_chain_and_wide_loops_are_carried_in_proportion() {
    let depth = 200_000;
    let mut deep = b"]\x94".to_vec();
    deep.extend(b"]".repeat(depth));
    deep.extend(b"h\x00a");
    deep.extend(b"a".repeat(depth));
    let (_parent, folder) = foreign(&deep);
    let mut counter = Counter::load(&folder).unwrap();
    counter.step = 8;
    counter.save(&folder).unwrap();
    assert_eq!(Counter::load(&folder).unwrap().step, 8);
    assert!(fs::metadata(folder.join(SHARED)).unwrap().len() < 4 * deep.len() as u64);

    for pickle in wide_loops(100_000) {
        let (_parent, folder) = foreign(&pickle);
        let mut counter = Counter::load(&folder).unwrap();
        counter.step = 8;
        counter.save(&folder).unwrap();
        assert!(fs::metadata(folder.join(SHARED)).unwrap().len() < 4 * pickle.len() as u64);
    }
}

/// A tuple of so many lists that each hold it, which CPython would begin once for each; and so many pairs of a list
/// and the pair before, of which each list holds the last.
fn wide_loops(count: u32) -> [Vec<u8>; 2] {
    let get = |index: u32| [b"j", &index.to_le_bytes()[..]].concat();
    let mut wide = b"(".to_vec();
    (0..count).for_each(|_| wide.extend_from_slice(b"]\x94"));
    wide.extend_from_slice(b"t\x94");
    for list in 0..count {
        wide.extend(b"0".iter().chain(&get(list)).chain(&get(count)).chain(b"a"));
    }
    wide.extend(b"0".iter().chain(&get(count)));
    let mut chain = b")\x940".to_vec();
    for pair in 0..count {
        let before = get(2 * pair);
        chain.extend(b"]\x94".iter().chain(&before).chain(b"\x86\x940"));
    }
    for pair in 0..count {
        let (list, last) = (get(2 * pair + 1), get(2 * count));
        chain.extend(list.iter().chain(&last).chain(b"a0"));
    }
    chain.extend(get(2 * count));
    [wide, chain]
}

#[test]
fn call_is_given_what_its_pickle_gave_it_even_if_that_was_half_made() {
    let Some(python) = Python::numpy2() else { return };
    // `v = [1]; v.append(list(v)); v.append(2)`, and with an item that holds `v`.
    let copied = b"]\x94K\x01acbuiltins\nlist\nh\x00\x85RaK\x02a";
    assert_eq!(after_a_save(&python, copied, "v"), "[1, [1], 2]");
    let copied = b"]\x94]h\x00aacbuiltins\nlist\nh\x00\x85RaK\x02a";
    assert_eq!(after_a_save(&python, copied, "v[0][0] is v, len(v), len(v[1])"), "True 3 1");
    // The same of a dict and a set.
    let copied = b"}\x94K\x01K\x02sK\x03cbuiltins\ndict\nh\x00\x85Rs";
    assert_eq!(after_a_save(&python, copied, "v"), "{1: 2, 3: {1: 2}}");
    let copied = b"\x8f\x94(K\x01\x90(cbuiltins\nfrozenset\nh\x00\x85R\x90";
    assert_eq!(after_a_save(&python, copied, "len(v), frozenset([1]) in v"), "2 True");
}

#[test]
fn array_is_called_as_its_pickle_called_it() {
    for (python, module) in [(Python::numpy1(), "numpy.core"), (Python::numpy2(), "numpy._core")] {
        let Some(python) = python else { continue };
        let (_parent, folder) = made(&python, 5);
        let calls = |name: &str| {
            let pickle = fs::read(folder.join(SHARED)).unwrap();
            pickle.windows(name.len()).any(|bytes| bytes == name.as_bytes())
        };
        let module = format!("{module}.numeric");
        assert!(calls(&module));
        let mut counter = Counter::load(&folder).unwrap();
        counter.step = 8;
        counter.save(&folder).unwrap();
        let other = ["numpy.core.numeric", "numpy._core.numeric"].into_iter();
        assert!(calls(&module) && !other.filter(|other| *other != module).any(calls));
    }
}

#[test]
fn variable_that_is_taken_out_leaves_what_it_shared_with_others() {
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = made(&python, 4);
    // `one` is where the pickle has what `other` shares.
    Counter::load(&folder).unwrap().save_with(&folder, &SaveOptions::new()).unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    pack.remove("one");
    pack.save().unwrap();
    let script = "
import carried, sys
print(carried.check(sys.argv[1], 4, ['other', 'loop_tree']))";
    assert_eq!(python.run(script, [&folder]).trim(), "[]");
}
