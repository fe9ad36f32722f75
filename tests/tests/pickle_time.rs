//! Time in proportion: what a pickle shares is looked at once, however often it is referred to, by loads and
//! by saves.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use varpack::npy::{Dtype, Field, Record};
use varpack::pickle::{
    Build, Global, Object, Scalar, Shared, Value, Writer, from_value, to_value, to_vec,
};
use varpack::{ErrorKind, Pack, Varpack};

/// Bytes of what is shared. Looked at anew at each reference it takes minutes.
const LEN: usize = 400_000;

/// References to it, of two bytes each.
const COUNT: usize = LEN / 2;

/// Far beyond what it takes, on a busy machine too.
const LONG: Duration = Duration::from_secs(20);

/// Runs what has to be done in time.
fn in_time<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let taken = start.elapsed();
    assert!(taken < LONG, "{what} takes {taken:?}");
    result
}

/// A size of four bytes, after an opcode.
fn sized(opcode: u8, len: usize) -> Vec<u8> {
    [&[opcode], u32::try_from(len).unwrap().to_le_bytes().as_slice()].concat()
}

/// Opcodes that leave a text on the stack.
fn text(len: usize) -> Vec<u8> {
    [sized(b'X', len), vec![b'a'; len]].concat()
}

/// A folder with the object as a variable.
fn folder(parent: &Path, object: &[u8]) {
    let mut pack = Pack::new();
    pack.insert("v", Value::from(7)).unwrap();
    pack.save_to(parent).unwrap();
    let pickle = [b"\x80\x05}\x8c\x01v".as_slice(), object, b"s."].concat();
    fs::write(parent.join("__misc_vars__.pickle"), pickle).unwrap();
}

#[derive(Varpack)]
struct Other {
    #[varpack(default)]
    w: u64,
}

#[test]
fn folder_of_many_references_to_one_long_leaf_opens_and_saves_in_time() {
    let get =
        |object: &[u8], item: &[u8]| [object, b"q\x000](", &item.repeat(COUNT), b"e"].concat();
    let byte_array = [b"\x96".as_slice(), &(LEN as u64).to_le_bytes(), &vec![b'a'; LEN]].concat();
    let leaves = [
        ("text", get(&text(LEN), b"h\x00")),
        ("escaped text", get(&[b"V\\u0061", vec![b'a'; LEN].as_slice(), b"\n"].concat(), b"h\x00")),
        ("bytes", get(&[sized(b'B', LEN), vec![b'a'; LEN]].concat(), b"h\x00")),
        ("bytearray", get(&byte_array, b"h\x00")),
        ("int", get(&[sized(0x8b, LEN), vec![0x7f; LEN]].concat(), b"h\x00")),
        ("class", get(&[b"cm\n", vec![b'a'; LEN].as_slice(), b"\n"].concat(), b"h\x00")),
        ("classes of one name", get(&text(LEN), b"h\x00h\x00\x93")),
        ("set", [text(LEN), b"q\x000\x8f(".to_vec(), b"h\x00".repeat(COUNT), vec![0x90]].concat()),
    ];
    for (name, object) in leaves {
        let parent = tempfile::tempdir().unwrap();
        folder(parent.path(), &object);
        match in_time(name, || Pack::open(parent.path())) {
            Ok(pack) => in_time(name, || pack.save_to(parent.path().join("copy"))).map(drop),
            Err(error) => Err(error),
        }
        .or_else(|error| match error.kind() {
            // As many texts as classes would be made of one; a set has each item once.
            ErrorKind::Limit | ErrorKind::Value => Ok(()),
            _ => Err(error),
        })
        .unwrap();
        // Of what the folder has, the save writes a copy or refuses to.
        match in_time(name, || Other { w: 7 }.save(parent.path())) {
            Err(error) if !matches!(error.kind(), ErrorKind::Limit | ErrorKind::Value) => {
                panic!("{name}: {error}")
            }
            _ => {}
        }
    }
}

/// Every way out of a value.
fn written(name: &str, value: &Value) -> Vec<u8> {
    let pickle = in_time(name, || to_vec(value)).unwrap();
    let read: Value = in_time(name, || from_value(value)).unwrap();
    assert!(read == *value, "{name}");
    in_time(name, || to_value(value)).unwrap();
    in_time(name, || {
        let mut writer = Writer::with_sorted_maps();
        writer.value(&BTreeMap::from([("v", value)]))?;
        writer.finish()
    })
    .unwrap();
    let parent = tempfile::tempdir().unwrap();
    in_time(name, || {
        let mut pack = Pack::new();
        pack.insert("v", value.clone())?;
        pack.save_to(parent.path().join("new"))?;
        Pack::open(parent.path().join("new"))?;
        Other { w: 7 }.save(parent.path().join("new"))
    })
    .unwrap();
    pickle
}

#[test]
fn keys_and_items_that_share_their_parts_are_written_in_time_and_no_larger_than_they_were() {
    let int = |n: usize| sized(b'J', n);
    let frame = |object: Vec<u8>| [object, b".".to_vec()].concat();
    let shared = [text(LEN), b"q\x000".to_vec()].concat();
    let each = |item: &dyn Fn(usize) -> Vec<u8>, count| (0..count).flat_map(item).collect();
    let pairs: Vec<u8> = each(&|n| [b"h\x00".to_vec(), int(n), b"\x86".to_vec()].concat(), 40_000);
    let keys: Vec<u8> = each(&|n| [b"h\x00".to_vec(), int(n), b"\x86N".to_vec()].concat(), 40_000);
    let dicts: Vec<u8> = each(&|n| [b"}(h\x00N".to_vec(), int(n), b"Nu".to_vec()].concat(), 40_000);
    let sets: Vec<u8> =
        each(&|n| [b"\x8f(h\x00\x85".to_vec(), int(n), vec![0x90]].concat(), 40_000);
    let many = each(&int, 20_000);
    let tuple = [b"(".as_slice(), &many, b"tq\x000}("].concat();
    let long_dicts = [
        [b"X".as_slice(), &sized(b'X', LEN)[1..], &vec![b'b'; LEN], b"q\x010"].concat(),
        b"](".to_vec(),
        b"}(h\x01Nh\x00Nu".repeat(20_000),
        b"e".to_vec(),
    ]
    .concat();
    for (name, object) in [
        ("tuples as keys", [&shared, b"}(".as_slice(), &keys, b"u"].concat()),
        ("tuples in a set", [&shared, b"\x8f(".as_slice(), &pairs, &[0x90]].concat()),
        ("dicts with one key", [&shared, b"](".as_slice(), &dicts, b"e"].concat()),
        ("dicts with two long keys", [shared.clone(), long_dicts].concat()),
        ("sets with one item", [&shared, b"](".as_slice(), &sets, b"e"].concat()),
        ("one tuple in all keys", [&tuple, keys.as_slice(), b"u"].concat()),
    ] {
        let pickle = frame(object);
        let value = in_time(name, || Value::from_slice(&pickle)).unwrap();
        let len = written(name, &value).len();
        assert!(len < 2 * pickle.len(), "{name}: {} bytes become {len}", pickle.len());
    }
}

#[test]
fn nested_frozensets_and_objects_are_written_in_time() {
    let sets = (0..20_000).fold(Value::None, |inner, _| Value::FrozenSet(vec![inner].into()));
    written("frozensets", &sets);
    let tuples = (0..20_000)
        .fold(Value::None, |inner, _| Value::FrozenSet(vec![Value::tuple([inner])].into()));
    written("tuples in frozensets", &tuples);
    let class = Global { module: "m".into(), name: "C".into() };
    let objects = (0..20_000).fold(Value::None, |inner, _| {
        let state = Value::dict([(inner, Value::None)]);
        Value::Object(Shared::new(Object {
            build: Build::New,
            callable: Value::Global(class.clone().into()),
            args: Value::tuple([]),
            state: Some(state),
            ..Object::default()
        }))
    });
    written("keys of the state of a key", &objects);
}

#[test]
fn scalars_of_one_dtype_and_one_byte_string_are_one_object() {
    let float = Dtype::parse("<f8").unwrap();
    let fields = (0..2_000).map(|n| Field::new(format!("f{n}"), float.clone(), 8 * n)).collect();
    let dtype = Dtype::Record(Record::new(fields, 16_000, false).unwrap());
    let bytes = vec![7; dtype.itemsize()].into_boxed_slice();
    let scalar = Value::Scalar(Scalar { dtype, bytes }.into());
    // `scalar(dtype, bytes)`, whose parts stand in the memo.
    let lone = to_vec(&scalar).unwrap();
    let read = Value::from_slice(&lone).unwrap();
    assert_eq!(read, scalar);
    let calls = Object {
        callable: Value::Global(
            Global { module: "numpy.core.multiarray".into(), name: "scalar".into() }.into(),
        ),
        ..Object::default()
    };
    let Value::Scalar(parts) = &scalar else { unreachable!() };
    let dtype = Value::Dtype(parts.dtype.clone().into());
    let bytes = Value::Bytes(parts.bytes.to_vec().into());
    let calls = (0..2_000).map(|_| {
        let args = Value::tuple([dtype.clone(), bytes.clone()]);
        Value::Object(Shared::new(Object { args, ..calls.clone() }))
    });
    let pickle = to_vec(&Value::list(calls)).unwrap();
    let value = in_time("scalars", || Value::from_slice(&pickle)).unwrap();
    assert_eq!(
        value.as_slice().map(|items| items.iter().filter(|&item| *item == scalar).count()),
        Some(2_000)
    );
    let again = written("scalars", &value);
    assert!(again.len() < 2 * pickle.len(), "{} bytes become {}", pickle.len(), again.len());
    // As plain data each of them is made anew.
    let error = in_time("scalars", || from_value::<serde_json::Value>(&value)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn scalars_of_no_bytes_and_many_fields_are_written_in_time() {
    let empty = Dtype::parse("|V0").unwrap();
    let fields = (0..5_000).map(|n| Field::new(format!("f{n}"), empty.clone(), 0)).collect();
    let dtype = Dtype::Record(Record::new(fields, 8, false).unwrap());
    let scalars = (0..5_000_i64).map(|n| {
        let bytes = n.to_le_bytes().into();
        Value::Scalar(Scalar { dtype: dtype.clone(), bytes }.into())
    });
    let set = Value::Set(scalars.collect::<Vec<_>>().into());
    written("scalars", &set);
}

#[test]
fn values_of_one_struct_that_share_an_item_are_written_in_time() {
    let text = Value::from("a".repeat(LEN));
    let sets: Vec<Value> = (0..COUNT / 4).map(|_| Value::Set(vec![text.clone()].into())).collect();
    let pickle = in_time("sets", || to_vec(&sets)).unwrap();
    assert!(pickle.len() < 4 * LEN, "{}", pickle.len());
}

#[test]
fn text_and_the_bytes_that_it_encodes_to_are_two_values() {
    let pickle =
        b"(X\x01\x00\x00\x00aq\x00h\x00c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86Rh\x00t.";
    let text = || Value::from("a");
    let expected = Value::tuple([text(), text(), b"a".as_slice().into(), text()]);
    assert_eq!(Value::from_slice(pickle).unwrap(), expected);
}

#[test]
fn map_whose_values_share_one_object_is_loaded_to_be_known_again_in_time() {
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap)]
        v: BTreeMap<String, varpack::ArrayOr<varpack::MmapArray1<f64>, Value>>,
        #[varpack(default)]
        step: u64,
    }
    // A set of 20,000 integers, and 20,000 keys whose items are all that set.
    let ints = (0..20_000_u32).flat_map(|int| sized(b'J', int as usize));
    let set: Vec<u8> = [b"\x8f(".to_vec(), ints.collect(), b"\x90q\x000".to_vec()].concat();
    let key =
        |key: usize| [sized(b'X', 5), format!("{key:05}").into_bytes(), b"h\x00".to_vec()].concat();
    let items: Vec<u8> = (0..20_000).flat_map(key).collect();
    let parent = tempfile::tempdir().unwrap();
    folder(parent.path(), &[set, b"}(".to_vec(), items, b"u".to_vec()].concat());
    in_time("a load", || {
        let mut run = Run::load_with(parent.path(), &varpack::LoadOptions::new()).unwrap();
        assert_eq!(run.v.len(), 20_000);
        run.step = 2;
        run.save().unwrap();
    });
}
