//! When a value counts as changed: by what Python makes of it, and not by how it was pickled or who else holds it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use varpack::pickle::Value;
use varpack::{ArrayOr, MmapArray1, Pack, PackMap, PackValue, Varpack};
use varpack_tests::folders::Stamp;
use varpack_tests::holders::{load, unsynced};
use varpack_tests::python::Python;

#[derive(Varpack, Clone)]
struct Run {
    v: Value,
    s: u64,
}

#[derive(Varpack)]
struct Outer {
    #[varpack(nested)]
    n: Inner,
    s: u64,
}

#[derive(Varpack)]
struct Inner {
    a: Value,
    k: u64,
}

#[derive(Varpack)]
struct Mixed {
    #[varpack(mmap)]
    n: BTreeMap<String, ArrayOr<MmapArray1<f64>, Value>>,
    s: u64,
}

/// What Python may put into a variable.
const VALUES: &str = "import datetime, collections, decimal
VALUES = [
    [1, 2], 'text', b'abc\\xff', bytearray(b'x\\xff'), 2**80, 1.5 + 2j, 'a\\ud800', {1, 2}, frozenset([3]), dict(q=b'abc\\xff'),
    datetime.date(2020, 1, 1), dict(q=1, when=datetime.datetime(2020, 1, 1)), decimal.Decimal('1.5'),
    collections.OrderedDict(a=1), np.random.default_rng(3), np.float32(2.5), np.bool_(True),
    np.datetime64('2020-01-01'), dict(t=np.timedelta64(3, 's')), [np.zeros(2, 'M8[ns]')],
    [np.zeros(2, np.dtype('f8', metadata=dict(a=1)))], [np.zeros(2, [('a', 'i4'), ('b', 'f8')])],
    [np.zeros(2, np.dtype([('a', 'i1'), ('b', 'f8', (2,))], align=True))],
    np.zeros(1, [('a', 'i4'), ('b', 'f8')])[0], [np.ones(2)], [np.ones((2, 3), order='F')], [np.ones(3, '>f8')],
    [np.arange(6).reshape(2, 3)[:, ::2]], [np.array(1.5)], [np.array([1, None], object)], [np.array(['a', 'b'])],
    np.dtype('f8'), np.matrix([[1, 2]]), range(5), slice(1, 2),
]
";

/// Runs code with `np`, `varpack`, `D`, `VALUES`, the numbers `I` and `P`, and `write(D, protocol, change)`, by which a plain
/// program pickles the shared variables again.
#[track_caller]
fn python(folder: &Path, numbers: [usize; 2], code: &str) -> String {
    let script = format!(
        "import os, pickle, sys\nimport numpy as np\nimport varpack\n{VALUES}\n\
         D, I, P = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])\n\
         def write(D, protocol, change):\n\
         \x20   path = os.path.join(D, varpack.SHARED_PICKLE)\n\
         \x20   d = pickle.load(open(path, 'rb'))\n\
         \x20   change(d)\n\
         \x20   pickle.dump(d, open(path, 'wb'), protocol)\n\
         {code}"
    );
    let [number, protocol] = numbers.map(|number| number.to_string());
    Python::numpy2()
        .unwrap()
        .run(script.as_str(), [folder.as_os_str(), number.as_ref(), protocol.as_ref()])
        .trim()
        .to_owned()
}

fn count() -> usize {
    let nowhere = Path::new("nowhere");
    python(nowhere, [0, 0], "print(len(VALUES))").parse().unwrap()
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    (parent, folder)
}

/// Which file the shared pickle is.
fn stands(folder: &Path) -> Stamp {
    Stamp::at(folder.join("__misc_vars__.pickle"))
}

/// One folder for each value and protocol, made by one Python.
fn folders(parent: &Path, save: &str, protocols: &[usize]) -> Vec<(String, PathBuf)> {
    let numbers: Vec<_> = protocols.iter().map(ToString::to_string).collect();
    let code = format!(
        "for i, v in enumerate(VALUES):\n\
         \x20   for p in [{}]:\n\
         \x20       folder = os.path.join(D, f'{{i}}-{{p}}')\n\
         \x20       {save}\n",
        numbers.join(", ")
    );
    python(parent, [0, 0], &code);
    let mut all = Vec::new();
    for number in 0..count() {
        for protocol in protocols {
            let name = format!("{number}-{protocol}");
            all.push((name.clone(), parent.join(name)));
        }
    }
    all
}

/// Runs `code` on each of the folders, as `folder`, in one Python.
fn in_each(parent: &Path, code: &str) {
    python(
        parent,
        [0, 0],
        &format!(
            "for name in sorted(os.listdir(D)):\n    folder = os.path.join(D, name)\n    {code}"
        ),
    );
}

const SAVED: &str =
    "varpack.save(folder, dict(v=1, s=1)); write(folder, p, lambda d: d.update(v=v))";

#[test]
fn value_of_any_kind_and_protocol_that_nobody_has_changed_is_not_written() {
    let Some(_) = Python::numpy2() else { return };
    let parent = tempfile::tempdir().unwrap();
    for (name, folder) in folders(parent.path(), SAVED, &[0, 2, 4, 5]) {
        let before = stands(&folder);
        let loaded = load::<Run>(&folder);
        loaded.save_with(&unsynced()).unwrap();
        let snapshot = Run::clone(&loaded);
        loaded.save_with(&unsynced()).unwrap();
        drop(snapshot);
        loaded.save_with(&unsynced()).unwrap();
        assert_eq!(stands(&folder), before, "{name}");
    }
}

#[test]
fn value_of_any_kind_and_protocol_that_another_changes_is_not_stale() {
    let Some(_) = Python::numpy2() else { return };
    let parent = tempfile::tempdir().unwrap();
    let all: Vec<_> = folders(parent.path(), SAVED, &[0, 2, 4, 5])
        .into_iter()
        .map(|(name, folder)| (name, load::<Run>(&folder)))
        .collect();
    in_each(parent.path(), "write(folder, 4, lambda d: d.update(v=77))");
    for (name, mut loaded) in all {
        loaded.s = 2;
        loaded.save_with(&unsynced()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = Run::load(loaded.folder()).unwrap();
        assert_eq!((found.v.as_i64(), found.s), (Some(77), 2), "{name}");
    }
}

#[test]
fn value_that_another_variable_shares_stays_shared_where_only_others_are_changed() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder();
    python(
        &folder,
        [0, 0],
        "v = [np.zeros(2, 'M8[ns]'), 'x' * 100]\nvarpack.save(D, dict(v=v, w=v, s=1))",
    );
    let mut loaded = load::<Run>(&folder);
    loaded.s = 2;
    let snapshot = Run::clone(&loaded);
    loaded.save_with(&unsynced()).unwrap();
    let see = "d = varpack.load(D); print(d['v'] is d['w'], d['v'][0].dtype.metadata, d['s'])";
    assert_eq!(python(&folder, [0, 0], see), "True None 2");
    drop(snapshot);
    loaded.s = 3;
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(python(&folder, [0, 0], see), "True None 3");
}

#[test]
fn parts_that_were_one_object_and_are_two_are_a_change() {
    let (_parent, folder) = folder();
    let part = Value::tuple([Value::list([1.into()])]);
    let run = Run { v: Value::tuple([part.clone(), part.clone(), part]), s: 1 };
    run.save_with(&folder, &unsynced()).unwrap();
    let mut loaded = load::<Run>(&folder);
    let parts = loaded.v.as_slice().unwrap().to_vec();
    let inner = parts[0].as_slice().unwrap()[0].clone();
    let before = stands(&folder);
    // The same parts in the same places; then another one of them in the last.
    loaded.v = Value::tuple(parts.clone());
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(stands(&folder), before);
    loaded.v = Value::tuple([parts[0].clone(), parts[1].clone(), inner]);
    loaded.save_with(&unsynced()).unwrap();
    let found = Run::load(&folder).unwrap().v;
    assert_eq!(found, loaded.v);
}

const IN_MAP: &str = "varpack.save(folder, dict(n=dict(a=0, k=3, d=np.ones(20_000)), s=1)); \
                      write(folder, p, lambda d: d['n'].update(a=v))";

fn set_k(pack: &mut Pack) {
    let map: &mut PackMap = pack.get_mut("n").and_then(PackValue::as_map_mut).unwrap();
    map.insert("k", Value::from(5_i64));
}

#[test]
fn item_of_any_kind_and_protocol_that_another_changes_is_not_stale() {
    let Some(_) = Python::numpy2() else { return };
    let parent = tempfile::tempdir().unwrap();
    let all: Vec<_> = folders(parent.path(), IN_MAP, &[0, 2, 4, 5])
        .into_iter()
        .map(|(name, folder)| {
            let pack = Pack::open(&folder).unwrap();
            (name, pack, load::<Outer>(&folder), load::<Mixed>(&folder))
        })
        .collect();
    in_each(parent.path(), "write(folder, 4, lambda d: d['n'].update(a=77))");
    for (name, mut pack, mut outer, mut mixed) in all {
        let fail = |error: varpack::Error| panic!("{name}: {error}");
        set_k(&mut pack);
        pack.save_with(&unsynced()).unwrap_or_else(fail);
        outer.s = 4;
        outer.save_with(&unsynced()).unwrap_or_else(fail);
        mixed.n.insert("z".to_owned(), ArrayOr::Value(1_i64.into()));
        mixed.save_with(&unsynced()).unwrap_or_else(fail);
        let found = load::<Outer>(mixed.folder());
        assert_eq!((found.n.a.as_i64(), found.n.k, found.s), (Some(77), 5, 4), "{name}");
    }
}

#[test]
fn item_that_python_only_pickles_by_another_protocol_is_not_changed() {
    let Some(_) = Python::numpy2() else { return };
    let protocols = [2, 3, 4, 5];
    for again in protocols {
        let parent = tempfile::tempdir().unwrap();
        let all: Vec<_> = folders(parent.path(), IN_MAP, &protocols)
            .into_iter()
            .map(|(name, folder)| (name, Pack::open(&folder).unwrap()))
            .collect();
        in_each(parent.path(), &format!("write(folder, {again}, lambda d: d.update(s=9))"));
        for (name, mut pack) in all {
            set_k(&mut pack);
            pack.save_with(&unsynced()).unwrap_or_else(|error| panic!("{name} {again}: {error}"));
        }
    }
}

#[test]
fn items_of_a_map_that_share_a_part_share_it_where_another_item_is_changed() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder();
    let code = "v = [np.zeros(2, 'M8[ns]'), 'x' * 100]\n\
                varpack.save(D, dict(n=dict(a=v, b=v, w=[v], k=3), s=1))";
    python(&folder, [0, 0], code);
    let mut mixed = load::<Mixed>(&folder);
    mixed.n.insert("k".to_owned(), ArrayOr::Value(5_i64.into()));
    mixed.save_with(&unsynced()).unwrap();
    let see = "n = varpack.load(D)['n']; \
               print(n['a'] is n['b'], n['a'] is n['w'][0], n['a'][0].dtype.metadata, n['k'])";
    assert_eq!(python(&folder, [0, 0], see), "True True None 5");
}
