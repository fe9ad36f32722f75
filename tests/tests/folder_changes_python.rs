//! The Python program changes a folder, or has written what is in it, and a holder saves: what it does not know and
//! has not changed is the same to Python.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use varpack::{ArrayOr, ErrorKind, MmapArray1, Pack, PackFields, Varpack};
use varpack_tests::holders::{load, saved, unsynced};
use varpack_tests::python::Python;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    opt: Option<MmapArray1<f64>>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    step: u64,
}

fn array(value: f64) -> MmapArray1<f64> {
    vec![value; 3].into()
}

fn run() -> Run {
    let m = ["a", "b", "c"].map(|key| (key.to_owned(), array(1.0))).into();
    Run { opt: Some(array(1.0)), m, step: 1 }
}

#[track_caller]
fn save<T: PackFields>(loaded: &varpack::Loaded<T>) {
    loaded.save_with(&unsynced()).unwrap();
}

/// What the Python program makes of `folder`: `variables` are what it holds in the shared pickle, and what has placeholders,
/// each in its pickle; `manifest` is its text.
fn python(folder: &Path, change: &str) {
    let script = format!(
        "import json, os, pickle, sys\n\
         import numpy as np\n\
         import varpack\n\
         folder = sys.argv[1]\n\
         shared = os.path.join(folder, varpack.SHARED_PICKLE)\n\
         listed = os.path.join(folder, varpack.MANIFEST)\n\
         variables = pickle.load(open(shared, 'rb'))\n\
         manifest = json.load(open(listed))\n\
         own = {{name: os.path.join(folder, entry['filename']) for name, entry in manifest.items()\n\
         \x20      if entry.get('uses_numpy_placeholders') and name not in variables}}\n\
         variables.update((name, pickle.load(open(path, 'rb'))) for name, path in own.items())\n\
         {change}\n\
         for name, path in own.items():\n\
         \x20   pickle.dump(variables.pop(name), open(path, 'wb'))\n\
         pickle.dump(variables, open(shared, 'wb'))\n\
         json.dump(manifest, open(listed, 'w'))\n"
    );
    Python::numpy2().unwrap().run(script.as_str(), [folder]);
}

#[test]
fn array_that_python_takes_out_of_the_manifest_alone_stays_out() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&run());
    let (mut loaded, mut pack) = (load::<Run>(&folder), Pack::open(&folder).unwrap());
    let mut bare: Run = load::<Run>(&folder).into_inner();
    python(&folder, "del manifest['opt']"); // opt.npy stays where it is
    loaded.step = 2;
    save(&loaded);
    pack.insert_value("plain", &2).unwrap();
    pack.save().unwrap();
    bare.m.remove("a");
    let error = bare.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("opt")), "{error}");
    assert!(Pack::open(&folder).unwrap().get("opt").is_none());
    // Changed, it is an error and not lost.
    loaded.opt = Some(array(2.0));
    let error = loaded.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("opt")), "{error}");
}

#[test]
fn array_that_python_adds_and_does_not_list_is_not_written_over() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&run());
    python(
        &folder,
        "variables['m']['new'] = varpack.NumpyArrayPlaceholder('m-new.npy')\n\
         np.save(os.path.join(folder, 'm-new.npy'), np.full(3, 8.0))",
    );
    let mut loaded = load::<Run>(&folder);
    assert_eq!(loaded.m["new"][0], 8.0);
    loaded.m.insert("new".to_owned(), array(3.0));
    python(&folder, "np.save(os.path.join(folder, 'm-new.npy'), np.full(3, 9.0))");
    let error = loaded.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[new]")), "{error}");
    assert_eq!(load::<Run>(&folder).m["new"][0], 9.0);
}

#[test]
fn map_with_texts_of_numpys_type_as_keys_is_left_alone_and_merged() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&run());
    python(
        &folder,
        "variables['m'] = {np.str_(key): item for key, item in variables['m'].items()}",
    );
    let (mut a, mut b) = (load::<Run>(&folder), load::<Run>(&folder));
    a.m.insert("a".to_owned(), array(2.0));
    save(&a);
    b.m.remove("b");
    save(&b);
    let now = load::<Run>(&folder);
    let found: Vec<_> = now.m.iter().map(|(key, array)| (key.as_str(), array[0])).collect();
    assert_eq!(found, [("a", 2.0), ("c", 1.0)]);
}

#[test]
fn map_with_keys_of_numpys_types_is_left_alone_and_merged() {
    #[derive(Varpack)]
    struct Numbered {
        #[varpack(mmap(int_keys))]
        m: BTreeMap<u32, MmapArray1<f64>>,
        step: u64,
    }
    let Some(_) = Python::numpy2() else { return };
    let m = [(0, array(1.0)), (1, array(1.0))].into();
    let (_parent, folder) = saved(&Numbered { m, step: 1 });
    python(
        &folder,
        "variables['m'] = {np.int64(key): item for key, item in variables['m'].items()}",
    );
    let before = fs::read(folder.join("m.pickle")).unwrap();
    let (mut a, mut b) = (load::<Numbered>(&folder), load::<Numbered>(&folder));
    save(&a);
    assert_eq!(fs::read(folder.join("m.pickle")).unwrap(), before);
    a.m.insert(0, array(2.0));
    save(&a);
    b.m.insert(1, array(3.0));
    save(&b);
    let now = load::<Numbered>(&folder);
    assert_eq!((now.m[&0][0], now.m[&1][0], now.m.len()), (2.0, 3.0, 2));
}

#[test]
fn arrays_behind_placeholders_of_every_protocol_are_read_kept_and_merged() {
    let Some(python) = Python::numpy2() else { return };
    let own = "pickle.dump(m, open(path, 'wb'), protocol)";
    // As the program has it, and older folders.
    let shared = "os.remove(path)\n\
                  path, listed = sys.argv[1] + '/' + varpack.SHARED_PICKLE, sys.argv[1] + '/' + varpack.MANIFEST\n\
                  variables = pickle.load(open(path, 'rb'))\n\
                  pickle.dump({**variables, 'm': m}, open(path, 'wb'), protocol)\n\
                  manifest = json.load(open(listed))\n\
                  manifest['m']['filename'] = varpack.SHARED_PICKLE\n\
                  json.dump(manifest, open(listed, 'w'))";
    for (protocol, places) in (0..=5).flat_map(|protocol| [(protocol, own), (protocol, shared)]) {
        let (_parent, folder) = saved(&run());
        let script = format!(
            "import json, os, pickle, sys, varpack\n\
             path, protocol = sys.argv[1] + '/m.pickle', {protocol}\n\
             m = pickle.load(open(path, 'rb'))\n\
             {places}\n"
        );
        let mut loaded = load::<Run>(&folder);
        python.run(script.as_str(), [&folder]);
        assert_eq!(load::<Run>(&folder).m["a"][0], 1.0, "protocol {protocol}");
        loaded.m.insert("z".to_owned(), array(3.0));
        save(&loaded);
        let now = load::<Run>(&folder);
        assert_eq!(
            (now.m["a"][0], now.m["z"][0], now.m.len()),
            (1.0, 3.0, 4),
            "protocol {protocol}"
        );
    }
}

#[test]
fn save_that_changes_nothing_leaves_many_references_to_few_texts_and_unknown_keys_alone() {
    #[derive(Varpack)]
    struct Inner {
        labels: Vec<String>,
        rate: f64,
    }
    #[derive(Varpack)]
    struct Outer {
        #[varpack(nested)]
        n: Inner,
        step: u64,
    }
    let Some(_) = Python::numpy2() else { return };
    let inner = Inner { labels: Vec::new(), rate: 0.5 };
    let (_parent, folder) = saved(&Outer { n: inner, step: 1 });
    let texts = "variables['n'] = dict(labels=['cat', 'dog', 'owl'] * 40_000, rate=0.5, extra=5)";
    python(&folder, texts);
    let pickle = || fs::read(folder.join("__misc_vars__.pickle")).unwrap();
    let before = pickle();
    let mut loaded = load::<Outer>(&folder);
    save(&loaded);
    assert!(pickle() == before);
    python(&folder, "variables['n']['extra'] = 6");
    loaded.n.rate = 1.0;
    save(&loaded);
    python(&folder, "assert variables['n']['extra'] == 6 and variables['n']['rate'] == 1.0");
    assert_eq!(load::<Outer>(&folder).n.labels.len(), 120_000);
}

#[test]
fn items_that_nobody_has_changed_are_the_same_to_python_after_a_merge() {
    #[derive(Varpack)]
    struct Inner {
        queue: Vec<u64>,
        status: u64,
        rate: f64,
    }
    #[derive(Varpack)]
    struct Outer {
        #[varpack(nested)]
        n: Inner,
        #[varpack(mmap)]
        m: BTreeMap<String, ArrayOr<MmapArray1<f64>, Vec<u64>>>,
    }
    let Some(_) = Python::numpy2() else { return };
    let inner = Inner { queue: vec![1, 2], status: 404, rate: 0.5 };
    let (_parent, folder) = saved(&Outer { n: inner, m: BTreeMap::new() });
    python(
        &folder,
        "import collections, http\n\
         variables['n'].update(queue=collections.deque([1, 2]), status=http.HTTPStatus(404), extra=5)\n\
         variables['m'] = dict(q=collections.deque([1, 2]))",
    );
    let same = "import collections, http\n\
                n, m = variables['n'], variables['m']\n\
                assert n['queue'] == collections.deque([1, 2]) and n['status'] is http.HTTPStatus(404), n\n\
                assert m['q'] == collections.deque([1, 2]), m";
    let (mut a, mut b) = (load::<Outer>(&folder), load::<Outer>(&folder));
    a.n.rate = 1.0; // merged with the key that the struct does not know
    a.m.insert("a".to_owned(), ArrayOr::Value(vec![1]));
    save(&a);
    python(&folder, same);
    b.m.insert("b".to_owned(), ArrayOr::Value(vec![2]));
    save(&b);
    python(&folder, same);
    let now = load::<Outer>(&folder);
    assert_eq!((now.n.rate, now.m.len()), (1.0, 3));
}

#[test]
fn value_that_moves_to_another_pickle_is_the_same_to_python() {
    #[derive(Varpack)]
    struct There {
        #[varpack(separate)]
        queue: Vec<u64>,
        status: u64,
        old: Vec<u64>,
        step: u64,
    }
    #[derive(Varpack)]
    struct Here {
        queue: Vec<u64>,
        #[varpack(separate)]
        status: u64,
        #[varpack(alias = "old")]
        new: Vec<u64>,
        step: u64,
    }
    let Some(_) = Python::numpy2() else { return };
    let there = There { queue: vec![1], status: 404, old: vec![3], step: 1 };
    let (_parent, folder) = saved(&there);
    python(
        &folder,
        "import collections, http\n\
         variables.update(status=http.HTTPStatus(404), old=collections.deque([3]))\n\
         pickle.dump(collections.deque([1]), open(os.path.join(folder, 'queue.pickle'), 'wb'))",
    );
    let mut loaded = load::<Here>(&folder);
    loaded.step = 2;
    save(&loaded);
    python(
        &folder,
        "import collections, http\n\
         assert variables['queue'] == collections.deque([1]), variables\n\
         assert variables['new'] == collections.deque([3]) and 'old' not in variables, variables\n\
         status = pickle.load(open(os.path.join(folder, 'status.pickle'), 'rb'))\n\
         assert status is http.HTTPStatus(404), status",
    );
    assert_eq!(load::<Here>(&folder).queue, [1]);
}

#[test]
fn nested_struct_with_a_pickle_of_its_own_is_merged_and_keeps_what_it_does_not_know() {
    #[derive(Varpack)]
    struct Inner {
        queue: Vec<u64>,
        rate: f64,
    }
    #[derive(Varpack)]
    struct Outer {
        #[varpack(nested)]
        n: Inner,
        step: u64,
    }
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&Outer { n: Inner { queue: vec![1], rate: 0.5 }, step: 1 });
    // As the program does by itself from some size on.
    let separate = "import collections\n\
                    n = dict(queue=collections.deque([1]), rate=0.5, extra=5)\n\
                    pickle.dump(n, open(os.path.join(folder, 'n.pickle'), 'wb'))\n\
                    del variables['n']\n\
                    manifest['n']['filename'] = 'n.pickle'";
    python(&folder, separate);
    let (mut a, mut b) = (load::<Outer>(&folder), load::<Outer>(&folder));
    save(&a);
    a.n.rate = 1.0;
    save(&a);
    b.n.queue = vec![2];
    save(&b);
    python(
        &folder,
        "n = variables['n']\n\
         assert (n['queue'], n['rate'], n['extra']) == ([2], 1.0, 5), n",
    );
}

#[test]
fn array_that_python_swaps_for_another_by_plain_writes_is_not_written_over() {
    let Some(_) = Python::numpy2() else { return };
    for leaves_the_file in [false, true] {
        let (_parent, folder) = saved(&run());
        python(
            &folder,
            "del variables['m']['b']; variables['m']['new'] = varpack.NumpyArrayPlaceholder('m-new.npy')\n\
             np.save(folder + '/m-new.npy', np.full(3, 8.0))",
        );
        if !leaves_the_file {
            fs::remove_file(folder.join("m-b.npy")).unwrap();
        }
        let mut loaded = load::<Run>(&folder);
        assert_eq!(loaded.m["new"][0], 8.0);
        python(&folder, "np.save(folder + '/m-new.npy', np.full(3, 9.0))");
        loaded.m.insert("new".to_owned(), array(3.0));
        let error = loaded.save_with(&unsynced()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        assert_eq!(load::<Run>(&folder).m["new"][0], 9.0);
    }
}

#[derive(Varpack)]
struct Labels {
    labels: Vec<String>,
    step: u64,
}

#[test]
fn texts_that_python_shares_are_known_again_however_many_there_are() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&Labels { labels: Vec::new(), step: 1 });
    python(
        &folder,
        "import collections\n\
         texts = [str(n) * 100 for n in range(5)]\n\
         variables['labels'] = collections.deque(texts[n % 5] for n in range(200_000))",
    );
    let before = fs::read(folder.join("__misc_vars__.pickle")).unwrap();
    let mut loaded = load::<Labels>(&folder);
    save(&loaded);
    assert!(fs::read(folder.join("__misc_vars__.pickle")).unwrap() == before);
    loaded.step = 2;
    save(&loaded);
    let after = fs::metadata(folder.join("__misc_vars__.pickle")).unwrap().len();
    assert!(after < 2 * before.len() as u64, "{after}");
    python(&folder, "assert type(variables['labels']).__name__ == 'deque'");
}

/// As the Python program saves: what has placeholders is in the shared pickle again.
const INTO_SHARED: &str = "
for name in list(own):
    manifest[name]['filename'] = varpack.SHARED_PICKLE
    os.remove(own.pop(name))
";

#[test]
fn map_that_python_has_changed_and_put_into_the_shared_pickle_is_still_its_change_after_a_save_of_something_else()
 {
    #[derive(Varpack)]
    struct Mixed {
        step: u64,
        #[varpack(mmap)]
        u: BTreeMap<String, ArrayOr<MmapArray1<f64>, i64>>,
    }
    let Some(_) = Python::numpy2() else { return };
    let mixed = || Mixed {
        step: 0,
        u: BTreeMap::from([
            ("a".to_owned(), ArrayOr::Array(array(1.0))),
            ("b".to_owned(), ArrayOr::Value(1)),
            ("c".to_owned(), ArrayOr::Value(2)),
        ]),
    };
    let value = |folder: &Path, key: &str| match &Mixed::load(folder).unwrap().u[key] {
        ArrayOr::Value(value) => *value,
        ArrayOr::Array(_) => -1,
    };
    let change = format!("variables['u']['b'] = 77\n{INTO_SHARED}");

    let (_parent, folder) = saved(&mixed());
    let mut mine = load::<Mixed>(&folder);
    python(&folder, &change);
    for step in [1, 2] {
        mine.step = step;
        save(&mine);
    }
    mine.u.insert("c".to_owned(), ArrayOr::Value(5));
    save(&mine);
    assert_eq!((value(&folder, "b"), value(&folder, "c")), (77, 5));

    // What both have changed is an error, and so is to take the whole of it out.
    let (_parent, folder) = saved(&mixed());
    let (mut mine, mut pack) = (load::<Mixed>(&folder), Pack::open(&folder).unwrap());
    python(&folder, &change);
    mine.step = 1;
    save(&mine);
    mine.u.insert("b".to_owned(), ArrayOr::Value(5));
    let error = mine.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("u[b]")), "{error}");
    pack.insert_value("other", &1).unwrap();
    pack.save().unwrap();
    pack.remove("u");
    assert_eq!(pack.save().unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(value(&folder, "b"), 77);
}
