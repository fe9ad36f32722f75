//! Time in proportion: what a pickle shares is looked at once, however often it is referred to, by loads and
//! by saves.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use varpack::npy::{Dtype, Field, Record};
use varpack::pickle::{
    Build, Global, Object, Scalar, Shared, Value, Writer, from_slice, from_value, to_value, to_vec,
};
use varpack::{ErrorKind, Pack, Varpack};
use varpack_tests::proportion::{LEN, in_time, list, long_text, put, sized, text};

/// References to what is shared, of two bytes each.
const COUNT: usize = LEN / 2;

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
        ("text", get(&long_text(), b"h\x00")),
        ("escaped text", get(&[b"V\\u0061", vec![b'a'; LEN].as_slice(), b"\n"].concat(), b"h\x00")),
        ("bytes", get(&[sized(b'B', LEN), vec![b'a'; LEN]].concat(), b"h\x00")),
        ("bytearray", get(&byte_array, b"h\x00")),
        ("int", get(&[sized(0x8b, LEN), vec![0x7f; LEN]].concat(), b"h\x00")),
        ("class", get(&[b"cm\n", vec![b'a'; LEN].as_slice(), b"\n"].concat(), b"h\x00")),
        ("classes of one name", get(&long_text(), b"h\x00h\x00\x93")),
        (
            "set",
            [long_text(), b"q\x000\x8f(".to_vec(), b"h\x00".repeat(COUNT), vec![0x90]].concat(),
        ),
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
    let shared = [long_text(), b"q\x000".to_vec()].concat();
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

#[derive(Varpack)]
struct OfOne {
    #[varpack(mmap)]
    v: BTreeMap<String, varpack::ArrayOr<varpack::MmapArray1<f64>, Value>>,
    #[varpack(default)]
    step: u64,
}

#[test]
fn map_whose_values_share_one_object_is_loaded_to_be_known_again_in_time() {
    // 20,000 keys whose items are all one and the same byte string, or 700 of one list of as many numbers.
    let bytes = [sized(b'B', LEN / 10), vec![b'a'; LEN / 10], b"q\x000".to_vec()].concat();
    let numbers = [b"](".to_vec(), b"K\x01".repeat(LEN / 10), b"eq\x000".to_vec()].concat();
    for (shared, keys) in [(bytes, 20_000), (numbers, 700)] {
        let key = |key: usize| {
            [sized(b'X', 5), format!("{key:05}").into_bytes(), b"h\x00".to_vec()].concat()
        };
        let items: Vec<u8> = (0..keys).flat_map(key).collect();
        let parent = tempfile::tempdir().unwrap();
        folder(parent.path(), &[shared, b"}(".to_vec(), items, b"u".to_vec()].concat());
        in_time("a load and two saves", || {
            let mut run = OfOne::load_with(parent.path(), &varpack::LoadOptions::new()).unwrap();
            assert_eq!(run.v.len(), keys);
            run.step = 2;
            run.save().unwrap();
            run.v.insert("more".to_owned(), varpack::ArrayOr::Value(Value::None));
            run.save().unwrap();
        });
    }
}

#[test]
fn map_whose_values_share_one_object_is_merged_in_time() {
    // 600 items that are all one list of 20,000 numbers.
    let numbers = [b"](".to_vec(), b"K\x01".repeat(LEN / 20), b"eq\x000".to_vec()].concat();
    let key = |key| [sized(b'X', 5), format!("{key:05}").into_bytes(), b"h\x00".to_vec()].concat();
    let items: Vec<u8> = (0..600).flat_map(key).collect();
    let parent = tempfile::tempdir().unwrap();
    folder(parent.path(), &[numbers, b"}(".to_vec(), items, b"u".to_vec()].concat());
    in_time("a merge with another's key, and saves after it", || {
        let mut run = OfOne::load_with(parent.path(), &varpack::LoadOptions::new()).unwrap();
        let mut pack = Pack::open(parent.path()).unwrap();
        let mut map = pack.value::<BTreeMap<String, Value>>("v").unwrap();
        map.insert("another's".to_owned(), Value::None);
        pack.insert_value("v", &map).unwrap();
        pack.save().unwrap();
        run.save().unwrap();
        run.v.insert("mine".to_owned(), varpack::ArrayOr::Value(Value::None));
        run.save().unwrap();
        run.save().unwrap();
    });
}

#[test]
fn calls_that_encode_one_long_text_are_read_in_time() {
    for (name, letter) in [("ASCII", "a"), ("Latin-1", "é"), ("neither", "λ")] {
        let args = [text(&letter.repeat(LEN)), text("latin1"), b"\x86".to_vec()].concat();
        let before = [put(0, b"c_codecs\nencode\n"), put(1, &args)];
        let pickle = list(&before, b"h\x00h\x01R", COUNT);
        let value = in_time(name, || Value::from_slice(&pickle)).unwrap();
        let bytes = value.as_slice().unwrap().iter().filter(|item| matches!(item, Value::Bytes(_)));
        assert_eq!(bytes.count(), if letter == "λ" { 0 } else { COUNT }, "{name}");
        written(name, &value);
    }
}

#[test]
fn placeholders_of_one_long_state_are_read_in_time() {
    let entries: Vec<u8> =
        (0..20_000).flat_map(|n| [sized(b'J', n), vec![b'N']].concat()).collect();
    let filename = [text("filename"), text("x.npy")].concat();
    for (name, filename) in [("without a name", Vec::new()), ("the name last", filename)] {
        let state = [b"}(".as_slice(), &entries, &filename, b"u"].concat();
        let before = [put(0, b"cvarpack\nNumpyArrayPlaceholder\n"), put(1, &state)];
        let pickle = list(&before, b"h\x00)\x81h\x01b", 20_000);
        let value = in_time(name, || Value::from_slice(&pickle)).unwrap();
        let items = value.as_slice().unwrap();
        let named = items
            .iter()
            .filter(|item| matches!(item, Value::Placeholder(file) if **file == *"x.npy"));
        assert_eq!(named.count(), if filename.is_empty() { 0 } else { 20_000 }, "{name}");
        written(name, &value);
    }
}

#[test]
fn placeholder_names_the_file_that_its_state_has_in_the_end() {
    // Entries that the state gets after the object has it.
    let late = (0..20).flat_map(|n| [vec![b'K', n], b"N".to_vec()].concat()).collect::<Vec<u8>>();
    let pickle = [
        b"cvarpack\nNumpyArrayPlaceholder\n)\x81q\x01}q\x00b0h\x00(".as_slice(),
        &late,
        &text("filename"),
        &text("x.npy"),
        b"u0h\x01.",
    ]
    .concat();
    assert_eq!(Value::from_slice(&pickle).unwrap(), Value::Placeholder("x.npy".into()));
}

#[test]
fn classes_in_one_long_module_are_told_from_placeholders_in_time() {
    let name = text("NumpyArrayPlaceholder");
    let pickle = list(&[put(0, &long_text()), put(1, &name)], b"h\x00h\x01\x930N", COUNT);
    in_time("classes", || Value::from_slice(&pickle)).unwrap();
}

#[test]
fn values_that_share_a_long_leaf_are_compared_in_time() {
    let byte_array = [b"\x96".as_slice(), &(LEN as u64).to_le_bytes(), &vec![b'a'; LEN]].concat();
    for (name, leaf) in [
        ("text", long_text()),
        ("text with a surrogate", [b"V\\ud800", vec![b'a'; LEN].as_slice(), b"\n"].concat()),
        ("bytes", [sized(b'B', LEN), vec![b'a'; LEN]].concat()),
        ("bytearray", byte_array),
        ("int", [sized(0x8b, LEN), vec![0x7f; LEN]].concat()),
        ("class", [long_text(), text("a"), b"\x93".to_vec()].concat()),
    ] {
        let pickle = list(&[put(0, &leaf)], b"h\x00", COUNT);
        let [one, other] = [(); 2].map(|()| in_time(name, || Value::from_slice(&pickle)).unwrap());
        assert!(in_time(name, || one == other), "{name}");
    }
}

#[test]
fn values_that_share_contents_are_equal_only_where_their_kinds_are() {
    let text: std::sync::Arc<str> = "a".repeat(LEN).into();
    let items = Shared::new(vec![Value::None]);
    let pairs = [
        (Value::Str(text.clone()), Value::Placeholder(text)),
        (Value::List(items.clone()), Value::Tuple(items)),
    ];
    for (one, other) in pairs {
        assert_ne!(one, other);
        // What was found to be equal before does not make them so.
        let both = Value::list([one.clone(), other.clone()]);
        assert_eq!(both, both.clone());
        assert_ne!(Value::list([one.clone(), one.clone()]), Value::list([one, other]));
    }
}

#[test]
fn integer_of_many_bytes_that_say_nothing_is_read_in_time() {
    for (name, low, ok) in [("small", vec![1; 10], true), ("large", vec![1; 40], false)] {
        let long = [sized(0x8b, LEN), low.clone(), vec![0; LEN - low.len()]].concat();
        let pickle = list(&[put(0, &long)], b"h\x00", COUNT);
        let read = in_time(name, || from_slice::<Vec<u128>>(&pickle));
        assert_eq!(read.is_ok(), ok, "{name}");
        in_time(name, || Value::from_slice(&pickle)).unwrap();
    }
}

#[test]
fn keys_that_share_their_parts_are_written_in_time_one_by_one() {
    let deep = (0..2_000).fold(Value::None, |inner, _| Value::tuple([inner]));
    for (name, part) in [("text", Value::from("a".repeat(LEN))), ("nested tuple", deep)] {
        let keys = (0..10_000).map(|n| Value::tuple([part.clone(), Value::Int(n)]));
        let mut writer = Writer::new();
        let pickle = in_time(name, || {
            writer.begin_dict()?;
            for key in keys.clone() {
                writer.key(&key)?;
                writer.value(&0)?;
            }
            writer.end_dict()?;
            writer.finish()
        })
        .unwrap();
        assert!(pickle.len() < 2 * LEN, "{name}: {}", pickle.len());
        let expected = Value::dict(keys.map(|key| (key, Value::Int(0))));
        assert_eq!(Value::from_slice(&pickle).unwrap(), expected, "{name}");
    }
}

#[test]
fn keys_that_are_handed_over_are_checked_as_all_others_are() {
    let written = |keys: &[Value]| {
        let mut writer = Writer::new();
        writer.begin_dict()?;
        keys.iter().try_for_each(|key| {
            writer.key(key)?;
            writer.value(&0)
        })?;
        writer.end_dict()
    };
    let pair = |n: f64| Value::tuple([1.into(), Value::Float(n)]);
    assert!(written(&[pair(1.0), pair(2.0)]).is_ok());
    for keys in
        [[pair(1.0), Value::tuple([1.into(), 1.into()])], [Value::list([Value::None]), 1.into()]]
    {
        assert_eq!(written(&keys).unwrap_err().kind(), ErrorKind::Value);
    }
    // A value that is only the start of a key is not all of it.
    let mut writer = Writer::new();
    writer.begin_dict().unwrap();
    for n in [1, 2] {
        writer.key(&(Value::tuple([]), n)).unwrap();
        writer.value(&0).unwrap();
    }
    writer.end_dict().unwrap();
}

#[test]
fn values_that_hold_a_placeholder_and_share_one_large_object_are_saved_in_time() {
    let parent = tempfile::tempdir().unwrap();
    let count = 20_000;
    let large = Value::list((0..5 * count).map(|_| Value::list([])));
    let mut pack = Pack::new();
    for number in 0..count {
        let placeholder = Value::Placeholder("x.npy".into());
        let value = Value::list([Value::list([placeholder]), large.clone()]);
        pack.insert(format!("v{number}"), value).unwrap();
    }
    in_time("a save", || pack.save_to(parent.path().join("run")).unwrap());
}

#[test]
fn plain_variables_that_share_much_beside_a_placeholder_are_saved_in_time() {
    const VARIABLES: usize = 2_000;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Other { w: 7 }.save(&folder).unwrap();
    // One list in all of them, and one map with a placeholder of the Python program.
    let mut pickle = [b"\x80\x05}".as_slice(), &text("s"), b"]("].concat();
    pickle.extend(b"K\x07".repeat(LEN / 2));
    pickle.extend(b"eq\x00s");
    let mut names = vec!["s".to_owned(), "m".to_owned()];
    for number in 0..VARIABLES {
        let name = format!("v{number}");
        pickle.extend([text(&name).as_slice(), b"}", &text("s"), b"h\x00ss"].concat());
        names.push(name);
    }
    let placeholder = b"cvarpack\nNumpyArrayPlaceholder\n)\x81}\x8c\x08filename\x8c\x07m-x.npysb";
    pickle.extend([text("m").as_slice(), b"}", &text("x"), placeholder, b"ss."].concat());
    fs::write(folder.join("__misc_vars__.pickle"), pickle).unwrap();
    let array = varpack::MmapArray1::from(vec![1.0; 10]);
    array.save_npy(parent.path().join("m-x.npy")).unwrap();
    fs::rename(parent.path().join("m-x.npy"), folder.join("m-x.npy")).unwrap();
    let entries = names.iter().map(|name| {
        let split = if name == "m" { r#", "uses_numpy_placeholders": true"# } else { "" };
        format!(r#""{name}": {{"size": 1, "filename": "__misc_vars__.pickle"{split}}}"#)
    });
    let manifest = format!("{{{}}}", entries.collect::<Vec<_>>().join(", "));
    fs::write(folder.join("varpack.json"), manifest).unwrap();
    in_time("save", || Other { w: 8 }.save(&folder)).unwrap();
    assert!(folder.join("m.pickle").exists(), "what has the placeholder moves all the same");
    assert_eq!(Pack::open(&folder).unwrap().names().count(), VARIABLES + 3);
}
