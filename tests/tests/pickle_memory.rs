//! Memory in proportion: what a pickle shares is made once, or counted towards the caller's limit before it
//! is made, by every way in. Under a limit on the whole process, in a child.
#![allow(clippy::unwrap_used)]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use varpack::pickle::{Document, Value, from_slice};
use varpack::{
    AnyArray, ArrayOr, Error, ErrorKind, LoadOptions, MmapArray1, Pack, PackMap, Varpack,
};
use varpack_tests::child::{told, under_limit};

/// What the caller allows a load.
const ALLOWED: u64 = 64 << 20;

/// Opcodes that leave a text on the stack.
fn text(text: &str) -> Vec<u8> {
    let len = u32::try_from(text.len()).unwrap().to_le_bytes();
    [b"X".as_slice(), &len, text.as_bytes()].concat()
}

/// The same of bytes.
fn bytes(len: usize) -> Vec<u8> {
    let size = u32::try_from(len).unwrap().to_le_bytes();
    [b"B".as_slice(), &size, &vec![b'x'; len]].concat()
}

/// A list of so many times the same opcodes, after others.
fn list(before: &[&[u8]], item: &[u8], count: usize) -> Vec<u8> {
    [&before.concat(), b"](".as_slice(), &item.repeat(count), b"e"].concat()
}

/// Puts what is on the stack into the memo, and takes it away.
fn put(index: u8) -> [u8; 3] {
    [b'q', index, b'0']
}

/// Calls of `_codecs.encode` on one text.
fn encoded_texts() -> Vec<u8> {
    let accents = text(&"é".repeat(150_000));
    let before: [&[u8]; 6] =
        [b"c_codecs\nencode\n", &put(0), &accents, &text("latin1"), b"\x86", &put(1)];
    list(&before, b"h\x00h\x01R", 60_000)
}

/// Calls of `bytearray` on one byte string.
fn byte_arrays() -> Vec<u8> {
    let before: [&[u8]; 5] =
        [b"cbuiltins\nbytearray\n", &put(0), &bytes(100_000), b"\x85", &put(1)];
    list(&before, b"h\x00h\x01R", 20_000)
}

/// NumPy arrays of one state.
fn arrays() -> Vec<u8> {
    let reconstruct = b"cnumpy.core.multiarray\n_reconstruct\n";
    let args = b"cnumpy\nndarray\nK\x00\x85C\x01b\x87";
    let dtype = [b"cnumpy\ndtype\n".as_slice(), &text("u1"), b"\x85R"].concat();
    let data = bytes(100_000);
    let state = [b"(K\x01J\xa0\x86\x01\x00\x85".as_slice(), &dtype, b"\x89", &data, b"t"].concat();
    let before: [&[u8]; 6] = [reconstruct, &put(0), args, &put(1), &state, &put(2)];
    list(&before, b"h\x00h\x01Rh\x02b", 20_000)
}

/// Arrays of Python objects, which are one list.
fn object_arrays() -> Vec<u8> {
    let reconstruct = b"cnumpy.core.multiarray\n_reconstruct\n";
    let args = b"cnumpy\nndarray\nK\x00\x85C\x01b\x87";
    let dtype = [b"cnumpy\ndtype\n".as_slice(), &text("O"), b"\x85R"].concat();
    let items = list(&[], b"N", 10_000);
    let state = [b"(K\x01M\x10\x27\x85".as_slice(), &dtype, b"\x89", &items, b"t"].concat();
    let before: [&[u8]; 6] = [reconstruct, &put(0), args, &put(1), &state, &put(2)];
    list(&before, b"h\x00h\x01Rh\x02b", 20_000)
}

/// Structured dtypes of one state.
fn dtypes() -> Vec<u8> {
    let float = [b"cnumpy\ndtype\n".as_slice(), &text("u1"), b"\x85R"].concat();
    let names: Vec<_> = (0..2_000).map(|n| text(&format!("{n:020}"))).collect();
    let fields = names.iter().enumerate().map(|(n, name)| {
        let offset = [b"J".as_slice(), &u32::try_from(n).unwrap().to_le_bytes()].concat();
        [name.as_slice(), b"h\x00", &offset, b"\x86"].concat()
    });
    let fields = [b"}(".as_slice(), &fields.collect::<Vec<_>>().concat(), b"u"].concat();
    let names = [b"(".as_slice(), &names.concat(), b"t"].concat();
    let state =
        [b"(K\x03".as_slice(), &text("|"), b"N", &names, &fields, b"M\xd0\x07K\x01K\x10t"].concat();
    let before: [&[u8]; 8] = [
        &float,
        &put(0),
        b"cnumpy\ndtype\n",
        &put(1),
        &[text("V2000"), b"\x85".to_vec()].concat(),
        &put(2),
        &state,
        &put(3),
    ];
    list(&before, b"h\x01h\x02Rh\x03b", 5_000)
}

/// One byte string, many times.
fn shared_bytes() -> Vec<u8> {
    list(&[&bytes(100_000), &put(0)], b"h\x00", 20_000)
}

/// A dict whose key is a tuple of a tuple of a tuple …
fn deep_key() -> Vec<u8> {
    [b"})".as_slice(), &vec![b'\x85'; 1_000_000], b"K\x07s"].concat()
}

/// A dict whose key is a pair of one pair twice, and so on.
fn doubling_key() -> Vec<u8> {
    let levels = (0..40).flat_map(|level| [b'q', level, b'0', b'h', level, b'h', level, b'\x86']);
    [b"})".as_slice(), &levels.collect::<Vec<_>>(), b"K\x07s"].concat()
}

/// What leaves a hostile object on the stack, and whether it is one that a value can hold in little memory.
fn hostile() -> Vec<(&'static str, Vec<u8>, bool)> {
    vec![
        ("encoded texts", encoded_texts(), true),
        ("byte arrays", byte_arrays(), false),
        ("arrays", arrays(), false),
        ("object arrays", object_arrays(), false),
        ("dtypes", dtypes(), true),
        ("shared bytes", shared_bytes(), true),
        ("deep key", deep_key(), true),
        ("doubling key", doubling_key(), true),
    ]
}

#[derive(Varpack)]
struct Run {
    #[varpack(default)]
    v: Value,
}

#[derive(Varpack)]
struct Lists {
    v: Vec<Vec<f64>>,
}

#[derive(Varpack)]
struct Json {
    v: serde_json::Value,
}

#[derive(Varpack)]
struct Map {
    #[varpack(mmap)]
    m: BTreeMap<String, ArrayOr<MmapArray1<f64>, Value>>,
}

#[derive(Varpack)]
struct Other {
    #[varpack(default)]
    w: u64,
}

const SHARED: &str = "__misc_vars__.pickle";

/// Folders with the object as a variable, and as an item of a dict with an array of its own file.
fn folders(parent: &Path, object: &[u8]) {
    let mut pack = Pack::new();
    pack.insert("v", Value::from(7)).unwrap();
    pack.save_to(parent.join("value")).unwrap();
    let pickle = [b"}\x8c\x01v".as_slice(), object, b"s."].concat();
    fs::write(parent.join("value").join(SHARED), pickle).unwrap();

    let mut map = PackMap::new();
    let array = MmapArray1::from(vec![0.5; 20_000]);
    map.insert("a", AnyArray::try_from(array).unwrap());
    map.insert("v", Value::from(7));
    let mut pack = Pack::new();
    pack.insert("m", map).unwrap();
    pack.save_to(parent.join("map")).unwrap();
    let file = fs::read_dir(parent.join("map")).unwrap().map(|entry| entry.unwrap().file_name());
    let file = file.map(|name| name.into_string().unwrap()).find(|name| name.ends_with(".npy"));
    let filename = text(&file.unwrap());
    let placeholder = b"cvarpack\nNumpyArrayPlaceholder\n)\x81}\x8c\x08filename";
    let split = [b"}(\x8c\x01a".as_slice(), placeholder, &filename, b"sb\x8c\x01v", object, b"u"];
    let split = split.concat();
    let is_key = object.starts_with(b"})");
    // A hostile key is a key of the dict itself.
    let split = if is_key {
        [&object[..object.len() - 3], placeholder, &filename, b"sbs"].concat()
    } else {
        split
    };
    let own = parent.join("map").join("m.pickle");
    assert!(own.exists());
    fs::write(own, [&split, b".".as_slice()].concat()).unwrap();
}

type Way<'w> = (&'static str, bool, Box<dyn Fn() -> Result<(), Error> + 'w>);

/// Every way in. Those by which a value is read are marked.
fn ways<'w>(parent: &Path, pickle: &'w [u8], options: &'w LoadOptions) -> Vec<Way<'w>> {
    let (value, map) = (parent.join("value"), parent.join("map"));
    let within = || Document::parse_within(pickle, ALLOWED);
    macro_rules! load {
        ($type:ident, $folder:ident) => {{
            let folder = $folder.clone();
            Box::new(move || $type::load_with(&folder, options).map(drop))
        }};
    }
    let pack = |folder: &Path| {
        let folder = folder.to_owned();
        Box::new(move || Pack::open_with(&folder, options).map(drop))
    };
    vec![
        ("Value::from_slice", true, Box::new(|| Value::from_slice(pickle).map(drop))),
        ("to_value", true, Box::new(move || within()?.root().to_value().map(drop))),
        (
            "deserialize",
            false,
            Box::new(move || within()?.root().deserialize::<Vec<Vec<f64>>>().map(drop)),
        ),
        ("from_slice, lists", false, Box::new(|| from_slice::<Vec<Vec<f64>>>(pickle).map(drop))),
        ("from_slice, json", false, Box::new(|| from_slice::<serde_json::Value>(pickle).map(drop))),
        ("from_slice, value", true, Box::new(|| from_slice::<Value>(pickle).map(drop))),
        ("Pack", true, pack(&value)),
        ("Pack, map", true, pack(&map)),
        ("field", true, load!(Run, value)),
        ("field, lists", false, load!(Lists, value)),
        ("field, json", false, load!(Json, value)),
        ("map entry", true, load!(Map, map)),
        ("save", true, Box::new(move || Other { w: 7 }.save(&value))),
    ]
}

#[test]
fn shared_parts_are_made_once_or_count_by_every_way_in() {
    if told().is_none() {
        return under_limit(
            "shared_parts_are_made_once_or_count_by_every_way_in",
            Path::new("."),
            768,
        );
    }
    let options = LoadOptions::new().max_in_memory(ALLOWED);
    for (name, object, is_small) in hostile() {
        let parent = tempfile::tempdir().unwrap();
        folders(parent.path(), &object);
        let pickle = [object.as_slice(), b"."].concat();
        for (way, of_value, run) in ways(parent.path(), &pickle, &options) {
            let start = Instant::now();
            let result = run();
            let taken = start.elapsed();
            let may_hold = of_value && is_small;
            match result {
                // A save need not look at what it leaves out, and a map has no tuples for keys.
                Ok(()) => assert!(may_hold || way == "save", "{name} by {way} is read"),
                Err(error) => {
                    let must_hold = may_hold && way != "map entry" && name != "deep key";
                    assert!(!must_hold, "{name} by {way}: {error}");
                    assert!(
                        matches!(
                            error.kind(),
                            ErrorKind::Limit | ErrorKind::Value | ErrorKind::Dtype
                        ),
                        "{name} by {way}: {error}"
                    );
                    assert!(error.to_string().len() < 4096, "{name} by {way}: {error}");
                }
            }
            assert!(taken < Duration::from_secs(60), "{name} by {way} takes {taken:?}");
        }
    }
}

/// A list of references to one long path.
fn paths(count: usize) -> Vec<u8> {
    [list(&[&text(&"/long".repeat(100)), &put(0)], b"h\x00", count), b".".to_vec()].concat()
}

#[test]
fn limit_of_the_caller_replaces_the_one_in_proportion() {
    let pickle = paths(600_000);
    let error = from_slice::<Vec<String>>(&pickle).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().contains("`Document::parse_within` sets another limit"), "{error}");
    let document = Document::parse_within(&pickle, 512 << 20).unwrap();
    assert_eq!(document.root().deserialize::<Vec<String>>().unwrap().len(), 600_000);
    let document = Document::parse_within(&pickle, 128 << 20).unwrap();
    let error = document.root().deserialize::<Vec<String>>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);

    #[derive(Varpack)]
    struct Paths {
        v: Vec<String>,
    }
    let parent = tempfile::tempdir().unwrap();
    Paths { v: vec!["a".to_owned()] }.save(parent.path()).unwrap();
    let pickle = [b"}\x8c\x01v".as_slice(), &pickle[..pickle.len() - 1], b"s."].concat();
    fs::write(parent.path().join(SHARED), pickle).unwrap();
    let error = Paths::load(parent.path()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.variable().unwrap().starts_with("v["), "{error}");
    assert!(error.to_string().contains("`LoadOptions::max_in_memory` sets another"), "{error}");
    let options = LoadOptions::new().max_in_memory(512 << 20);
    assert_eq!(Paths::load_with(parent.path(), &options).unwrap().v.len(), 600_000);
    let options = LoadOptions::new().max_in_memory(128 << 20);
    assert_eq!(
        Paths::load_with(parent.path(), &options).map(drop).unwrap_err().kind(),
        ErrorKind::Limit
    );
}

#[test]
fn names_of_variants_cost_nothing() {
    #[derive(Deserialize, Debug)]
    enum Phase {
        #[serde(
            rename = "the phase in which the weights of the model are warmed up, slowly, from nothing, \
                          until the learning rate is what the schedule says it should be at this point"
        )]
        WarmUp,
    }
    let name = "the phase in which the weights of the model are warmed up, slowly, from nothing, \
                until the learning rate is what the schedule says it should be at this point";
    let count = 1_000_000;
    let pickle = [list(&[&text(name), &put(0)], b"h\x00", count), b".".to_vec()].concat();
    assert_eq!(from_slice::<Vec<Phase>>(&pickle).unwrap().len(), count);
    let document = Document::parse_within(&pickle, ALLOWED * 2).unwrap();
    let phases: Vec<Phase> = document.root().deserialize().unwrap();
    assert!(matches!(phases[0], Phase::WarmUp));
}

#[test]
fn headers_of_many_fields_count() {
    if told().is_none() {
        return under_limit("headers_of_many_fields_count", Path::new("."), 512);
    }
    let parent = tempfile::tempdir().unwrap();
    let mut pack = Pack::new();
    for n in 0..100 {
        let array = AnyArray::try_from(MmapArray1::from(vec![0.5])).unwrap();
        pack.insert(format!("x{n}"), array).unwrap();
    }
    pack.save_to(parent.path()).unwrap();
    for n in 0..100 {
        let fields: String = (0..65_000).map(|field| format!("('{field:x}','u1'),")).collect();
        let text = format!("{{'descr': [{fields}], 'fortran_order': False, 'shape': ({n},)}}\n");
        let prefix = b"\x93NUMPY\x02\x00".as_slice();
        let len = u32::try_from(text.len()).unwrap().to_le_bytes();
        let data = vec![0; n * 65_000];
        // No two alike, one after the other.
        let bytes = [prefix, &len, text.as_bytes(), &data].concat();
        fs::write(parent.path().join(format!("x{n}.npy")), bytes).unwrap();
    }
    let options = LoadOptions::new().max_in_memory(ALLOWED);
    let error = Pack::open_with(parent.path(), &options).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(error.to_string().contains("LoadOptions::max_in_memory"), "{error}");
}

#[test]
fn pickle_counts_before_it_is_parsed_into_anything() {
    if told().is_none() {
        return under_limit("pickle_counts_before_it_is_parsed_into_anything", Path::new("."), 256);
    }
    let empty_tuples = [b"(".as_slice(), &vec![b')'; 4 << 20], b"t."].concat();
    // Each of these takes an address.
    let [memos, marks] = [64 << 20, 128 << 20].map(|bytes: usize| bytes / size_of::<usize>());
    let memo = [b"N".as_slice(), &vec![b'\x94'; memos], b"."].concat();
    let marks = [vec![b'('; marks], vec![b'0'; marks], b"N.".to_vec()].concat();
    for pickle in [empty_tuples, memo, marks] {
        let error = Document::parse_within(&pickle, ALLOWED).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert!(error.to_string().contains("Document::parse_within"), "{error}");
    }
}

#[test]
fn what_a_document_took_is_free_again_when_it_is_gone() {
    #[derive(Varpack)]
    struct Separate {
        #[varpack(separate)]
        a: Vec<Option<u8>>,
        #[varpack(separate)]
        b: Vec<Option<u8>>,
        #[varpack(separate)]
        c: Vec<Option<u8>>,
    }
    let parent = tempfile::tempdir().unwrap();
    let run = || Vec::from_iter([None]);
    Separate { a: run(), b: run(), c: run() }.save(parent.path()).unwrap();
    // 2 MB each, which are parsed into some 50.
    let pickle = [b"](".as_slice(), &b"NK\x01\x940".repeat(500_000), b"N\x94e."].concat();
    let peak = 100 << 20;
    for name in ["a", "b", "c"] {
        fs::write(parent.path().join(format!("{name}.pickle")), &pickle).unwrap();
    }
    Separate::load_with(parent.path(), &LoadOptions::new().max_in_memory(peak)).unwrap();
}

#[test]
fn text_that_several_variables_are_is_made_once() {
    let shared =
        [b"\x80\x04}(".as_slice(), &text("x"), &text(&"a".repeat(100_000)), b"q\x00"].concat();
    let rest: Vec<u8> =
        (0..2000).flat_map(|n| [text(&format!("y{n}")), b"h\x00".to_vec()].concat()).collect();
    let bytes = [shared, rest, b"u.".to_vec()].concat();
    let document = Document::parse_within(&bytes, 2 << 20).unwrap();
    let values: Vec<Value> =
        document.root().entries().unwrap().map(|(_, node)| node.to_value().unwrap()).collect();
    let Value::Str(first) = &values[0] else { panic!("no text") };
    assert_eq!(values.len(), 2001);
    assert!(
        values
            .iter()
            .all(|value| matches!(value, Value::Str(it) if std::sync::Arc::ptr_eq(it, first)))
    );
}
