//! How many axes an array may have: what is saved is loaded, and who cannot read it is told of.
#![allow(clippy::unwrap_used)]

use ndarray::{ArrayD, IxDyn};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use tempfile::TempDir;
use varpack::npy::{Dtype, Header};
use varpack::pickle::{self, Value};
use varpack::{AnyArray, Error, ErrorKind, MmapArrayD, Pack, PackValue, Varpack};

/// What was logged, by all tests.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.level() == log::Level::Warn {
            LOGGED.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

fn warnings_of(name: &str) -> usize {
    LOGGED.lock().unwrap().iter().filter(|line| line.contains(name)).count()
}

fn listen() {
    let _ = log::set_logger(&Logger);
    log::set_max_level(log::LevelFilter::Warn);
}

/// Two elements along the last axis.
fn array(ndim: usize) -> ArrayD<u8> {
    let mut shape = vec![1; ndim];
    shape[ndim - 1] = 2;
    ArrayD::from_elem(IxDyn(&shape), 7)
}

#[derive(Varpack)]
struct Deep {
    #[varpack(mmap)]
    mapped: MmapArrayD<u8>,
}

#[derive(Varpack)]
struct Plain {
    #[varpack(npy)]
    plain: ArrayD<u8>,
}

#[derive(Varpack)]
struct Split {
    #[varpack(mmap(min_len = 100))]
    split: BTreeMap<String, MmapArrayD<u8>>,
}

#[derive(Varpack)]
struct Pickled {
    #[varpack(separate)]
    pickled: MmapArrayD<u8>,
}

fn folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    (parent, folder)
}

/// Saves arrays of so many axes in every way that there is, and gives what came of it.
fn saved(ndim: usize) -> Vec<(&'static str, Result<(), Error>)> {
    let split = BTreeMap::from([("key".to_owned(), array(ndim).into())]);
    let header = Header {
        dtype: Dtype::parse("|u1").unwrap(),
        fortran_order: false,
        shape: array(ndim).shape().to_vec(),
    };
    let through = |save: &dyn Fn(&PathBuf) -> varpack::Result<()>| {
        let (parent, folder) = folder();
        let result = save(&folder);
        if result.is_err() {
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "no trace");
        } else {
            let pack = Pack::open(&folder).unwrap();
            assert_eq!(pack.names().count(), 1);
        }
        result
    };
    vec![
        ("mmap", through(&|folder| Deep { mapped: array(ndim).into() }.save(folder))),
        ("npy", through(&|folder| Plain { plain: array(ndim) }.save(folder))),
        ("split", through(&|folder| Split { split: split.clone() }.save(folder))),
        ("separate", through(&|folder| Pickled { pickled: array(ndim).into() }.save(folder))),
        (
            "pack",
            through(&|folder| {
                let mut pack = Pack::new();
                pack.insert("array", PackValue::try_from(array(ndim))?)?;
                pack.save_to(folder)
            }),
        ),
        ("pickle", pickle::to_vec(&MmapArrayD::from(array(ndim))).map(drop)),
        ("zeros", MmapArrayD::<u8>::zeros_in(std::env::temp_dir(), vec![1; ndim]).map(drop)),
        ("header", header.encode().map(drop)),
        ("bytes", AnyArray::from_bytes(header, [7, 7]).map(drop)),
    ]
}

#[test]
fn more_than_64_axes_are_not_saved() {
    for (how, result) in saved(65) {
        let error = result.expect_err(how);
        // What serde has in its hands loses its kind.
        let kind = if how == "separate" { ErrorKind::Value } else { ErrorKind::Shape };
        assert!(error.kind() == kind || how == "pickle", "{how}: {error:?}");
        assert!(error.to_string().contains("expected at most 64, found 65"), "{how}: {error}");
    }
    assert!(serde_json::to_string(&MmapArrayD::from(array(65))).is_err());
}

#[test]
fn up_to_64_axes_are_saved_and_loaded() {
    for ndim in [1, 32, 33, 64] {
        for (how, result) in saved(ndim) {
            assert!(result.is_ok(), "{how}: {result:?}");
        }
        let (_parent, folder) = folder();
        Deep { mapped: array(ndim).into() }.save(&folder).unwrap();
        assert_eq!(Deep::load(&folder).unwrap().mapped, array(ndim));
        let bytes = pickle::to_vec(&MmapArrayD::from(array(ndim))).unwrap();
        assert_eq!(pickle::from_slice::<MmapArrayD<u8>>(&bytes).unwrap(), array(ndim));
        let json = serde_json::to_string(&MmapArrayD::from(array(ndim))).unwrap();
        assert_eq!(serde_json::from_str::<MmapArrayD<u8>>(&json).unwrap(), array(ndim));
    }
}

#[test]
fn more_than_64_axes_in_a_pickle_are_no_array() {
    let bytes = pickle::to_vec(&MmapArrayD::from(array(64))).unwrap();
    // The shape: 63 times `BININT1 1`, then 2; one more in front of them.
    let run = [b'K', 1].repeat(63);
    let at = bytes.windows(run.len()).position(|window| window == run).unwrap();
    let mut more = bytes.clone();
    // Protocol 4 says how long the frame is.
    let frame = u64::from_le_bytes(more[3..11].try_into().unwrap()) + 2;
    more[3..11].copy_from_slice(&frame.to_le_bytes());
    more.splice(at..at, [b'K', 1]);
    let error = pickle::from_slice::<MmapArrayD<u8>>(&more).unwrap_err();
    assert!(error.to_string().contains("expected at most 64, found 65"), "{error}");
    assert!(pickle::from_slice::<AnyArray>(&more).is_err());
    let value = Value::from_slice(&more).unwrap();
    assert!(matches!(value, Value::Object(_)), "it is kept as what it is: {value:?}");
}

#[test]
fn save_of_more_than_32_axes_is_told_in_the_log_for_numpy_1_will_not_read_it() {
    listen();
    #[derive(Varpack)]
    struct Told {
        #[varpack(mmap)]
        of_33_axes: MmapArrayD<u8>,
        #[varpack(mmap)]
        of_32_axes: MmapArrayD<u8>,
    }

    let (_parent, folder) = folder();
    let told = Told { of_33_axes: array(33).into(), of_32_axes: array(32).into() };
    told.save(&folder).unwrap();
    assert_eq!((warnings_of("`of_33_axes` has 33 axes"), warnings_of("of_32_axes")), (1, 0));
    told.save(&folder).unwrap();
    assert_eq!(warnings_of("`of_33_axes`"), 1, "it was not written again");
    pickle::to_vec(&MmapArrayD::from(array(40))).unwrap();
    assert_eq!(warnings_of("an array in a pickle has 40 axes"), 1);
}

#[test]
fn dtypes_that_no_header_can_hold_are_refused_before_they_are_saved() {
    use varpack::npy::{ByteOrder, Field, Record, TimeUnit, Unit};

    let order = ByteOrder::Little;
    let mut nested = Dtype::parse("|u1").unwrap();
    for _ in 0..33 {
        nested = Dtype::Record(Record::of::<u8>(vec![Field::new("inner", nested, 0)]));
    }
    let twice = vec![Field::of::<u8>("x", 0), Field::of::<u8>("x", 1)];
    for dtype in [
        Dtype::Int { size: 3, order },
        Dtype::Float { size: 1, order },
        Dtype::Complex { size: 4, order },
        Dtype::Datetime { unit: TimeUnit { count: 0, base: Unit::Second }, order },
        Dtype::Timedelta { unit: TimeUnit { count: u32::MAX, base: Unit::Second }, order },
        Dtype::Text { len: usize::MAX, order },
        Dtype::Void { len: 1 << 31 },
        Dtype::Record(Record::of::<u16>(twice)),
        nested,
    ] {
        let header = Header { dtype: dtype.clone(), fortran_order: false, shape: vec![0] };
        assert!(pickle::to_vec(&Value::Dtype(dtype.clone().into())).is_err());
        for result in [header.encode().map(drop), AnyArray::from_bytes(header, []).map(drop)] {
            let kind = result.map_err(|error| error.kind());
            assert!(
                matches!(kind, Err(ErrorKind::Dtype | ErrorKind::Limit)),
                "{dtype:?}: {kind:?}"
            );
        }
    }
    let objects = Header { dtype: Dtype::Object, fortran_order: false, shape: vec![1] };
    let error = AnyArray::from_bytes(objects, [0; 8]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype, "they would be taken for a pickle");
}
