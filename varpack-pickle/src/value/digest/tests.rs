//! Which keys are one, against what CPython says of them.

use super::*;
use crate::BigInt;
use half::f16;
use num_complex::Complex;

fn scalar(descr: &str, bytes: &[u8]) -> Value {
    let dtype = Dtype::parse(descr).unwrap();
    Value::Scalar(Scalar { dtype, bytes: bytes.into() }.into())
}

fn frozen(items: impl IntoIterator<Item = Value>) -> Value {
    Value::FrozenSet(items.into_iter().collect::<Vec<_>>().into())
}

fn complex(re: f64, im: f64) -> Value {
    Value::Complex(Complex::new(re, im))
}

#[test]
fn keys_are_one_exactly_where_python_says_so() {
    let big = |text: &str| Value::from(text.parse::<BigInt>().unwrap());
    let classes: Vec<Vec<Value>> = vec![
        vec![
            0.into(),
            false.into(),
            0.0.into(),
            (-0.0).into(),
            complex(-0.0, -0.0),
            scalar("|b1", &[0]),
        ],
        vec![
            1.into(),
            true.into(),
            1.0.into(),
            complex(1.0, 0.0),
            scalar("|i1", &[1]),
            scalar(">u2", &[0, 1]),
            scalar("<f2", &f16::from_f32(1.0).to_le_bytes()),
            scalar(">f4", &1.0_f32.to_be_bytes()),
            scalar("<c8", &[1.0_f32.to_le_bytes(), 0.0_f32.to_le_bytes()].concat()),
        ],
        vec![(-1).into(), (-1.0).into(), scalar("|i1", &[0xff])],
        vec![255.into(), scalar("|u1", &[0xff])],
        vec![0.5.into(), complex(0.5, 0.0), scalar("<f4", &0.5_f32.to_le_bytes())],
        vec![0.1.into()],
        vec![scalar("<f4", &0.1_f32.to_le_bytes()), f64::from(0.1_f32).into()],
        vec![((1_i64 << 53) + 1).into()],
        vec![(1_i64 << 53).into(), 2_f64.powi(53).into()],
        vec![(-(1_i64 << 53)).into(), (-(2_f64.powi(53))).into()],
        vec![i64::MIN.into(), (-(2_f64.powi(63))).into()],
        vec![
            (1_u64 << 63).into(),
            2_f64.powi(63).into(),
            scalar("<u8", &(1_u64 << 63).to_le_bytes()),
        ],
        vec![i64::MAX.into()],
        vec![big("1267650600228229401496703205376"), 2_f64.powi(100).into()],
        vec![big("-1267650600228229401496703205376"), (-(2_f64.powi(100))).into()],
        vec![big("1267650600228229401496703205377")],
        vec![f64::INFINITY.into(), scalar("<f4", &f32::INFINITY.to_le_bytes())],
        vec![f64::NEG_INFINITY.into()],
        vec![complex(0.0, 1.0), complex(-0.0, 1.0)],
        vec![complex(0.0, -1.0)],
        vec!["1".into(), scalar("<U2", b"1\0\0\0\0\0\0\0"), scalar(">U1", b"\x00\x00\x001")],
        vec![b"1".as_slice().into(), scalar("|S3", b"1\0\0")],
        vec![Value::None],
        vec!["".into()],
        vec![b"".as_slice().into()],
        vec![Value::tuple([]), Value::tuple([])],
        vec![Value::tuple([1.into(), "a".into()]), Value::tuple([true.into(), "a".into()])],
        vec![Value::tuple(["a".into(), 1.into()])],
        vec![
            Value::tuple([Value::tuple([0.0.into()])]),
            Value::tuple([Value::tuple([false.into()])]),
        ],
        vec![frozen([1.into(), 2.into()]), frozen([2.0.into(), true.into()])],
        vec![frozen([]), frozen([])],
        vec![scalar("<M8[s]", &7_i64.to_le_bytes())],
        vec![scalar("<m8[s]", &7_i64.to_le_bytes())],
    ];
    let digests = KeyDigests::<RandomState>::default();
    let all: Vec<_> = classes
        .iter()
        .enumerate()
        .flat_map(|(class, keys)| keys.iter().map(move |key| (class, key)))
        .map(|(class, key)| (class, key, digests.of_key(key, &mut SeenKeys::default()).unwrap()))
        .collect();
    for (class, key, digest) in &all {
        assert!(digest.is_certain, "{key:?}");
        for (other_class, other, other_digest) in &all {
            let is_one = digest.digest == other_digest.digest;
            assert_eq!(is_one, class == other_class, "{key:?} and {other:?}");
        }
    }
}

#[test]
fn nan_and_objects_are_not_certain_to_be_one() {
    let digests = KeyDigests::<RandomState>::default();
    let date = Value::from_slice(b"cdatetime\ndate\n(K\x07K\x01K\x02tR.").unwrap();
    let of_key = |key: &Value| digests.of_key(key, &mut SeenKeys::default());
    let of_any = |key: &Value| digests.of_any(key, &mut SeenKeys::default());
    let nat = scalar("<M8[s]", &i64::MIN.to_le_bytes());
    for key in [f64::NAN.into(), complex(f64::NAN, 1.0), complex(1.0, f64::NAN), date, nat] {
        for key in [key.clone(), Value::tuple([1.into(), key])] {
            let (one, other) = (of_key(&key).unwrap(), of_any(&key));
            assert_eq!((one.digest, one.is_certain), (other.digest, false), "{key:?}");
        }
    }
}

#[test]
fn what_a_key_shares_is_looked_at_once_and_depth_takes_no_stack() {
    let digests = KeyDigests::<RandomState>::default();
    let of_any = |key: &Value| digests.of_any(key, &mut SeenKeys::default()).digest;
    let doubled =
        |levels: usize| (0..levels).fold(Value::from(1), |key, _| Value::tuple([key.clone(), key]));
    let nested = |levels: usize| (0..levels).fold(Value::from(1), |key, _| Value::tuple([key]));
    for make in [&doubled as &dyn Fn(usize) -> Value, &nested] {
        let levels = if make(1).as_slice().map(<[_]>::len) == Some(1) { 1_000_000 } else { 100 };
        let key = make(levels);
        assert_eq!(of_any(&key), of_any(&make(levels)));
        assert_ne!(of_any(&key), of_any(&make(levels - 1)));
    }
}

#[test]
fn what_python_cannot_hash_is_no_key() {
    let digests = KeyDigests::<RandomState>::default();
    for (key, kind) in [
        (Value::list([]), "list"),
        (Value::dict::<Value>([]), "dict"),
        (Value::Set(Vec::new().into()), "set"),
        (Value::ByteArray([].into()), "bytearray"),
        (Value::tuple([Value::tuple([Value::list([])])]), "list"),
    ] {
        assert_eq!(digests.of_key(&key, &mut SeenKeys::default()).unwrap_err(), kind);
    }
}
