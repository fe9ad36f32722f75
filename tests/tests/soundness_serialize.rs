//! `Serialize` by hand that goes on after an error, catches a panic, or tells half of a value: no pickle that nobody can
//! load comes of it.

use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use varpack::pickle::{self, Value, Writer};
use varpack::{ArrayOr, ErrorKind, MmapArray1, Pack, PackValue, Varpack};
use varpack_tests::folders::State;

macro_rules! by {
    (|$serializer:ident| $body:expr) => {{
        #[derive(Clone, Copy)]
        struct Written;

        impl Serialize for Written {
            fn serialize<S: Serializer>(&self, $serializer: S) -> Result<S::Ok, S::Error> {
                $body
            }
        }

        Written
    }};
}

/// Ways to fail, after so much has been written.
#[derive(Clone, Copy, Debug)]
enum Fails {
    AtOnce,
    InAList,
    InATuple,
    InAMap,
    BehindAKey,
    InAStruct,
    InAVariant,
    TupleTooShort,
    TupleTooLong,
    KeyThatCannotBeHashed,
}

const FAILS: [Fails; 10] = [
    Fails::AtOnce,
    Fails::InAList,
    Fails::InATuple,
    Fails::InAMap,
    Fails::BehindAKey,
    Fails::InAStruct,
    Fails::InAVariant,
    Fails::TupleTooShort,
    Fails::TupleTooLong,
    Fails::KeyThatCannotBeHashed,
];

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AtOnce => {}
            Self::InAList => serializer.serialize_seq(None)?.serialize_element(&1)?,
            Self::InATuple => serializer.serialize_tuple(5)?.serialize_element(&1)?,
            Self::InAMap => serializer.serialize_map(None)?.serialize_entry("a", &1)?,
            Self::BehindAKey => serializer.serialize_map(None)?.serialize_key("a")?,
            Self::InAStruct => serializer.serialize_struct("S", 2)?.serialize_field("a", &1)?,
            Self::InAVariant => {
                serializer.serialize_struct_variant("E", 0, "V", 2)?.serialize_field("a", &1)?;
            }
            Self::TupleTooShort => {
                let mut tuple = serializer.serialize_tuple(2)?;
                tuple.serialize_element(&1)?;
                return tuple.end();
            }
            Self::TupleTooLong => {
                let mut tuple = serializer.serialize_tuple(1)?;
                tuple.serialize_element(&1)?;
                tuple.serialize_element(&2)?;
                return tuple.end();
            }
            Self::KeyThatCannotBeHashed => {
                serializer.serialize_map(None)?.serialize_key(&BTreeMap::from([(1, 2)]))?;
            }
        }
        Err(S::Error::custom("does not want to"))
    }
}

/// Ways to go on after a part has failed.
#[derive(Clone, Copy, Debug)]
enum GoesOn {
    List,
    Tuple,
    TupleStruct,
    TupleVariant,
    Struct,
    StructVariant,
    MapValue,
    MapKey,
    MapKeyInAnEntry,
    MapEntry,
    Nested,
}

const GOES_ON: [GoesOn; 11] = [
    GoesOn::List,
    GoesOn::Tuple,
    GoesOn::TupleStruct,
    GoesOn::TupleVariant,
    GoesOn::Struct,
    GoesOn::StructVariant,
    GoesOn::MapValue,
    GoesOn::MapKey,
    GoesOn::MapKeyInAnEntry,
    GoesOn::MapEntry,
    GoesOn::Nested,
];

/// A value that goes on after its part `T`.
#[derive(Clone, Copy)]
struct Lenient<T>(GoesOn, T);

impl<T: Serialize + Copy> Serialize for Lenient<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(way, part) = self;
        match way {
            GoesOn::List => {
                let mut list = serializer.serialize_seq(None)?;
                let _ = list.serialize_element(part);
                let _ = list.serialize_element(&7);
                SerializeSeq::end(list)
            }
            GoesOn::Tuple => {
                let mut tuple = serializer.serialize_tuple(1)?;
                let _ = tuple.serialize_element(part);
                SerializeTuple::end(tuple)
            }
            GoesOn::TupleStruct => {
                let mut tuple = serializer.serialize_tuple_struct("T", 1)?;
                let _ = tuple.serialize_field(part);
                SerializeTupleStruct::end(tuple)
            }
            GoesOn::TupleVariant => {
                let mut tuple = serializer.serialize_tuple_variant("E", 0, "V", 2)?;
                let _ = tuple.serialize_field(part);
                let _ = tuple.serialize_field(&7);
                SerializeTupleVariant::end(tuple)
            }
            GoesOn::Struct => {
                let mut fields = serializer.serialize_struct("S", 2)?;
                let _ = fields.serialize_field("a", part);
                let _ = fields.serialize_field("b", &7);
                SerializeStruct::end(fields)
            }
            GoesOn::StructVariant => {
                let mut fields = serializer.serialize_struct_variant("E", 0, "V", 2)?;
                let _ = fields.serialize_field("a", part);
                let _ = fields.serialize_field("b", &7);
                SerializeStructVariant::end(fields)
            }
            GoesOn::MapValue => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_key("a")?;
                let _ = map.serialize_value(part);
                SerializeMap::end(map)
            }
            GoesOn::MapKey => {
                let mut map = serializer.serialize_map(None)?;
                let _ = map.serialize_key(part);
                let _ = map.serialize_value(&7);
                SerializeMap::end(map)
            }
            GoesOn::MapKeyInAnEntry => {
                let mut map = serializer.serialize_map(None)?;
                let _ = map.serialize_entry(part, &7);
                let _ = map.serialize_entry("b", &7);
                SerializeMap::end(map)
            }
            GoesOn::MapEntry => {
                let mut map = serializer.serialize_map(None)?;
                let _ = map.serialize_entry("a", part);
                let _ = map.serialize_entry("b", &7);
                SerializeMap::end(map)
            }
            GoesOn::Nested => {
                let mut list = serializer.serialize_seq(None)?;
                let _ = list.serialize_element(&Lenient(GoesOn::MapValue, *part));
                let _ = list.serialize_element(&Lenient(GoesOn::List, *part));
                SerializeSeq::end(list)
            }
        }
    }
}

#[test]
fn serialize_that_goes_on_after_a_part_failed_ends_in_an_error() {
    for way in GOES_ON {
        for part in FAILS {
            let value = Lenient(way, part);
            assert!(pickle::to_vec(&value).is_err(), "{way:?}, {part:?}");
            assert!(pickle::to_vec(&[value]).is_err(), "{way:?}, {part:?}, in a list");
            assert!(PackValue::serialize(&value).is_err(), "{way:?}, {part:?}, of a pack");
            let mut writer = Writer::with_sorted_maps();
            assert!(writer.value(&value).is_err(), "{way:?}, {part:?}, sorted");
        }
        assert!(pickle::to_vec(&Lenient(way, 300)).is_ok(), "{way:?}: nothing fails");
    }
    let error = pickle::to_vec(&Lenient(GoesOn::List, Fails::AtOnce)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.to_string(), "a `Serialize` went on after a part of it could not be written");
}

/// Panics after it has written something.
#[derive(Clone, Copy)]
struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_seq(None)?.serialize_element(&1)?;
        panic!("on purpose")
    }
}

/// Panics before it has written anything.
#[derive(Clone, Copy)]
struct PanicsAtOnce;

impl Serialize for PanicsAtOnce {
    fn serialize<S: Serializer>(&self, _serializer: S) -> Result<S::Ok, S::Error> {
        panic!("on purpose")
    }
}

#[test]
fn serialize_that_catches_a_panic_of_a_part_ends_in_an_error() {
    let list = by!(|serializer| {
        let mut list = serializer.serialize_seq(None)?;
        let _ = catch_unwind(AssertUnwindSafe(|| list.serialize_element(&Panics)));
        let _ = list.serialize_element(&7);
        list.end()
    });
    let leaf = by!(|serializer| {
        let mut list = serializer.serialize_seq(None)?;
        let _ = catch_unwind(AssertUnwindSafe(|| list.serialize_element(&PanicsAtOnce)));
        list.end()
    });
    let map = by!(|serializer| {
        let mut map = serializer.serialize_map(None)?;
        let _ = catch_unwind(AssertUnwindSafe(|| map.serialize_entry("a", &Panics)));
        let _ = map.serialize_entry("b", &7);
        map.end()
    });
    let fields = by!(|serializer| {
        let mut fields = serializer.serialize_struct("S", 2)?;
        let _ = catch_unwind(AssertUnwindSafe(|| fields.serialize_field("a", &Panics)));
        let _ = fields.serialize_field("b", &7);
        fields.end()
    });
    for pickled in [pickle::to_vec(&list), pickle::to_vec(&leaf), pickle::to_vec(&map)] {
        assert_eq!(pickled.unwrap_err().kind(), ErrorKind::Value);
    }
    assert_eq!(pickle::to_vec(&fields).unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn map_whose_keys_and_values_do_not_take_turns_is_refused() {
    let refused = |pickled: varpack::Result<Vec<u8>>, message: &str| {
        assert_eq!(pickled.unwrap_err().to_string(), message);
    };
    let no_value = by!(|serializer| {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("a", &1)?;
        map.serialize_key("b")?;
        map.end()
    });
    refused(pickle::to_vec(&no_value), "a key comes without its value");
    let two_keys = by!(|serializer| {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_key("a")?;
        map.serialize_key("b")?;
        map.serialize_value(&1)?;
        map.end()
    });
    refused(pickle::to_vec(&two_keys), "a key comes without its value");
    let no_key = by!(|serializer| {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_value(&1)?;
        map.end()
    });
    refused(pickle::to_vec(&no_key), "a value comes without its key");
    let two_values = by!(|serializer| {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("a", &1)?;
        map.serialize_value(&1)?;
        map.end()
    });
    refused(pickle::to_vec(&two_values), "a value comes without its key");
}

/// The content of one of the names that stand for arrays, scalars and values.
struct Named<T>(&'static str, T);

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(self.0, &self.1)
    }
}

#[derive(Clone, Copy)]
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[test]
fn array_scalar_or_value_that_is_not_written_once_and_whole_is_refused() {
    const SEVEN: Bytes = Bytes(b"\x80\x04K\x07.");
    fn array_of<S: Serializer>(serializer: S, times: usize) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_struct("Array", 4)?;
        parts.serialize_field("dtype", "'|u1'")?;
        parts.serialize_field("fortran_order", &false)?;
        parts.serialize_field("shape", &[1_usize])?;
        for _ in 0..times {
            parts.serialize_field("values", &Bytes(b"a"))?;
        }
        parts.end()
    }
    let refused = |pickled: varpack::Result<Vec<u8>>| assert!(pickled.is_err());
    pickle::to_vec(&Named("$varpack::array", by!(|s| array_of(s, 1)))).unwrap();
    refused(pickle::to_vec(&Named("$varpack::array", by!(|s| array_of(s, 0)))));
    refused(pickle::to_vec(&Named("$varpack::array", by!(|s| array_of(s, 2)))));
    let lenient = by!(|serializer| {
        let mut parts = serializer.serialize_struct("Array", 4)?;
        parts.serialize_field("dtype", "'|u1'")?;
        let _ = parts.serialize_field("values", &Bytes(b"too many"));
        parts.end()
    });
    refused(pickle::to_vec(&Named("$varpack::array", lenient)));
    for (name, count) in [("$varpack::scalar", 0), ("$varpack::scalar", 1), ("$varpack::scalar", 3)]
    {
        assert!(pickle::to_vec(&Named(name, ScalarOf(count, Bytes(b"a")))).is_err(), "{count}");
    }
    pickle::to_vec(&Named("$varpack::scalar", ScalarOf(2, Bytes(b"a")))).unwrap();
    refused(pickle::to_vec(&Named("$varpack::scalar", ScalarOf(2, Bytes(b"ab")))));
    for count in [0, 2] {
        assert!(pickle::to_vec(&Named("$varpack::value", ValueOf(count, SEVEN))).is_err());
    }
    pickle::to_vec(&Named("$varpack::value", ValueOf(1, SEVEN))).unwrap();
    refused(pickle::to_vec(&Named("$varpack::value", ValueOf(1, Bytes(b"no pickle")))));
}

/// So many parts of a scalar of `uint8`.
struct ScalarOf(usize, Bytes);

impl Serialize for ScalarOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple_struct("$varpack::scalar", self.0)?;
        for part in 0..self.0 {
            match part {
                0 => parts.serialize_field("'|u1'")?,
                _ => parts.serialize_field(&self.1)?,
            }
        }
        parts.end()
    }
}

/// So many pickles.
struct ValueOf(usize, Bytes);

impl Serialize for ValueOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple_struct("$varpack::value", self.0)?;
        for _ in 0..self.0 {
            let _ = parts.serialize_field(&self.1);
        }
        parts.end()
    }
}

#[test]
fn writer_whose_value_panicked_gives_no_pickle() {
    let mut writer = Writer::new();
    writer.begin_dict().unwrap();
    writer.key("a").unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| writer.value(&Panics))).is_err());
    assert_eq!(writer.value(&1).unwrap_err().kind(), ErrorKind::Usage);
    assert!(writer.end_dict().is_err());
    assert_eq!(writer.finish().unwrap_err().to_string(), "a value before failed to be written");
}

/// A list that leaves out what cannot be serialized.
#[derive(Deserialize)]
struct List(Vec<Part>);

#[derive(Clone, Copy, Deserialize)]
struct Part(u32);

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            0 => Err(S::Error::custom("does not want to")),
            part => serializer.serialize_newtype_struct("Part", &part),
        }
    }
}

impl Serialize for List {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for part in &self.0 {
            let _ = list.serialize_element(part);
        }
        list.end()
    }
}

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    list: List,
    #[varpack(separate)]
    own: List,
    #[varpack(mmap)]
    map: BTreeMap<String, ArrayOr<MmapArray1<f64>, List>>,
    step: u64,
}

#[test]
fn save_of_a_value_that_went_on_after_an_error_leaves_the_old_state() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let list = |parts: &[u32]| List(parts.iter().map(|&part| Part(part)).collect());
    let item = |parts: &[u32]| BTreeMap::from([("a".to_owned(), ArrayOr::Value(list(parts)))]);
    let run = |own: &[u32], shared: &[u32], items: &[u32]| Run {
        x: vec![1.0; 100].into(),
        list: list(shared),
        own: list(own),
        map: item(items),
        step: 1,
    };
    run(&[1], &[1], &[1]).save(&folder).unwrap();
    let before = State::of(&folder);
    for failing in [run(&[1, 0, 2], &[1], &[1]), run(&[1], &[1, 0, 2], &[1]), run(&[1], &[1], &[0])]
    {
        let error = failing.save(&folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value, "{error}");
        before.assert_untouched(&folder);
    }
    let loaded = Run::load(&folder).unwrap();
    assert_eq!((loaded.step, loaded.list.0.len(), loaded.x[0]), (1, 1, 1.0));
    assert!(loaded.own.0.len() == 1 && loaded.map.len() == 1);
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.len(), 5);
    assert_eq!(pickle::to_vec(&list(&[1])).and_then(|list| Value::from_slice(&list)).unwrap(), {
        Value::list([1.into()])
    });
}
