//! Several saves of several holders in a row: what one has found the same, taken out, merged or saved elsewhere is
//! known by the next.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use varpack::{
    ArrayOr, ErrorKind, LoadOptions, MmapArray1, Mode, Pack, PackRules, PackValue, Progress,
    SaveOptions, Varpack,
};
use varpack_tests::python::Python;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    opt: Option<MmapArray1<f64>>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(npy, default)]
    plain: Vec<f64>,
    step: u64,
}

fn array(value: f64) -> MmapArray1<f64> {
    vec![value; 3].into()
}

fn run() -> Run {
    let m = ["a", "b", "c"].map(|key| (key.to_owned(), array(1.0))).into();
    Run { x: array(1.0), opt: Some(array(1.0)), m, plain: vec![1.0], step: 1 }
}

fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    value.save_with(&folder, &unsynced()).unwrap();
    (parent, folder)
}

/// Quick: none of this is about the disk.
fn unsynced() -> SaveOptions {
    SaveOptions::new().sync(false)
}

fn load<T: Varpack>(folder: &Path) -> varpack::Loaded<T> {
    T::load_with(folder, &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap()
}

#[track_caller]
fn save<T: Varpack>(loaded: &varpack::Loaded<T>) {
    loaded.save_with(&unsynced()).unwrap();
}

/// Files by name: inode and time.
fn file(folder: &Path, name: &str) -> (u64, i64) {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(folder.join(name)).unwrap();
    (found.ino(), found.ctime_nsec())
}

#[test]
fn value_that_two_have_set_alike_is_known_by_both() {
    let (_parent, folder) = saved(&run());
    let (mut a, mut b) = (load::<Run>(&folder), load::<Run>(&folder));
    a.step = 5;
    save(&a);
    b.step = 5;
    save(&b);
    a.step = 1; // as it was when b loaded it
    save(&a);
    save(&b);
    assert_eq!(load::<Run>(&folder).step, 1);
    // And b is not in its own way: nobody has saved since its own save.
    let mut b = load::<Run>(&folder);
    a.step = 7;
    save(&a);
    b.step = 7;
    save(&b);
    b.step = 8;
    save(&b);
    assert_eq!(load::<Run>(&folder).step, 8);
}

#[test]
fn item_that_two_have_set_alike_is_known_by_both() {
    #[derive(Varpack)]
    struct Inner {
        rate: f64,
        depth: u64,
    }
    #[derive(Varpack)]
    struct Outer {
        #[varpack(nested)]
        inner: Inner,
    }
    let (_parent, folder) = saved(&Outer { inner: Inner { rate: 1.0, depth: 1 } });
    let (mut a, mut b) = (load::<Outer>(&folder), load::<Outer>(&folder));
    a.inner.rate = 5.0;
    save(&a);
    (b.inner.rate, b.inner.depth) = (5.0, 2);
    save(&b);
    a.inner.rate = 1.0;
    save(&a);
    b.inner.depth = 3;
    save(&b);
    let inner = load::<Outer>(&folder).into_inner().inner;
    assert_eq!((inner.rate, inner.depth), (1.0, 3));
}

#[test]
fn array_that_two_take_out_is_gone_for_both() {
    let (_parent, folder) = saved(&run());
    let (mut a, mut b) = (load::<Run>(&folder), load::<Run>(&folder));
    a.opt = None;
    save(&a);
    b.opt = None;
    b.step = 2;
    save(&b);
    let now = load::<Run>(&folder);
    assert!(now.opt.is_none() && now.step == 2);
}

#[test]
fn files_of_items_that_another_has_added_are_not_given_to_ones_own() {
    #[derive(Varpack)]
    struct Maps {
        #[varpack(mmap)]
        m: BTreeMap<String, MmapArray1<f64>>,
        #[varpack(mmap, rename = "m-a")]
        other: BTreeMap<String, MmapArray1<f64>>,
    }
    let (_parent, folder) = saved(&Maps { m: BTreeMap::new(), other: BTreeMap::new() });
    let (mut a, mut b) = (load::<Maps>(&folder), load::<Maps>(&folder));
    b.other.insert("b".to_owned(), array(77.0)); // in m-a-b.npy
    save(&b);
    a.m.insert("a-b".to_owned(), array(55.0)); // the same name, if it is free
    a.other.insert("z".to_owned(), array(1.0));
    save(&a);
    let now = load::<Maps>(&folder);
    assert_eq!((now.other["b"][0], now.other["z"][0], now.m["a-b"][0]), (77.0, 1.0, 55.0));
    save(&b);
}

#[test]
fn array_whose_file_another_has_given_to_an_item_is_refused_by_name() {
    #[derive(Varpack)]
    struct Mixed {
        #[varpack(mmap, rename = "m-k")]
        top: Option<MmapArray1<f64>>,
        #[varpack(mmap)]
        m: BTreeMap<String, MmapArray1<f64>>,
    }
    /// Does not know of the other's name.
    #[derive(Varpack)]
    struct MapAlone {
        #[varpack(mmap)]
        m: BTreeMap<String, MmapArray1<f64>>,
    }
    let (_parent, folder) = saved(&Mixed { top: None, m: BTreeMap::new() });
    let (mut a, mut b) = (load::<Mixed>(&folder), load::<MapAlone>(&folder));
    b.m.insert("k".to_owned(), array(77.0));
    save(&b);
    a.top = Some(array(55.0));
    a.m.insert("z".to_owned(), array(1.0));
    let error = a.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Exists, Some("m-k")), "{error}");
    assert_eq!(load::<Mixed>(&folder).m["k"][0], 77.0);
}

#[test]
fn threads_that_save_one_loaded_struct_are_not_stale_by_each_other() {
    let (_parent, folder) = saved(&run());
    let mut loaded = load::<Run>(&folder);
    (loaded.step, loaded.plain) = (2, vec![2.0]);
    let options = unsynced().wait(Duration::from_secs(60));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| loaded.save_with(&options).unwrap());
        }
    });
    let now = load::<Run>(&folder);
    assert_eq!((now.step, &now.plain), (2, &vec![2.0]));
}

#[test]
fn name_that_a_pack_has_put_in_and_taken_out_again_is_not_what_another_has_added() {
    let (_parent, folder) = saved(&run());
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert_value("new", &1).unwrap();
    pack.remove("new");
    let mut other = Pack::open(&folder).unwrap();
    other.insert_value("new", &2).unwrap();
    other.save().unwrap();
    pack.insert_value("step", &2).unwrap();
    pack.save().unwrap();
    let now = Pack::open(&folder).unwrap();
    let value = |name| now.get(name).unwrap().deserialize::<u64>().unwrap();
    assert_eq!((value("new"), value("step")), (2, 2));
}

#[test]
fn variable_that_another_has_only_renamed_is_changed_under_its_new_name() {
    #[derive(Varpack)]
    struct Old {
        rate: f64,
        step: u64,
    }
    #[derive(Varpack)]
    struct New {
        #[varpack(alias = "rate")]
        speed: f64,
        step: u64,
    }
    let (_parent, folder) = saved(&Old { rate: 1.0, step: 1 });
    let (mut a, mut b) = (load::<New>(&folder), load::<New>(&folder));
    a.step = 2;
    save(&a);
    b.speed = 2.0;
    save(&b);
    let now = load::<New>(&folder);
    assert_eq!((now.speed, now.step), (2.0, 2));
}

#[test]
fn array_that_is_saved_to_two_folders_in_turn_is_written_once_to_each() {
    let (parent, folder) = saved(&run());
    let other = parent.path().join("other");
    let mut loaded = load::<Run>(&folder);
    loaded.x = array(2.0);
    for _ in 0..2 {
        save(&loaded);
        loaded.save_to_with(&other, &unsynced()).unwrap();
    }
    let before = [&folder, &other].map(|folder| file(folder, "x.npy"));
    for step in 0..2 {
        loaded.step = step;
        save(&loaded);
        loaded.save_to_with(&other, &unsynced()).unwrap();
    }
    assert_eq!([&folder, &other].map(|folder| file(folder, "x.npy")), before);
    // What was changed since is in neither.
    loaded.x.view_mut().unwrap().fill(3.0);
    loaded.save_to_with(&other, &unsynced()).unwrap();
    save(&loaded);
    assert_eq!([&folder, &other].map(|folder| load::<Run>(folder).x[0]), [3.0, 3.0]);
}

#[test]
fn pack_that_is_saved_to_its_own_folder_by_path_is_not_stale_by_itself() {
    let (_parent, folder) = saved(&run());
    let mut pack = Pack::open(&folder).unwrap();
    for step in 2..5 {
        pack.insert_value("step", &step).unwrap();
        pack.save_to(&folder).unwrap();
    }
    pack.insert_value("step", &9).unwrap();
    pack.save().unwrap();
    assert_eq!(load::<Run>(&folder).step, 9);
}

#[test]
fn keys_that_a_pack_takes_out_in_a_merge_are_gone_for_it_until_they_come_back() {
    let (_parent, folder) = saved(&run());
    let set = |pack: &mut Pack, key: &str, value: f64| {
        let PackValue::Map(map) = pack.get_mut("m").unwrap() else { unreachable!() };
        map.insert(key, PackValue::try_from(array(value)).unwrap().into_array().unwrap());
    };
    let remove = |pack: &mut Pack, key: &str| {
        let PackValue::Map(map) = pack.get_mut("m").unwrap() else { unreachable!() };
        map.remove(key).unwrap();
    };
    let mut pack = Pack::open(&folder).unwrap();
    pack.set_rules(PackRules::new().split_min_len(1)); // as the struct has it
    let mut other = load::<Run>(&folder);
    other.m.insert("d".to_owned(), array(1.0));
    save(&other);
    remove(&mut pack, "b");
    remove(&mut pack, "c");
    pack.save().unwrap(); // merged
    set(&mut pack, "c", 4.0);
    pack.save().unwrap();
    // Another puts the same in again.
    let mut other = load::<Run>(&folder);
    other.m.insert("b".to_owned(), array(1.0));
    save(&other);
    set(&mut pack, "a", 9.0);
    pack.save().unwrap();
    let now = load::<Run>(&folder);
    let found: Vec<_> = now.m.iter().map(|(key, array)| (key.as_str(), array[0])).collect();
    assert_eq!(found, [("a", 9.0), ("b", 1.0), ("c", 4.0), ("d", 1.0)]);
}

#[test]
fn map_that_a_save_has_merged_and_renamed_is_not_stale_by_it() {
    #[derive(Varpack)]
    struct Old {
        #[varpack(mmap)]
        old: BTreeMap<String, MmapArray1<f64>>,
    }
    #[derive(Varpack)]
    struct New {
        #[varpack(mmap, alias = "old")]
        m: BTreeMap<String, MmapArray1<f64>>,
    }
    let (_parent, folder) = saved(&Old { old: [("a".to_owned(), array(1.0))].into() });
    let (mut a, mut b) = (load::<New>(&folder), load::<New>(&folder));
    let mut old = load::<Old>(&folder);
    old.old.insert("x".to_owned(), array(2.0));
    save(&old);
    a.m.insert("y".to_owned(), array(3.0));
    save(&a);
    a.m.insert("z".to_owned(), array(4.0));
    save(&a);
    b.m.insert("b".to_owned(), array(5.0));
    save(&b);
    let found: Vec<_> = load::<New>(&folder).m.keys().cloned().collect();
    assert_eq!(found.concat(), "abxyz");
}

#[test]
fn key_that_a_pack_takes_out_after_a_merge_is_stale_if_another_has_changed_it() {
    let (_parent, folder) = saved(&run());
    let mut pack = Pack::open(&folder).unwrap();
    let mut other = load::<Run>(&folder);
    other.m.insert("c".to_owned(), array(5.0));
    save(&other);
    let set = |pack: &mut Pack, key: &str, value: f64| {
        let PackValue::Map(map) = pack.get_mut("m").unwrap() else { unreachable!() };
        map.insert(key, PackValue::try_from(array(value)).unwrap().into_array().unwrap());
    };
    set(&mut pack, "b", 2.0);
    pack.save().unwrap();
    let now = load::<Run>(&folder);
    assert_eq!((now.m["b"][0], now.m["c"][0]), (2.0, 5.0));
    let PackValue::Map(map) = pack.get_mut("m").unwrap() else { unreachable!() };
    map.remove("c");
    let error = pack.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[c]")), "{error}");
}

#[test]
fn copy_that_has_saved_the_same_change_is_not_stale_by_what_a_stranger_does() {
    let (_parent, folder) = saved(&run());
    let mut first: Run = load::<Run>(&folder).into_inner();
    let mut copy = Run {
        x: first.x.clone(),
        opt: first.opt.clone(),
        m: first.m.clone(),
        plain: first.plain.clone(),
        step: 1,
    };
    copy.step = 2;
    copy.save_with(&folder, &unsynced()).unwrap();
    first.step = 2;
    first.save_with(&folder, &unsynced()).unwrap();
    let mut stranger = load::<Run>(&folder);
    stranger.plain = vec![9.0];
    save(&stranger);
    first.step = 3;
    first.save_with(&folder, &unsynced()).unwrap();
    let now = load::<Run>(&folder);
    assert_eq!((now.step, &now.plain), (3, &vec![9.0]));
}

#[test]
fn keys_that_a_nested_struct_does_not_know_stay() {
    #[derive(Varpack)]
    struct Inner {
        depth: u64,
    }
    #[derive(Varpack)]
    struct Outer {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
        #[varpack(nested)]
        inner: Inner,
    }
    #[derive(Varpack)]
    struct Wider {
        depth: u64,
        extra: u64,
        #[varpack(mmap)]
        arr: Option<MmapArray1<f64>>,
    }
    #[derive(Varpack)]
    struct All {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
        #[varpack(nested)]
        inner: Wider,
    }
    let wider = Wider { depth: 1, extra: 5, arr: Some(array(4.0)) };
    let (_parent, folder) = saved(&All { x: array(1.0), inner: wider });
    let before = file(&folder, "varpack.json");
    let mut loaded = load::<Outer>(&folder);
    save(&loaded);
    assert_eq!(file(&folder, "varpack.json"), before, "nothing was changed");
    loaded.inner.depth = 2;
    save(&loaded);
    loaded.inner.depth = 3;
    save(&loaded);
    let now = load::<All>(&folder);
    assert_eq!((now.inner.depth, now.inner.extra), (3, 5));
    assert_eq!(now.inner.arr.as_ref().unwrap()[0], 4.0);
    loaded.inner.depth = 4;
    loaded.save_with(&unsynced().prune(true)).unwrap();
    assert!(!folder.join("inner-arr.npy").exists());
}

#[test]
fn change_of_a_nested_field_under_its_older_name_is_not_shadowed() {
    #[derive(Varpack)]
    struct OldInner {
        lr: f64,
        q: u64,
    }
    #[derive(Varpack)]
    struct Old {
        #[varpack(nested)]
        n: OldInner,
    }
    #[derive(Varpack)]
    struct NewInner {
        #[varpack(alias = "lr")]
        rate: f64,
        q: u64,
    }
    #[derive(Varpack)]
    struct New {
        #[varpack(nested)]
        n: NewInner,
    }
    let (_parent, folder) = saved(&Old { n: OldInner { lr: 0.1, q: 1 } });
    let (mut new, mut old) = (load::<New>(&folder), load::<Old>(&folder));
    old.n.lr = 7.0;
    save(&old);
    new.n.q = 2;
    save(&new);
    let now = load::<New>(&folder);
    assert_eq!((now.n.rate, now.n.q), (7.0, 2));
    // Both have changed it: under one name or two.
    let (mut new, mut old) = (load::<New>(&folder), load::<Old>(&folder));
    old.n.lr = 8.0;
    save(&old);
    new.n.rate = 9.0;
    let error = new.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("n[rate]")), "{error}");
    // Where it alone has changed, it is renamed.
    let mut new = load::<New>(&folder);
    new.n.rate = 9.0;
    save(&new);
    assert_eq!(load::<New>(&folder).n.rate, 9.0);
    assert_eq!(
        Pack::open(&folder).unwrap().get("n").map(|n| format!("{n:?}").contains("lr")),
        Some(false)
    );
}

#[test]
fn save_whose_last_report_panics_is_made_and_the_next_one_follows() {
    let (_parent, folder) = saved(&run());
    let mut loaded = load::<Run>(&folder);
    loaded.step = 2;
    let panics = unsynced().progress(|progress: Progress| {
        assert!(progress.files_done < progress.files_total, "the last report");
        ControlFlow::Continue(())
    });
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| loaded.save_with(&panics)));
    assert!(outcome.is_err());
    assert_eq!(load::<Run>(&folder).step, 2);
    loaded.step = 3;
    save(&loaded);
    assert_eq!(load::<Run>(&folder).step, 3);
}

/// What the Python program makes of `folder`: `variables` are what it holds, `manifest` its text.
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
         {change}\n\
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
    bare.save_with(&folder, &unsynced()).unwrap();
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
    let before = fs::read(folder.join("__misc_vars__.pickle")).unwrap();
    let (mut a, mut b) = (load::<Numbered>(&folder), load::<Numbered>(&folder));
    save(&a);
    assert_eq!(fs::read(folder.join("__misc_vars__.pickle")).unwrap(), before);
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
    for protocol in 0..=5 {
        let (_parent, folder) = saved(&run());
        let script = format!(
            "import pickle, sys, varpack\n\
             shared = sys.argv[1] + '/' + varpack.SHARED_PICKLE\n\
             variables = pickle.load(open(shared, 'rb'))\n\
             pickle.dump(variables, open(shared, 'wb'), protocol={protocol})\n"
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
fn save_of_a_copy_that_finds_all_of_it_in_the_folder_speaks_for_itself_alone() {
    let (_parent, folder) = saved(&run());
    let mut original: Run = load::<Run>(&folder).into_inner();
    let mut copy = Run {
        x: original.x.clone(),
        opt: original.opt.clone(),
        m: original.m.clone(),
        plain: original.plain.clone(),
        step: original.step,
    };
    let mut stranger = load::<Run>(&folder);
    stranger.step = 33;
    save(&stranger);
    copy.step = 33;
    copy.save_with(&folder, &unsynced()).unwrap(); // there is nothing to write
    original.plain = vec![7.0];
    // It has the older state of what another copy has made its own, so nobody can tell: but nothing is lost.
    let error = original.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("step")), "{error}");
    assert_eq!(load::<Run>(&folder).step, 33);
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
