//! `datetime64` and `timedelta64` in pickles: times of their unit, never numbers.

use ndarray::arr0;
use serde::Deserialize;
use std::fs;
use varpack::npy::resolution::{Days, Nanoseconds, Seconds};
use varpack::npy::{Datetime64, Timedelta64};
use varpack::pickle::{Value, from_slice, to_vec};
use varpack::{MmapArray1, MmapArrayD};
use varpack_tests::cases::Cases;
use varpack_tests::python::Python;

#[test]
fn times_are_no_numbers() {
    let mut cases = Cases::default();
    let day = "np.datetime64('2024-01-01')";
    let nanoseconds = "np.datetime64('2024-01-01', 'ns')";
    cases.refuses::<i64>(day, "expected i64, found datetime64[D]");
    cases.refuses::<i64>(nanoseconds, "expected i64, found datetime64[ns]");
    cases.refuses::<f64>("np.timedelta64(5, 's')", "expected f64, found timedelta64[s]");
    cases.refuses::<Option<i64>>(day, "found datetime64[D]");
    cases.refuses::<Vec<i64>>(
        "np.array(['2024-01-01'], dtype='>M8[D]')",
        "variable `[0]`: expected i64, found datetime64[D]",
    );
    cases.refuses::<i64>("np.datetime64('NaT', 's')", "expected i64, found NaT of datetime64[s]");
    cases.refuses::<f64>("np.timedelta64('NaT')", "expected f64, found NaT of timedelta64");
    cases.refuses::<Vec<i64>>("np.array(['NaT'], dtype='M8[s]')", "found NaT of datetime64[s]");
    cases.run();
}

#[test]
fn numbers_are_no_times() {
    type Time = Datetime64<Nanoseconds>;
    let mut cases = Cases::default();
    cases.refuses::<Time>("5", "expected datetime64[ns], found int");
    cases.refuses::<Time>("np.int64(5)", "expected dtype datetime64[ns], found int64");
    cases.refuses::<Time>("np.array(5)", "expected dtype datetime64[ns], found int64");
    cases.refuses::<Time>("np.array('x')", "expected dtype datetime64[ns], found");
    for numbers in [
        "[5]",
        "np.array([5])",
        "np.array([-5], '>i2')",
        "np.array([5], 'u1')",
        "np.array([5], object)",
    ] {
        let expected = "variable `[0]`: expected datetime64[ns], found int";
        cases.refuses::<Vec<Time>>(numbers, expected);
        cases.refuses::<Vec<Option<Time>>>(numbers, expected);
        cases.refuses::<[Time; 1]>(numbers, expected);
    }
    for bytes in ["b'a'", "bytearray(b'a')"] {
        cases.refuses::<Vec<Time>>(bytes, "expected datetime64[ns], found int");
        cases.refuses::<Vec<Option<Time>>>(bytes, "expected datetime64[ns], found int");
        cases.reads::<Vec<u8>>(bytes, &vec![b'a']);
        cases.reads::<Vec<Option<u8>>>(bytes, &vec![Some(b'a')]);
    }
    cases.refuses::<Vec<Timedelta64<Days>>>("np.arange(3)", "expected timedelta64[D], found int");
    cases.refuses::<MmapArray1<Time>>("np.arange(3)", "datetime64[ns]");
    cases.refuses::<Vec<Vec<Time>>>("np.ones((1, 1), int)", "expected datetime64[ns], found int");
    // Whatever is there is a `Value`.
    cases.reads::<Vec<Value>>("np.array([5, 6])", &vec![Value::Int(5), Value::Int(6)]);
    cases.reads::<Vec<Value>>(
        "np.array([[5, 6]])",
        &vec![Value::list(vec![Value::Int(5), Value::Int(6)])],
    );
    cases.reads::<Vec<Value>>("np.array([.5])", &vec![Value::Float(0.5)]);
    cases.reads::<Vec<Value>>("np.array(['x'])", &vec!["x".into()]);
    cases.run();
}

#[test]
fn not_a_time_is_none_to_an_option() {
    let mut cases = Cases::default();
    cases.reads("np.datetime64('NaT')", &None::<f64>);
    cases.reads("np.timedelta64('NaT', 's')", &None::<i64>);
    cases.reads("np.array(['NaT', 'NaT'], dtype='M8[D]')", &vec![None::<i64>, None]);
    cases.reads("np.array('NaT', dtype='>M8[ns]')", &None::<Datetime64<Nanoseconds>>);
    cases.reads("np.array('NaT', dtype='M8[ns]').view(Sub)", &None::<i64>);
    cases.reads("np.array(np.timedelta64('NaT'), dtype=object)", &None::<i64>);
    cases.reads("np.array('2024-01-01', dtype='M8[D]')", &Some(Datetime64::<Days>::new(19_723)));
    // The least integer is a number all the same.
    cases.reads("np.int64(-2**63)", &Some(i64::MIN));
    cases.reads("np.array(-2**63)", &Some(i64::MIN));
    cases.run();
}

#[test]
fn times_with_their_unit_are_elements() {
    let mut cases = Cases::default();
    let (day, next) = (Datetime64::<Days>::new(19_723), Datetime64::NAT);
    cases.reads(
        "np.array(['2024-01-01', 'NaT'], dtype='M8[D]')",
        &MmapArray1::from(vec![day, next]),
    );
    cases.reads("np.datetime64('2024-01-01')", &MmapArrayD::from(arr0(day).into_dyn()));
    cases.refuses::<MmapArrayD<Datetime64<Nanoseconds>>>(
        "np.datetime64('2024-01-01')",
        "expected dtype datetime64[ns], found datetime64[D]",
    );
    cases.check(
        "[np.datetime64('2024-01-01'), np.array(['2024-01-01'], 'M8[D]')]",
        |name, bytes| {
            let values: Vec<Value> = from_slice(bytes).unwrap();
            assert_eq!(values[0].kind_name(), "numpy scalar", "{name}");
            assert_eq!(
                from_slice::<(Value, Vec<Value>)>(bytes).unwrap().1,
                [values[0].clone()],
                "{name}"
            );
        },
    );
    // A field that nobody asks for is in nobody's way.
    #[derive(Debug, PartialEq, Clone, Deserialize)]
    struct Sparse {
        n: u8,
    }
    cases.reads(
        "np.array([(7, 'NaT')], dtype=[('n', 'u1'), ('t', 'M8[s]')])",
        &vec![Sparse { n: 7 }],
    );
    cases.run();
}

#[test]
fn times_are_read_as_times_of_their_unit() {
    let mut cases = Cases::default();
    let day = Datetime64::<Days>::new(19_723);
    cases.reads("np.datetime64('2024-01-01')", &day);
    cases.reads("np.array('2024-01-01', dtype='>M8[D]')", &day);
    cases.reads("np.timedelta64(5, 's')", &Timedelta64::<Seconds>::new(5));
    cases.reads("np.array(['2024-01-01', 'NaT'], dtype='>M8[D]')", &vec![day, Datetime64::NAT]);
    cases.reads("np.datetime64('NaT', 'D')", &None::<Datetime64<Days>>);
    cases.refuses::<Datetime64<Nanoseconds>>(
        "np.datetime64('2024-01-01')",
        "expected dtype datetime64[ns], found datetime64[D]",
    );
    cases.refuses::<Timedelta64<Days>>("np.datetime64('2024-01-01')", "found datetime64[D]");
    // The unit of an int is not known.
    cases.refuses::<Datetime64<Days>>("5", "expected datetime64[D], found int");
    #[derive(Debug, PartialEq, Clone, Deserialize)]
    struct Flat {
        when: Datetime64<Days>,
    }
    #[derive(Debug, PartialEq, Clone, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        flat: Flat,
    }
    cases.reads("{'when': np.datetime64('2024-01-01')}", &Outer { flat: Flat { when: day } });
    cases.run();
}

#[test]
fn times_come_back_as_scalars_of_their_unit() {
    let times = (
        Datetime64::<Days>::new(19_723),
        Timedelta64::<Seconds>::new(-5),
        Datetime64::<Nanoseconds>::NAT,
    );
    let bytes = to_vec(&times).unwrap();
    assert_eq!(
        from_slice::<(Datetime64<Days>, Timedelta64<Seconds>, Datetime64<Nanoseconds>)>(&bytes)
            .unwrap(),
        times
    );
    let json = serde_json::to_string(&(times.0, times.1)).unwrap();
    assert_eq!(json, "[19723,-5]");
    assert_eq!(
        serde_json::from_str::<(Datetime64<Days>, Timedelta64<Seconds>)>(&json).unwrap(),
        (times.0, times.1),
    );
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("times.pickle");
        fs::write(&file, &bytes).unwrap();
        let script = "
import numpy as np, pickle, sys
day, seconds, nat = pickle.load(open(sys.argv[1], 'rb'))
assert type(day) is np.datetime64 and day == np.datetime64('2024-01-01') and day.dtype == 'M8[D]', day
assert seconds == np.timedelta64(-5, 's') and seconds.dtype == 'm8[s]', seconds
assert np.isnat(nat) and nat.dtype == 'M8[ns]', nat";
        python.run(script, [&file]);
    }
}
