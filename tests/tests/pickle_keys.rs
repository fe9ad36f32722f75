//! Keys of dicts as Python compares them: which are refused when they are written, and which one finds.
#![allow(clippy::unwrap_used)]

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use varpack::pickle::{Value, Writer, from_slice, to_value, to_vec};
use varpack::{Error, ErrorKind, MmapArray1, Pack, PackItem, PackMap, PackValue, Varpack};

/// A map of whatever it is given, in that order.
struct Entries<K>(Vec<K>);

impl<K: Serialize> Serialize for Entries<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (index, key) in self.0.iter().enumerate() {
            map.serialize_entry(key, &index)?;
        }
        map.end()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Variant {
    A,
    B,
    C,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Any {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'static str),
    Variant(Variant),
    Pair(f64, Variant),
    List(Vec<u8>),
    Nothing(()),
}

fn refused<T: Serialize + ?Sized>(value: &T) -> Error {
    let error = to_vec(value).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    error
}

#[test]
fn typed_keys_that_python_takes_for_one_are_refused_by_both_names() {
    use Any::{Bool, Float, Int, List, Nothing, Pair, Text, Variant as Of};
    for (keys, first, second) in [
        (vec![Int(1), Bool(true)], "1", "True"),
        (vec![Bool(false), Text("x"), Float(-0.0)], "False", "-0.0"),
        (vec![Float(1e15), Int(1_000_000_000_000_000)], "1000000000000000.0", "1000000000000000"),
        (vec![Int(5), Int(300), Int(5)], "5", "5"),
        (vec![Int(-1), Int(i64::MIN), Int(-1)], "-1", "-1"),
        (vec![Text("A"), Text("B"), Of(Variant::A)], "\"A\"", "\"A\""),
        (vec![Of(Variant::A), Of(Variant::B), Of(Variant::A)], "\"A\"", "\"A\""),
        (vec![Pair(0.0, Variant::A), Pair(-0.0, Variant::A)], "(0.0, \"A\")", "(-0.0, \"A\")"),
        (vec![List(vec![1]), Nothing(()), List(vec![1])], "(1,)", "(1,)"),
        (vec![Nothing(()), Nothing(())], "None", "None"),
        (vec![Text(""), Int(0), Text("")], "\"\"", "\"\""),
    ] {
        let entries = Entries(keys);
        let found = format!("`{first}` and `{second}`");
        assert_eq!(refused(&entries).found(), Some(found.as_str()));
        // At any depth, and through whatever leads there.
        let deep = (1, vec![Some(BTreeMap::from([("k", &entries)]))]);
        assert_eq!(refused(&deep).found(), Some(found.as_str()));
    }
}

#[test]
fn keys_that_differ_in_python_are_written() {
    use Any::{Bool, Float, Int, List, Nothing, Pair, Text, Variant as Of};
    let entries = |keys| to_value(&Entries(keys)).unwrap().as_entries().unwrap().len();
    assert_eq!(entries(vec![Int(2), Bool(true), Float(0.5), Text("1"), Nothing(())]), 5);
    assert_eq!(entries(vec![Float(f64::NAN), Float(f64::NAN), Int(1)]), 3);
    assert_eq!(entries(vec![Of(Variant::A), Text("a"), Of(Variant::B), Of(Variant::C)]), 4);
    assert_eq!(entries(vec![Pair(0.5, Variant::A), Pair(0.5, Variant::B), List(vec![])]), 3);
    assert_eq!(entries(vec![Int((1 << 53) + 1), Float(2_f64.powi(53))]), 2);
    let map = HashMap::from([(Variant::B, 1), (Variant::A, 2), (Variant::C, 3)]);
    for map in [vec![map.clone(); 2], vec![map]] {
        assert_eq!(from_slice::<Vec<HashMap<Variant, i32>>>(&to_vec(&map).unwrap()).unwrap(), map);
    }
}

#[test]
fn keys_are_compared_wherever_the_frames_of_the_pickle_begin() {
    // A frame's header is taken out where so little is in it, and what is written moves.
    let long = "x".repeat(70_000);
    for before in 1..70 {
        let pad = "p".repeat(before);
        let map = |second: &str| {
            let mut writer = Writer::new();
            writer.begin_dict()?;
            for (key, value) in
                [(pad.as_str(), long.as_str()), ("", &long), ("k", &long), (second, &long)]
            {
                writer.key(key)?;
                writer.value(value)?;
            }
            writer.end_dict()?;
            writer.finish()
        };
        let read: BTreeMap<String, String> = from_slice(&map("z").unwrap()).unwrap();
        assert_eq!(read.len(), 4);
        for repeated in ["", "k"] {
            assert_eq!(map(repeated).unwrap_err().kind(), ErrorKind::Value);
        }
    }
}

#[test]
fn keys_of_many_entries_are_compared_in_any_order() {
    let keys: Vec<String> =
        (0..5000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string()).collect();
    assert_eq!(to_value(&Entries(keys.clone())).unwrap().as_entries().unwrap().len(), 5000);
    let repeated = [keys.as_slice(), &keys[4321..4322]].concat();
    assert!(refused(&Entries(repeated)).found().unwrap().contains(&keys[4321]));
    let dict = Value::dict(keys.iter().chain(&keys[7..8]).map(|key| (key, Value::None)));
    assert!(refused(&dict).to_string().contains(&keys[7]));
}

#[test]
fn pairs_that_are_written_as_a_map_of_known_length_are_compared() {
    struct Pairs(Vec<(String, u8)>);
    impl Serialize for Pairs {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }
    let pairs = |keys: &[&str]| Pairs(keys.iter().map(|key| ((*key).to_owned(), 0)).collect());
    to_vec(&pairs(&["b", "a", "c"])).unwrap();
    assert_eq!(refused(&pairs(&["b", "a", "b"])).found(), Some("`\"b\"` and `\"b\"`"));
}

#[test]
fn flattened_field_that_repeats_a_key_is_refused() {
    #[derive(Serialize)]
    struct Outer {
        step: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    let outer = |key: &str| Outer { step: 1, rest: BTreeMap::from([(key.to_owned(), 2)]) };
    to_vec(&outer("other")).unwrap();
    assert_eq!(refused(&outer("step")).found(), Some("`\"step\"` and `\"step\"`"));
}

#[test]
fn values_with_keys_that_python_cannot_hash_or_items_that_repeat_are_refused() {
    for key in [Value::list([]), Value::tuple([Value::list([])]), Value::ByteArray([].into())] {
        let error = refused(&Value::dict([(key.clone(), Value::None)]));
        assert!(error.to_string().contains("cannot hash"), "{error}");
        refused(&Value::Set(vec![key.clone()].into()));
    }
    refused(&Value::Set(vec![1.into(), true.into()].into()));
    refused(&Value::FrozenSet(vec!["a".into(), "a".into()].into()));
    let ordered = b"ccollections\nOrderedDict\n)R(K\x01N\x88Nu.";
    refused(&Value::from_slice(ordered).unwrap());
    // Objects are for their classes to compare; one and the same is one key to any.
    let date = || Value::from_slice(b"cdatetime\ndate\n(K\x07K\x01K\x02tR.").unwrap();
    to_vec(&Value::dict([(date(), 1.into()), (date(), 2.into())])).unwrap();
    let one = date();
    refused(&Value::dict([(one.clone(), 1.into()), (one, 2.into())]));
}

#[test]
fn save_with_keys_that_python_takes_for_one_names_the_variable_and_writes_nothing() {
    #[derive(Varpack)]
    struct Run {
        shared: Vec<Value>,
        #[varpack(separate)]
        own: Value,
        #[varpack(mmap)]
        x: MmapArray1<f32>,
    }
    let bad = || Value::dict([(Value::from(0), Value::None), (Value::from(-0.0), Value::None)]);
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    for (shared, own, variable) in
        [(vec![bad()], Value::None, "shared"), (vec![], Value::list([bad()]), "own")]
    {
        let error = Run { shared, own, x: vec![1.0].into() }.save(&folder).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some(variable)));
        assert!(error.to_string().ends_with("found `0` and `-0.0`"), "{error}");
    }
    let mut pack = Pack::new();
    pack.insert("odd", bad()).unwrap();
    assert_eq!(pack.save_to(&folder).unwrap_err().variable(), Some("odd"));
    let mut map = PackMap::new();
    map.insert("inner", bad());
    pack.insert("odd", map).unwrap();
    assert_eq!(pack.save_to(&folder).unwrap_err().variable(), Some("odd"));
    assert!(!folder.exists());
}

#[test]
fn items_of_a_map_are_found_by_any_key_that_is_equal_in_python() {
    let mut map = PackMap::new();
    assert!(map.insert(1, Value::from("int")).is_none());
    assert_eq!(map.insert(1.0, Value::from("float")), Some(PackItem::Value("int".into())));
    assert_eq!(map.insert(true, Value::from("bool")), Some(PackItem::Value("float".into())));
    // As in a dict, the key is the first one.
    assert_eq!(map.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(), [1.into()]);
    assert!(map.insert("1", Value::None).is_none() && map.insert(1.5, Value::None).is_none());
    assert_eq!(map.get(1.0), map.get(true));
    assert!(map.remove(true).is_some() && map.get(1).is_none() && map.len() == 2);

    // Objects of one content are one key to who looks for them, but two where a pickle has two.
    let date = || Value::from_slice(b"cdatetime\ndate\n(K\x07K\x01K\x02tR.").unwrap();
    map.insert(date(), Value::from(7));
    assert_eq!(map.get(date()), Some(&PackItem::Value(7.into())));
    let items = [(date(), 1), (1.into(), 2), (date(), 3), (1.0.into(), 4)];
    let map: PackMap =
        items.into_iter().map(|(key, item)| (key, PackItem::Value(item.into()))).collect();
    assert_eq!(map.len(), 3);
    assert_eq!(map.get(date()), Some(&PackItem::Value(3.into())));
    assert_eq!(map.get(1), Some(&PackItem::Value(4.into())));
    assert_eq!(PackValue::from(map.clone()), PackValue::from(map));
}

#[test]
fn some_of_nothing_is_none_as_in_serde_json() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Nothings {
        twice: Option<Option<u8>>,
        unit: Option<()>,
        kept: Option<Option<u8>>,
    }
    let saved = Nothings { twice: Some(None), unit: Some(()), kept: Some(Some(1)) };
    let read: Nothings = from_slice(&to_vec(&saved).unwrap()).unwrap();
    assert_eq!(read, Nothings { twice: None, unit: None, ..saved });
    let json =
        serde_json::to_string(&Nothings { twice: Some(None), unit: Some(()), kept: None }).unwrap();
    assert_eq!(
        serde_json::from_str::<Nothings>(&json).unwrap(),
        Nothings { twice: None, unit: None, kept: None }
    );
}
