//! A loaded struct that is put in the place of another one: its arrays know the load that it came from.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::mem;
use std::path::Path;
use varpack::{ErrorKind, MmapArray1, Varpack};
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack, Clone)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    s: u64,
    t: u64,
}

fn array(value: f64) -> MmapArray1<f64> {
    vec![value; 4].into()
}

fn run() -> Run {
    Run { x: array(1.0), m: [("a".to_owned(), array(1.0))].into(), s: 1, t: 1 }
}

/// `x`, `m["a"]`, `s` and `t` of the folder.
fn held(folder: &Path) -> (f64, f64, u64, u64) {
    let run = Run::load(folder).unwrap();
    (run.x[0], run.m["a"][0], run.s, run.t)
}

/// Puts the first in the place of the second.
type Put = fn(varpack::Loaded<Run>, &mut varpack::Loaded<Run>);

const PUTS: [Put; 3] = [
    |mut older, newer| mem::swap(&mut *older, &mut **newer),
    |older, newer| **newer = older.into_inner(),
    |older, newer| **newer = Run::clone(&older),
];

#[test]
fn older_struct_in_the_place_of_a_newer_one_undoes_nothing_unless_that_is_said() {
    for put in PUTS {
        let (_parent, folder) = saved(&run());
        let (older, mut other) = (load::<Run>(&folder), load::<Run>(&folder));
        other.s = 5;
        other.x.view_mut().unwrap()[0] = 5.0;
        other.m.get_mut("a").unwrap().view_mut().unwrap()[0] = 5.0;
        other.save_with(&unsynced()).unwrap();
        let mut newer = load::<Run>(&folder);
        put(older, &mut newer);
        newer.t = 2;
        for _ in 0..2 {
            let error = newer.save_with(&unsynced()).unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("s")), "{error}");
            assert_eq!(held(&folder), (5.0, 5.0, 5, 1));
        }
        newer.save_with(&unsynced().overwrite(true)).unwrap();
        assert_eq!(held(&folder), (1.0, 1.0, 1, 2));
    }
}

/// "The best weights so far": nobody else is there.
#[test]
fn arrays_of_an_older_load_that_are_put_back_are_saved() {
    for is_trained_by_another in [false, true] {
        let (_parent, folder) = saved(&run());
        let best = load::<Run>(&folder);
        let mut run = load::<Run>(&folder);
        if is_trained_by_another {
            let mut other = load::<Run>(&folder);
            (other.x, other.m) = (array(2.0), [("a".to_owned(), array(2.0))].into());
            other.save_with(&unsynced()).unwrap();
            run = load(&folder);
        }
        for epoch in 0..3 {
            (run.x, run.m) = (array(3.0), [("a".to_owned(), array(3.0))].into());
            run.s = 10 + epoch;
            run.save_with(&unsynced()).unwrap();
            assert_eq!(held(&folder), (3.0, 3.0, 10 + epoch, 1));
            (run.x, run.m) = (best.x.clone(), best.m.clone());
            run.t = 1;
            run.save_with(&unsynced()).unwrap();
            assert_eq!(held(&folder), (1.0, 1.0, 10 + epoch, 1));
        }
        (run.x, run.m) = (array(4.0), [("a".to_owned(), array(4.0))].into());
        run.save_with(&unsynced()).unwrap();
        Run::update(&folder, |run| {
            (run.x, run.m) = (best.x.clone(), best.m.clone());
            Ok(())
        })
        .unwrap();
        assert_eq!(held(&folder), (1.0, 1.0, 12, 1));
    }
}

#[test]
fn older_struct_in_the_place_of_a_newer_one_is_stale_whatever_else_was_changed() {
    for put in PUTS {
        let (_parent, folder) = saved(&run());
        let (mut older, mut other) = (load::<Run>(&folder), load::<Run>(&folder));
        (other.s, other.t) = (5, 5);
        other.save_with(&unsynced()).unwrap();
        let mut newer = load::<Run>(&folder);
        older.s = 2;
        put(older, &mut newer);
        let error = newer.save_with(&unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("t")), "{error}");
        assert_eq!(held(&folder), (1.0, 1.0, 5, 5));
    }
}

#[test]
fn array_of_an_older_load_that_is_put_beside_ones_own_changes_nothing_else() {
    let (_parent, folder) = saved(&run());
    let (older, mut other) = (load::<Run>(&folder), load::<Run>(&folder));
    other.s = 5;
    other.x.view_mut().unwrap()[0] = 5.0;
    other.save_with(&unsynced()).unwrap();
    let mut newer = load::<Run>(&folder);
    newer.x = older.into_inner().x;
    newer.s = 6;
    newer.save_with(&unsynced()).unwrap();
    assert_eq!(held(&folder), (1.0, 1.0, 6, 1));
}

#[derive(Varpack)]
struct Part {
    #[varpack(mmap)]
    w: MmapArray1<f64>,
    #[varpack(alias = "rate")]
    r: u64,
}

#[derive(Varpack)]
struct Whole {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(nested)]
    n: Part,
    #[varpack(alias = "s")]
    step: u64,
}

/// A nested struct's values tell, though it has arrays; so does a value that the folder has under an older name.
#[test]
fn older_struct_is_known_by_values_in_nested_structs_and_under_older_names() {
    for is_nested in [true, false] {
        let part = |r| Part { w: array(1.0), r };
        let (_parent, folder) = saved(&Whole { x: array(1.0), n: part(1), step: 1 });
        let older = load::<Whole>(&folder);
        let mut other = load::<Whole>(&folder);
        match is_nested {
            true => other.n.r = 5,
            false => other.step = 5,
        }
        other.save_with(&unsynced()).unwrap();
        let mut newer = load::<Whole>(&folder);
        *newer = older.into_inner();
        let error = newer.save_with(&unsynced()).unwrap_err();
        let name = if is_nested { "n" } else { "step" };
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some(name)), "{error}");
        let found = Whole::load(&folder).unwrap();
        assert_eq!(found.n.r + found.step, 6);
    }
}

#[derive(Varpack)]
struct Weights {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    s: u64,
}

/// A plain struct whose arrays are all new is not known for what was loaded: its save is one of nobody's. What was
/// loaded before it is of an older state, which is said, and not left out in silence.
#[test]
fn array_put_back_into_a_plain_struct_after_a_save_without_it_is_stale() {
    for is_of_same_load in [true, false] {
        let (_parent, folder) = saved(&Weights { x: array(1.0), s: 1 });
        let mut run = Weights::load(&folder).unwrap();
        let best = match is_of_same_load {
            true => run.x.clone(),
            false => Weights::load(&folder).unwrap().x,
        };
        run.x = array(2.0);
        run.save_with(&folder, &unsynced()).unwrap();
        run.x = best;
        let error = run.save_with(&folder, &unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")), "{error}");
        run.save_with(&folder, &unsynced().overwrite_field("x")).unwrap();
        assert_eq!(Weights::load(&folder).unwrap().x[0], 1.0);

        // What others save from then on is left alone.
        let mut other = load::<Weights>(&folder);
        other.s = 7;
        other.save_with(&unsynced()).unwrap();
        let error = run.save_with(&folder, &unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("s")), "{error}");
        let held = Weights::load(&folder).unwrap();
        assert_eq!((held.x[0], held.s), (1.0, 7));
    }
}

/// By hand, for the derive lets no struct be nested that has arrays so deep.
struct Deep {
    n: Middle,
    s: u64,
}

varpack_tests::fields_by_hand!(Deep { n: nested, s: value });

#[derive(Varpack)]
struct Middle {
    #[varpack(nested)]
    i: Part,
    q: u64,
}

/// The array of a struct in a nested struct is in the pickle, and no more evidence than one in a file.
#[test]
fn array_of_an_older_load_two_structs_deep_is_put_back() {
    let deep = Deep { n: Middle { i: Part { w: array(1.0), r: 1 }, q: 1 }, s: 1 };
    let (_parent, folder) = saved(&deep);
    let best = load::<Deep>(&folder);
    let mut run = load::<Deep>(&folder);
    run.n.i.w = array(2.0);
    run.save_with(&unsynced()).unwrap();
    run.n.i.w = best.into_inner().n.i.w;
    run.save_with(&unsynced()).unwrap();
    assert_eq!(Deep::load(&folder).unwrap().n.i.w[0], 1.0);
}

/// Of the values in it there is.
#[test]
fn older_struct_is_known_by_a_value_two_structs_deep() {
    let deep = Deep { n: Middle { i: Part { w: array(1.0), r: 1 }, q: 1 }, s: 1 };
    let (_parent, folder) = saved(&deep);
    let older = load::<Deep>(&folder);
    let mut other = load::<Deep>(&folder);
    other.n.i.r = 5;
    other.save_with(&unsynced()).unwrap();
    let mut newer = load::<Deep>(&folder);
    *newer = older.into_inner();
    let error = newer.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("n")), "{error}");
    assert_eq!(Deep::load(&folder).unwrap().n.i.r, 5);
}

/// Which of the arrays were put to the others nobody can tell: what of the folder differs is left out no more than it is
/// written over.
#[test]
fn plain_struct_with_arrays_of_two_loads_is_stale_where_the_folder_has_changed_since_the_older() {
    for by in ["here", "another"] {
        let (_parent, folder) = saved(&run());
        let best = Run::load(&folder).unwrap();
        let mut trained = Run::load(&folder).unwrap();
        trained.x = array(2.0);
        trained.save_with(&folder, &unsynced()).unwrap();
        let mut now = match by {
            "here" => trained,
            _ => Run::load(&folder).unwrap(),
        };
        now.x = best.x.clone();
        for _ in 0..2 {
            let error = now.save_with(&folder, &unsynced()).unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")), "{by}");
            assert_eq!(held(&folder), (2.0, 1.0, 1, 1));
        }
        now.save_with(&folder, &unsynced().overwrite_field("x")).unwrap();
        assert_eq!(held(&folder), (1.0, 1.0, 1, 1));
        (now.x, now.s) = (array(3.0), 3);
        now.save_with(&folder, &unsynced()).unwrap();
        assert_eq!(held(&folder), (3.0, 1.0, 3, 1));
    }
}

/// So is a value that is set to what the older load had, and a key that is taken out as it was not there yet.
#[test]
fn change_back_to_what_an_older_load_has_seen_is_never_left_out_of_a_plain_struct() {
    for back in [|now: &mut Run| now.s = 1, |now: &mut Run| drop(now.m.remove("b"))] {
        let (_parent, folder) = saved(&run());
        let best = Run::load(&folder).unwrap();
        let mut other = load::<Run>(&folder);
        other.s = 5;
        other.m.insert("b".into(), array(5.0));
        other.save_with(&unsynced()).unwrap();
        let mut now = Run::load(&folder).unwrap();
        now.x = best.x;
        back(&mut now);
        let error = now.save_with(&folder, &unsynced()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        let mut now = load::<Run>(&folder);
        now.x = array(2.0);
        back(&mut now);
        now.save_with(&unsynced()).unwrap();
        let kept = Run::load(&folder).unwrap();
        assert_eq!(kept.x[0], 2.0);
        assert!(kept.s == 1 || kept.m.len() == 1);
    }
}

/// What was saved and never loaded: the file is of the same program, but which save it was of nobody knows.
#[test]
fn array_that_was_saved_before_is_written_over_what_came_after_it_where_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("run");
    let mut now = run();
    now.save_with(&folder, &unsynced()).unwrap();
    let best = (now.x.clone(), now.m.clone());
    (now.x, now.m) = (array(2.0), [("a".to_owned(), array(2.0))].into());
    now.s = 2;
    now.save_with(&folder, &unsynced()).unwrap();
    assert_eq!(held(&folder), (2.0, 2.0, 2, 1));
    (now.x, now.m) = best;
    now.s = 3;
    let error = now.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert!(error.to_string().contains("overwrite_field"), "{error}");
    now.save_with(&folder, &unsynced().overwrite_field("x").overwrite_field("m")).unwrap();
    assert_eq!(held(&folder), (1.0, 1.0, 3, 1));
}

/// Whichever of the loads is the older: a value of one is no change against what the other has seen.
#[test]
fn values_of_a_plain_struct_with_an_array_of_another_load_undo_nothing() {
    for is_older in [true, false] {
        let (_parent, folder) = saved(&run());
        let early = Run::load(&folder).unwrap();
        let mut other = load::<Run>(&folder);
        let late = Run::load(&folder).unwrap();
        (other.s, other.x) = (5, array(5.0));
        other.save_with(&unsynced()).unwrap();
        let mut now = if is_older { early } else { late };
        now.m.insert("a".into(), other.m["a"].clone());
        let error = now.save_with(&folder, &unsynced()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        assert_eq!(held(&folder), (5.0, 1.0, 5, 1));
    }
}

/// All of them: nothing in the struct tells that it is not the older one, which others have changed since.
#[test]
fn arrays_of_a_plain_struct_that_are_all_put_back_are_saved_where_that_is_said() {
    let (_parent, folder) = saved(&run());
    let best = Run::load(&folder).unwrap();
    let mut trained = Run::load(&folder).unwrap();
    (trained.x, trained.s) = (array(2.0), 2);
    trained.m.insert("a".into(), array(2.0));
    trained.save_with(&folder, &unsynced()).unwrap();
    let mut now = Run::load(&folder).unwrap();
    (now.x, now.m) = (best.x, best.m);
    let error = now.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")), "{error}");
    assert!(error.to_string().contains("load_with"), "{error}");
    assert_eq!(held(&folder), (2.0, 2.0, 2, 1));
    now.save_with(&folder, &unsynced().overwrite_field("x").overwrite_field("m")).unwrap();
    assert_eq!(held(&folder), (1.0, 1.0, 2, 1));
}

#[derive(Varpack, Clone, Default)]
struct Half {
    #[varpack(mmap)]
    w: MmapArray1<f64>,
    #[varpack(mmap)]
    o: Option<MmapArray1<f64>>,
    u: Option<u64>,
}

#[derive(Varpack, Clone)]
struct WithHalf {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(nested)]
    n: Half,
    s: u64,
}

/// A field that was `None` is a field as any: what came to it since is not left out in silence.
#[test]
fn plain_struct_is_stale_where_a_none_of_a_nested_struct_was_set_since() {
    let new = || {
        let first = WithHalf { x: array(1.0), n: Half { w: array(1.0), ..Half::default() }, s: 1 };
        saved(&first)
    };
    // By another.
    let (_parent, folder) = new();
    let mut plain = WithHalf::load(&folder).unwrap();
    let mut merging = load::<WithHalf>(&folder);
    let mut other = load::<WithHalf>(&folder);
    other.n.o = Some(array(2.0));
    other.save_with(&unsynced()).unwrap();
    plain.s = 5;
    let error = plain.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("n[o]")), "{error}");
    merging.s = 6;
    merging.save_with(&unsynced()).unwrap();
    let found = WithHalf::load(&folder).unwrap();
    assert_eq!((found.n.o.map(|o| o[0]), found.s), (Some(2.0), 6));
    // By the copy that went on.
    let (_parent, folder) = new();
    let mut run = WithHalf::load(&folder).unwrap();
    let best = run.clone();
    run.n.o = Some(array(2.0));
    run.save_with(&folder, &unsynced()).unwrap();
    let error = best.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("n[o]")), "{error}");
    best.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    assert!(WithHalf::load(&folder).unwrap().n.o.is_none());
}

#[derive(Varpack)]
struct WithSmall {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap(min_len = 100))]
    small: BTreeMap<String, MmapArray1<f64>>,
    s: u64,
}

/// What a plain struct has saved is the folder's, its arrays in pickles as well.
#[test]
fn plain_struct_with_an_array_of_an_older_load_and_arrays_in_a_pickle_is_saved_again_and_again() {
    let small = [("a".to_owned(), array(1.0))].into();
    let (_parent, folder) = saved(&WithSmall { x: array(1.0), small, s: 1 });
    let best = WithSmall::load(&folder).unwrap();
    let mut run = WithSmall::load(&folder).unwrap();
    run.x = best.x.clone();
    for s in 2..5 {
        run.s = s;
        run.save_with(&folder, &unsynced()).unwrap();
    }
    assert_eq!(WithSmall::load(&folder).unwrap().s, 4);
}
