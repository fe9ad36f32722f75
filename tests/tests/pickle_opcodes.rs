//! Every opcode of protocols 0 to 5 gives what CPython's machine gives.

use num_complex::Complex;
use std::sync::Arc;
use varpack::pickle::{Build, Global, Object, Shared, Value, to_vec};
use varpack_tests::python::Python;

fn read(pickle: &[u8]) -> Value {
    Value::from_slice(pickle).unwrap_or_else(|error| panic!("{pickle:?}: {error}"))
}

fn global(module: &str, name: &str) -> Value {
    Value::Global(Arc::new(Global { module: module.into(), name: name.into() }))
}

fn object(build: Build, args: Value) -> Object {
    Object { build, callable: global("m", "C"), args, ..Object::default() }
}

/// Pickles that hold one opcode and what it needs, with what they are of.
fn cases() -> Vec<(&'static [u8], Value)> {
    let list = |items: &[i64]| Value::list(items.iter().map(|&item| item.into()));
    let tuple = |items: &[i64]| Value::tuple(items.iter().map(|&item| item.into()));
    let class = |object: Object| Value::Object(Shared::new(object));
    vec![
        (b"N.", Value::None),
        (b"I01\n.", true.into()),
        (b"I00\n.", false.into()),
        (b"\x88.", true.into()),
        (b"\x89.", false.into()),
        (b"I-12\n.", (-12).into()),
        (b"L123456789012345678901L\n.", Value::from(123456789012345678901_i128)),
        (b"L-5L\n.", (-5).into()),
        (b"K\xff.", 255.into()),
        (b"M\xff\xff.", 65_535.into()),
        (b"J\x00\x00\x00\x80.", i32::MIN.into()),
        (b"\x8a\x00.", 0.into()),
        (b"\x8a\x02\xff\x00.", 255.into()),
        (b"\x8a\x01\xff.", (-1).into()),
        (b"\x8b\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01.", (1_i128 << 64).into()),
        (b"F-1.5e3\n.", (-1500.0).into()),
        (b"Finf\n.", f64::INFINITY.into()),
        (b"G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5.into()),
        (b"S'a\\x41\\n\\'\\101'\n.", "aA\n'A".into()),
        (b"T\x02\x00\x00\x00ab.", "ab".into()),
        (b"U\x02ab.", "ab".into()),
        (b"V\\u00e9\xe9\\U0001f9ee\\x\n.", "éé🧮\\x".into()),
        (b"X\x02\x00\x00\x00\xc3\xa9.", "é".into()),
        (b"\x8c\x02\xc3\xa9.", "é".into()),
        (b"\x8d\x02\x00\x00\x00\x00\x00\x00\x00\xc3\xa9.", "é".into()),
        (b"C\x02\x00\xff.", Value::Bytes([0, 0xff].as_slice().into())),
        (b"B\x02\x00\x00\x00\x00\xff.", Value::Bytes([0, 0xff].as_slice().into())),
        (b"\x8e\x01\x00\x00\x00\x00\x00\x00\x00a.", Value::Bytes(b"a".as_slice().into())),
        (b"\x96\x01\x00\x00\x00\x00\x00\x00\x00a.", Value::ByteArray(b"a".as_slice().into())),
        (b"].", list(&[])),
        (b"(K\x01K\x02l.", list(&[1, 2])),
        (b"]K\x01a.", list(&[1])),
        (b"](K\x01K\x02e.", list(&[1, 2])),
        (b").", tuple(&[])),
        (b"K\x01\x85.", tuple(&[1])),
        (b"K\x01K\x02\x86.", tuple(&[1, 2])),
        (b"K\x01K\x02K\x03\x87.", tuple(&[1, 2, 3])),
        (b"(K\x01K\x02K\x03K\x04t.", tuple(&[1, 2, 3, 4])),
        (b"}.", Value::dict::<Value>([])),
        (b"(K\x01K\x02d.", Value::dict([(1, 2.into())])),
        (b"}K\x01K\x02s.", Value::dict([(1, 2.into())])),
        (
            b"}(K\x01K\x02NNu.",
            Value::dict([(Value::from(1), 2.into()), (Value::None, Value::None)]),
        ),
        (b"\x8f(K\x01K\x02\x90.", Value::Set(Shared::new(vec![1.into(), 2.into()]))),
        (b"(K\x01\x91.", Value::FrozenSet(Shared::new(vec![1.into()]))),
        (b"K\x01K\x020.", 1.into()),
        (b"K\x01(K\x02K\x031.", 1.into()),
        (b"K\x01(0.", 1.into()),
        (b"K\x012\x86.", tuple(&[1, 1])),
        (b"K\x07p5\n0g5\n.", 7.into()),
        (b"K\x07q\x050h\x05.", 7.into()),
        (b"K\x07r\x05\x00\x00\x000j\x05\x00\x00\x00.", 7.into()),
        (b"\x80\x04K\x07\x940h\x00.", 7.into()),
        (b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N.", Value::None),
        (b"cm\nC\n.", global("m", "C")),
        (b"\x80\x04\x8c\x01m\x8c\x03A.B\x93.", global("m", "A.B")),
        (b"cm\nC\nK\x01\x85R.", class(object(Build::Reduce, tuple(&[1])))),
        (b"cm\nC\nK\x01\x85\x81.", class(object(Build::New, tuple(&[1])))),
        (
            b"cm\nC\nK\x01\x85}\x92.",
            class(Object {
                kwargs: Some(Value::dict::<Value>([])),
                ..object(Build::NewEx, tuple(&[1]))
            }),
        ),
        (b"(K\x01im\nC\n.", class(object(Build::Instance, tuple(&[1])))),
        (b"(cm\nC\nK\x01o.", class(object(Build::Instance, tuple(&[1])))),
        (
            b"cm\nC\n)\x81K\x01aK\x02K\x03sK\x04b.",
            class(Object {
                state: Some(4.into()),
                list_items: vec![1.into()],
                dict_items: vec![(2.into(), 3.into())],
                ..object(Build::New, tuple(&[]))
            }),
        ),
        (
            // The sixth part of `__reduce__`: setter(object, state), its result thrown away.
            b"cm\nC\n)Rq\x00cm\nset_state\nh\x00K\x05\x86R0.",
            class(Object {
                state: Some(5.into()),
                setter: Some(global("m", "set_state")),
                ..object(Build::Reduce, tuple(&[]))
            }),
        ),
        (b"c__builtin__\ncomplex\n(F1.5\nF-2\ntR.", Value::Complex(Complex::new(1.5, -2.0))),
        (b"c_codecs\nencode\n(V\\u00ff\nVlatin1\ntR.", Value::Bytes([0xff].as_slice().into())),
        (b"c__builtin__\nbytes\n)R.", Value::Bytes([].as_slice().into())),
        (b"c__builtin__\nbytearray\n(Va\nVlatin-1\ntR.", Value::ByteArray(b"a".as_slice().into())),
        (b"c__builtin__\nset\n((lK\x01atR.", Value::Set(Shared::new(vec![1.into()]))),
        (b"c__builtin__\nfrozenset\n((ltR.", Value::FrozenSet(Shared::new(vec![]))),
        (b"cexceptions\nStandardError\n.", global("builtins", "Exception")),
        (b"\x80\x03c__builtin__\nlong\n.", global("__builtin__", "long")),
        (
            b"cvarpack\nNumpyArrayPlaceholder\n)\x81}\x8c\x08filename\x8c\x05x.npysb.",
            Value::Placeholder("x.npy".into()),
        ),
    ]
}

#[test]
fn every_opcode_is_read() {
    for (pickle, value) in cases() {
        assert_eq!(read(pickle), value, "{}", pickle.escape_ascii());
    }
}

#[test]
fn what_every_opcode_makes_is_written_again() {
    for (pickle, value) in cases() {
        if let Ok(read) = Value::from_slice(pickle) {
            assert_eq!(self::read(&to_vec(&read).unwrap()), value, "{}", pickle.escape_ascii());
        }
    }
}

#[test]
fn builtin_values_are_what_cpython_reads() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for (pickle, value) in cases() {
        // `m.C` is no class, and protocol 3 knows no module of Python 2.
        let printed = format!("{value:?}");
        let needs_a_class =
            ["m.", "__builtin__", "placeholder"].iter().any(|name| printed.contains(name));
        if Value::from_slice(pickle).is_err() || needs_a_class {
            continue;
        }
        std::fs::write(folder.path().join(format!("{count}.a")), pickle).unwrap();
        std::fs::write(folder.path().join(format!("{count}.b")), to_vec(&value).unwrap()).unwrap();
        count += 1;
    }
    assert!(count > 50);
    let script = "
import os, pickle, sys
for name in os.listdir(sys.argv[1]):
    if name.endswith('.a'):
        one, other = (pickle.load(open(os.path.join(sys.argv[1], name[:-1] + kind), 'rb')) for kind in 'ab')
        assert type(one) is type(other) and repr(one) == repr(other), (name, one, other)";
    python.run(script, [folder.path()]);
}

#[test]
fn shared_object_is_written_once() {
    let shared = Value::list([1.into(), "x".into()]);
    let value = Value::tuple([shared.clone(), Value::dict([("again", shared)])]);
    let read = read(&to_vec(&value).unwrap());
    let first = &read.as_slice().unwrap()[0];
    let again = read.as_slice().unwrap()[1].get("again").unwrap();
    let (Value::List(first), Value::List(again)) = (first, again) else { panic!("lists") };
    assert!(first.ptr_eq(again));
}

#[test]
fn values_of_one_writer_share_what_they_share() {
    let shared = Value::list([1.into()]);
    let mut writer = varpack::pickle::Writer::new();
    writer.begin_dict().unwrap();
    for (key, value) in [("a", shared.clone()), ("b", shared)] {
        writer.key(key).unwrap();
        writer.node(&value).unwrap();
    }
    writer.end_dict().unwrap();
    let read = read(&writer.finish().unwrap());
    let (Some(Value::List(a)), Some(Value::List(b))) = (read.get("a"), read.get("b")) else {
        panic!("lists")
    };
    assert!(a.ptr_eq(b));
}

#[test]
fn changing_one_reference_leaves_the_others() {
    let mut one = Value::list([1.into()]);
    let other = one.clone();
    let Value::List(items) = &mut one else { panic!("a list") };
    items.make_mut().push(2.into());
    assert_eq!(one, Value::list([1.into(), 2.into()]));
    assert_eq!(other, Value::list([1.into()]));
}
