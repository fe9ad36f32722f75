//! Several saves of several holders in a row: what one has found the same, taken out, merged or saved elsewhere is
//! known by the next.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;
use varpack::{
    ErrorKind, MmapArray1, Pack, PackFields, PackMap, PackRules, PackValue, Progress, Varpack,
};
use varpack_tests::folders::Stamp;
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack, Clone)]
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

#[track_caller]
fn save<T: PackFields>(loaded: &varpack::Loaded<T>) {
    loaded.save_with(&unsynced()).unwrap();
}

/// The map `m` of a `Pack`.
fn m(pack: &mut Pack) -> &mut PackMap {
    pack.get_mut("m").and_then(PackValue::as_map_mut).unwrap()
}

fn set(pack: &mut Pack, key: &str, value: f64) {
    m(pack).insert(key, PackValue::try_from(array(value)).unwrap().into_array().unwrap());
}

fn remove(pack: &mut Pack, key: &str) {
    m(pack).remove(key).unwrap();
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
    let before = [&folder, &other].map(|folder| Stamp::at(folder.join("x.npy")));
    for step in 0..2 {
        loaded.step = step;
        save(&loaded);
        loaded.save_to_with(&other, &unsynced()).unwrap();
    }
    assert_eq!([&folder, &other].map(|folder| Stamp::at(folder.join("x.npy"))), before);
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
    set(&mut pack, "b", 2.0);
    pack.save().unwrap();
    let now = load::<Run>(&folder);
    assert_eq!((now.m["b"][0], now.m["c"][0]), (2.0, 5.0));
    remove(&mut pack, "c");
    let error = pack.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[c]")), "{error}");
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
    let before = Stamp::at(folder.join("varpack.json"));
    let mut loaded = load::<Outer>(&folder);
    save(&loaded);
    assert_eq!(Stamp::at(folder.join("varpack.json")), before, "nothing was changed");
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

#[test]
fn save_of_a_copy_that_finds_all_of_it_in_the_folder_speaks_for_itself_alone() {
    let (_parent, folder) = saved(&run());
    let mut original: Run = load::<Run>(&folder).into_inner();
    let mut copy = original.clone();
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
fn array_belongs_to_its_folder_after_any_number_of_saves_elsewhere() {
    let (_parent, folder) = saved(&run());
    let mut loaded: varpack::Loaded<Run> = load(&folder);
    loaded.x = array(2.0);
    save(&loaded);
    for n in 0..20 {
        loaded.save_to_with(folder.with_extension(n.to_string()), &unsynced()).unwrap();
    }
    let before = Stamp::at(folder.join("x.npy"));
    loaded.step += 1;
    save(&loaded);
    assert_eq!(Stamp::at(folder.join("x.npy")), before);
    // Another's change is seen, and kept.
    let mut other: varpack::Loaded<Run> = load(&folder);
    other.x = array(9.0);
    save(&other);
    loaded.step += 1;
    save(&loaded);
    assert_eq!(Run::load(&folder).unwrap().x[0], 9.0);
}

#[derive(Varpack)]
struct Owned {
    #[varpack(npy)]
    z: Vec<f64>,
    #[varpack(nested)]
    n: OwnedInner,
    s: u64,
}

#[derive(Varpack)]
struct OwnedInner {
    #[varpack(npy)]
    w: Vec<f64>,
    r: u64,
}

/// The usual answer to a `Stale`: to take over what the other has saved.
#[test]
fn array_without_a_file_that_two_have_made_alike_is_known_by_both() {
    let owned = |element: f64| Owned {
        z: vec![element; 400],
        n: OwnedInner { w: vec![element; 400], r: 1 },
        s: 1,
    };
    let (_parent, folder) = saved(&owned(1.0));
    let (mut one, mut two) = (load::<Owned>(&folder), load::<Owned>(&folder));
    (one.z, one.n.w) = (vec![2.0; 400], vec![2.0; 400]);
    one.save_with(&unsynced()).unwrap();
    (two.z, two.n.w) = (vec![3.0; 400], vec![3.0; 400]);
    two.n.r = 5;
    assert_eq!(two.save_with(&unsynced()).unwrap_err().kind(), ErrorKind::Stale);
    let theirs = Owned::load(&folder).unwrap();
    (two.z, two.n.w) = (theirs.z, theirs.n.w);
    for element in [2.0, 4.0] {
        (two.z, two.n.w) = (vec![element; 400], vec![element; 400]);
        two.save_with(&unsynced()).unwrap();
        let found = Owned::load(&folder).unwrap();
        assert_eq!((found.z[0], found.n.w[399], found.n.r), (element, element, 5));
    }
}

/// So is one that is the folder's very file by now.
#[test]
fn array_of_another_holder_that_is_the_folders_file_by_now_is_known_and_changed_again() {
    let (_parent, folder) = saved(&owned_arrays(1.0));
    let (mut one, mut two) = (load::<Arrays>(&folder), load::<Arrays>(&folder));
    one.x = vec![2.0; 400].into();
    one.save_with(&unsynced()).unwrap();
    two.x = one.x.clone();
    two.save_with(&unsynced()).unwrap();
    two.x = vec![3.0; 400].into();
    two.save_with(&unsynced()).unwrap();
    assert_eq!(Arrays::load(&folder).unwrap().x[0], 3.0);
}

#[derive(Varpack)]
struct Arrays {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: MmapArray1<f64>,
}

fn owned_arrays(element: f64) -> Arrays {
    Arrays { x: vec![element; 400].into(), y: vec![element; 400].into() }
}

/// "The best so far", each epoch, beside the run: its type has what the load had not.
#[test]
fn struct_of_another_type_with_a_copy_of_an_array_is_saved_again_and_again() {
    #[derive(Varpack)]
    struct Best {
        #[varpack(mmap)]
        best: MmapArray1<f64>,
        at: u64,
    }
    let (_parent, folder) = saved(&owned_arrays(1.0));
    let mut run = Arrays::load(&folder).unwrap();
    for epoch in 2..5_u32 {
        run.x = vec![f64::from(epoch); 400].into();
        run.save_with(&folder, &unsynced()).unwrap();
        let best = Best { best: run.x.clone(), at: epoch.into() };
        best.save_with(&folder, &unsynced()).unwrap();
        let found = Best::load(&folder).unwrap();
        assert_eq!((found.best[0], found.at), (f64::from(epoch), epoch.into()));
    }
}

#[test]
fn pack_whose_first_save_finds_all_there_knows_it_from_then_on() {
    #[derive(Varpack)]
    struct Two {
        a: u64,
        b: u64,
    }
    for changes in [true, false] {
        let (_parent, folder) = saved(&Two { a: 1, b: 1 });
        let mut pack = Pack::new();
        pack.insert_value("a", &1).unwrap();
        pack.insert_value("b", &1).unwrap();
        pack.attach(&folder);
        pack.save_with(&unsynced()).unwrap();
        let mut other = load::<Two>(&folder);
        other.b = 9;
        other.save_with(&unsynced()).unwrap();
        match changes {
            true => drop(pack.insert_value("b", &2).unwrap()),
            false => drop(pack.remove("b")),
        }
        let error = pack.save_with(&unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("b")), "{error}");
        assert_eq!(Two::load(&folder).unwrap().b, 9);
    }
}
