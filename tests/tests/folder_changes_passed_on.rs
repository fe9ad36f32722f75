//! Arrays that came with one type's load, in a struct of another type: nested structs of that one do not know all that
//! the first type knew, and what a struct does not know stays. A field that is `None` is known.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use varpack::pickle::Value;
use varpack::{ErrorKind, Loaded, MmapArray1, Pack, PackRules, Varpack};
use varpack_tests::holders::{load, saved, unsynced};

type Array = MmapArray1<f64>;

#[derive(Varpack)]
struct Deep {
    p: u64,
    q: u64,
}

#[derive(Varpack)]
struct Shallow {
    p: u64,
}

#[derive(Varpack)]
struct Whole {
    #[varpack(mmap)]
    w: Array,
    r: u64,
    #[varpack(nested)]
    i: Deep,
}

#[derive(Varpack)]
struct Part {
    r: u64,
    #[varpack(nested)]
    i: Shallow,
}

#[derive(Varpack)]
struct Old {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Whole,
    s: u64,
}

#[derive(Varpack)]
struct New {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Part,
}

fn array(element: f64) -> Array {
    ndarray::Array1::from_elem(20_000, element).into()
}

fn old() -> Old {
    Old { x: array(1.0), n: Whole { w: array(2.0), r: 3, i: Deep { p: 4, q: 5 } }, s: 6 }
}

#[track_caller]
fn assert_has_all(folder: &Path, r: u64, p: u64) {
    let Old { x, n, s } = Old::load(folder).unwrap();
    assert_eq!((x[0], n.w[0], n.r, n.i.p, n.i.q, s), (1.0, 2.0, r, p, 5, 6));
    assert!(folder.join("n-w.npy").exists());
}

#[test]
fn keys_that_a_nested_struct_does_not_know_stay_where_its_arrays_came_with_a_type_that_does() {
    let (_parent, folder) = saved(&old());
    let Old { x, n, .. } = Old::load(&folder).unwrap();
    let mut new = New { x, n: Part { r: n.r, i: Shallow { p: n.i.p } } };
    for (r, p) in [(3, 4), (7, 4), (7, 8), (9, 9)] {
        (new.n.r, new.n.i.p) = (r, p);
        new.save_with(&folder, &unsynced()).unwrap();
        assert_has_all(&folder, r, p);
    }
}

#[test]
fn keys_that_a_nested_struct_does_not_know_stay_where_a_loaded_one_gets_arrays_of_a_type_that_does()
{
    let (_parent, folder) = saved(&old());
    let old = Old::load(&folder).unwrap();
    let mut new: Loaded<New> = load(&folder);
    new.x = old.x;
    for r in 7..10 {
        new.n.r = r;
        new.save_with(&unsynced()).unwrap();
        assert_has_all(&folder, r, 4);
    }
}

#[test]
fn keys_that_a_nested_struct_does_not_know_stay_where_others_have_changed_the_rest() {
    let (_parent, folder) = saved(&old());
    let Old { x, n, .. } = Old::load(&folder).unwrap();
    let mut new = New { x, n: Part { r: n.r, i: Shallow { p: n.i.p } } };
    let mut other: Loaded<Old> = load(&folder);
    other.n.i.q = 5;
    other.n.w = array(2.0);
    other.save_with(&unsynced()).unwrap();
    new.n.r = 7;
    new.save_with(&folder, &unsynced()).unwrap();
    assert_has_all(&folder, 7, 4);
}

#[derive(Varpack)]
struct Fields {
    #[varpack(mmap, alias = "older")]
    w: Option<Array>,
    #[varpack(mmap)]
    v: Option<Array>,
}

#[derive(Varpack)]
struct Optional {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Fields,
}

#[derive(Varpack)]
struct Older {
    #[varpack(mmap)]
    older: Array,
    note: String,
}

#[derive(Varpack)]
struct OuterOfOlder {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Older,
}

fn of_older() -> OuterOfOlder {
    OuterOfOlder { x: array(1.0), n: Older { older: array(2.0), note: "kept".into() } }
}

/// What the folder has under `n`.
fn keys(folder: &Path) -> Vec<String> {
    let pack = Pack::open(folder).unwrap();
    let n = pack.get("n").unwrap();
    let text = |key: &Value| key.as_str().unwrap().to_owned();
    let mut keys: Vec<_> = match (n.as_map(), n.as_value()) {
        (Some(map), _) => map.iter().map(|(key, _)| text(key)).collect(),
        (None, Some(Value::Dict(entries))) => entries.iter().map(|(key, _)| text(key)).collect(),
        (None, other) => panic!("{other:?}"),
    };
    keys.sort();
    keys
}

#[test]
fn field_that_is_set_to_none_takes_the_array_away_by_any_of_its_names_and_nothing_else() {
    for is_bare in [false, true] {
        let (_parent, folder) = saved(&of_older());
        assert_eq!(keys(&folder), ["note", "older"]);
        if is_bare {
            let mut bare = Optional::load(&folder).unwrap();
            assert_eq!(bare.n.w.take().unwrap()[0], 2.0);
            bare.save_with(&folder, &unsynced()).unwrap();
        } else {
            let mut loaded: Loaded<Optional> = load(&folder);
            assert_eq!(loaded.n.w.take().unwrap()[0], 2.0);
            loaded.save_with(&unsynced()).unwrap();
        }
        assert_eq!(keys(&folder), ["note"]);
        assert!(!folder.join("n-older.npy").exists());
    }
}

#[test]
fn array_that_others_have_set_stays_where_a_field_is_none_as_before() {
    let fields = || Fields { w: None, v: Some(array(3.0)) };
    let (_parent, folder) = saved(&Optional { x: array(1.0), n: fields() });
    let mut one: Loaded<Optional> = load(&folder);
    let mut two: Loaded<Optional> = load(&folder);
    one.n.w = Some(array(2.0));
    one.save_with(&unsynced()).unwrap();
    two.n.v = Some(array(4.0));
    two.save_with(&unsynced()).unwrap();
    let found = Optional::load(&folder).unwrap().n;
    assert_eq!((found.w.unwrap()[0], found.v.unwrap()[0]), (2.0, 4.0));
}

#[test]
fn what_a_struct_of_which_all_fields_are_none_does_not_know_stays() {
    let (_parent, folder) = saved(&of_older());
    let mut loaded: Loaded<Optional> = load(&folder);
    loaded.n = Fields { w: None, v: None };
    loaded.x = array(5.0);
    for _ in 0..2 {
        loaded.save_with(&unsynced()).unwrap();
        assert_eq!(keys(&folder), ["note"]);
        loaded.x = array(6.0);
    }
    let fields = Fields { w: None, v: None };
    Optional { x: array(7.0), n: fields }.save_with(&folder, &unsynced()).unwrap();
    assert_eq!(keys(&folder), ["note"]);
}

#[derive(Varpack)]
struct Small {
    #[varpack(mmap(min_len = 100))]
    m: BTreeMap<String, Array>,
    s: u64,
}

#[derive(Varpack)]
struct ByNumber {
    #[varpack(mmap(int_keys))]
    m: BTreeMap<u8, Array>,
    s: u64,
}

/// However many elements they have, and wherever they stand.
#[test]
fn arrays_that_were_loaded_from_a_pickle_know_the_load_that_they_came_from() {
    for len in [4, 400] {
        let m = [("a".to_owned(), vec![1.0; len].into())].into();
        let (_parent, folder) = saved(&Small { m, s: 1 });
        let run = Small::load(&folder).unwrap();
        let mut other: Loaded<Small> = load(&folder);
        other.s = 5;
        other.save_with(&unsynced()).unwrap();
        let error = run.save_with(&folder, &unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("s")), "{error}");
        assert_eq!(Small::load(&folder).unwrap().s, 5, "{len}");

        let (_parent, folder) = saved(&ByNumber { m: [(1, vec![1.0; len].into())].into(), s: 1 });
        let run = ByNumber::load(&folder).unwrap();
        let mut other: Loaded<ByNumber> = load(&folder);
        other.s = 5;
        other.save_with(&unsynced()).unwrap();
        let error = run.save_with(&folder, &unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("s")), "{error}");
        assert_eq!(ByNumber::load(&folder).unwrap().s, 5, "{len}");
    }
}

#[derive(Varpack)]
struct Flat {
    r: u64,
}

#[derive(Varpack)]
struct OfFlat {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Flat,
}

#[derive(Varpack)]
struct OnlyInner {
    #[varpack(nested)]
    i: Shallow,
}

#[derive(Varpack)]
struct OfInner {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: OnlyInner,
}

#[test]
fn keys_of_an_inner_struct_stay_where_its_arrays_came_with_a_type_that_has_no_such_struct() {
    for is_beside_another in [false, true] {
        let (_parent, folder) = saved(&old());
        let x = OfFlat::load(&folder).unwrap().x;
        let mut r = 3;
        if is_beside_another {
            let mut other: Loaded<OfFlat> = load(&folder);
            r = 9;
            other.n.r = r;
            other.save_with(&unsynced()).unwrap();
        }
        let mut new = OfInner { x, n: OnlyInner { i: Shallow { p: 8 } } };
        new.save_with(&folder, &unsynced()).unwrap();
        assert_has_all(&folder, r, 8);
        new.n.i.p = 9;
        new.save_with(&folder, &unsynced()).unwrap();
        assert_has_all(&folder, r, 9);
    }
}

#[derive(Varpack)]
struct Newest {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Aliased,
}

#[derive(Varpack)]
struct Aliased {
    #[varpack(mmap, alias = "older")]
    w: Array,
    note: String,
}

#[derive(Varpack)]
struct OfBoth {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Both,
}

#[derive(Varpack)]
struct Both {
    #[varpack(mmap)]
    older: Array,
    #[varpack(mmap)]
    w: Array,
    note: String,
}

/// Of two names of a field the present one counts; what stands under the other is none of the field's.
#[test]
fn array_under_an_older_name_stays_where_the_folder_has_the_present_one_too() {
    let both = || Both { older: array(2.0), w: array(3.0), note: String::new() };
    let assert_older = |folder: &Path, w: f64| {
        let n = OfBoth::load(folder).unwrap().n;
        assert_eq!((n.older[0], n.w[0]), (2.0, w));
    };
    let (_parent, folder) = saved(&OfBoth { x: array(1.0), n: both() });
    let mut loaded: Loaded<Newest> = load(&folder);
    assert_eq!(loaded.n.w[0], 3.0);
    loaded.n.note = "changed".into();
    loaded.save_with(&unsynced()).unwrap();
    assert_older(&folder, 3.0);
    loaded.n.w = array(4.0);
    loaded.save_with(&unsynced()).unwrap();
    assert_older(&folder, 4.0);
    let n = Aliased { w: array(5.0), note: String::new() };
    Newest { x: array(1.0), n }.save_with(&folder, &unsynced()).unwrap();
    assert_older(&folder, 5.0);
}

#[test]
fn array_that_is_set_to_none_here_and_renamed_by_another_is_stale() {
    let (_parent, folder) = saved(&of_older());
    let mut here: Loaded<Optional> = load(&folder);
    assert_eq!(here.n.w.take().unwrap()[0], 2.0);
    let mut other: Loaded<Newest> = load(&folder);
    other.n.w = array(9.0);
    other.save_with(&unsynced()).unwrap();
    let error = here.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("n[w]")), "{error}");
    assert_eq!(Newest::load(&folder).unwrap().n.w[0], 9.0);
}

#[test]
fn field_that_a_merge_has_renamed_is_set_to_none_and_set_again() {
    let (_parent, folder) = saved(&of_older());
    let mut loaded: Loaded<Optional> = load(&folder);
    loaded.x = array(2.0);
    loaded.save_with(&unsynced()).unwrap();
    for element in [3.0, 4.0] {
        loaded.n.w = None;
        loaded.save_with(&unsynced()).unwrap();
        assert_eq!(keys(&folder), ["note"]);
        loaded.n.w = Some(array(element));
        loaded.save_with(&unsynced()).unwrap();
        assert_eq!(keys(&folder), ["note", "w"]);
        assert_eq!(Optional::load(&folder).unwrap().n.w.unwrap()[0], element);
    }
}

#[derive(Varpack)]
struct Grown {
    r: u64,
    #[varpack(default)]
    since: u64,
}

#[derive(Varpack)]
struct OfGrown {
    #[varpack(mmap)]
    x: Array,
    #[varpack(nested)]
    n: Grown,
}

#[test]
fn field_that_is_at_its_default_as_before_takes_what_another_has_set() {
    let (_parent, folder) = saved(&OfFlat { x: array(1.0), n: Flat { r: 1 } });
    let (mut here, mut other): (Loaded<OfGrown>, Loaded<OfGrown>) = (load(&folder), load(&folder));
    other.n.since = 3;
    other.save_with(&unsynced()).unwrap();
    here.n.r = 2;
    here.save_with(&unsynced()).unwrap();
    let found = OfGrown::load(&folder).unwrap().n;
    assert_eq!((found.r, found.since), (2, 3));
}

/// Its arrays are told as well as those of a struct in the shared pickle.
#[test]
fn array_that_a_nested_struct_with_a_pickle_of_its_own_does_not_know_goes_where_that_is_said() {
    for is_own in [false, true] {
        let (_parent, folder) = saved(&old());
        if is_own {
            let mut pack = Pack::open(&folder).unwrap();
            pack.set_rules(PackRules::new().split_min_len(1).separate_min_size(1));
            pack.save_with(&unsynced().overwrite(true)).unwrap();
            assert!(folder.join("n.pickle").exists());
        }
        let New { x, n } = New::load(&folder).unwrap();
        let n = Whole { w: array(7.0), r: n.r, i: Deep { p: 4, q: 5 } };
        Old { x, n, s: 6 }.save_with(&folder, &unsynced()).unwrap();
        assert_eq!(Old::load(&folder).unwrap().n.w[0], 7.0);
        let mut new: Loaded<New> = load(&folder);
        new.n.r = 8;
        new.save_with(&unsynced().prune(true)).unwrap();
        assert_eq!(keys(&folder), ["i", "r"]);
        assert!(!folder.join("n-w.npy").exists(), "{is_own}");
    }
}

#[derive(Varpack)]
struct Noted {
    #[varpack(mmap)]
    x: Array,
    #[varpack(mmap)]
    y: Option<Array>,
    note: Option<String>,
}

#[derive(Varpack)]
struct Bare {
    #[varpack(mmap)]
    x: Array,
}

#[test]
fn variable_that_the_load_did_not_know_is_set_whether_others_have_taken_it_out_or_not() {
    for is_taken_out in [false, true] {
        let (_parent, folder) =
            saved(&Noted { x: array(1.0), y: Some(array(1.0)), note: Some("old".into()) });
        let x = Bare::load(&folder).unwrap().x;
        if is_taken_out {
            let mut other: Loaded<Noted> = load(&folder);
            (other.y, other.note) = (None, None);
            other.save_with(&unsynced()).unwrap();
        }
        let noted = Noted { x, y: Some(array(2.0)), note: Some("new".into()) };
        noted.save_with(&folder, &unsynced()).unwrap();
        let Noted { y, note, .. } = Noted::load(&folder).unwrap();
        assert_eq!((y.unwrap()[0], note.as_deref()), (2.0, Some("new")), "{is_taken_out}");
    }
}

#[derive(Varpack)]
struct InnerOfTwo {
    p: u64,
    #[varpack(mmap)]
    q: Option<Array>,
}

#[derive(Varpack)]
struct OuterOfInner {
    r: u64,
    #[varpack(nested)]
    i: InnerOfTwo,
}

/// By hand, for the derive lets no struct be nested that has arrays so deep.
struct OfInnerOfTwo {
    x: Array,
    n: OuterOfInner,
}

varpack_tests::fields_by_hand!(OfInnerOfTwo { x: mmap, n: nested });

#[test]
fn array_of_an_inner_struct_that_the_load_did_not_know_stays_where_its_field_is_none() {
    let inner = |p, q| OuterOfInner { r: 1, i: InnerOfTwo { p, q } };
    for is_beside_another in [false, true] {
        let (_parent, folder) =
            saved(&OfInnerOfTwo { x: array(1.0), n: inner(1, Some(array(2.0))) });
        let x = OfFlat::load(&folder).unwrap().x;
        if is_beside_another {
            let mut other: Loaded<OfFlat> = load(&folder);
            other.n.r = 1;
            other.x = array(1.0);
            other.save_with(&unsynced()).unwrap();
        }
        let saved = OfInnerOfTwo { x, n: inner(5, None) }.save_with(&folder, &unsynced());
        let found = OfInnerOfTwo::load(&folder).unwrap().n.i;
        assert_eq!(found.q.unwrap()[0], 2.0);
        assert_eq!(found.p, if saved.is_ok() { 5 } else { 1 });
    }
}
