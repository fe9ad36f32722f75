//! Arrays as plain data, against the files that NumPy 1.26 and 2.4 wrote.

use num_complex::Complex;
use varpack::npy::{Bool8, Dtype, Header, NpyArray};
use varpack::{AnyArray, ErrorKind};
use varpack_tests::npy_goldens::goldens;

fn header(descr: &str, shape: &[usize]) -> Header {
    Header { dtype: Dtype::parse(descr).unwrap(), fortran_order: false, shape: shape.to_vec() }
}

#[test]
fn whole_files_of_numpy_are_read_and_written_byte_for_byte() {
    let mut read = 0;
    for goldens in goldens() {
        for (name, case) in &goldens.cases {
            let Some(data) = case.data() else { continue };
            let file = [case.header_bytes(), data].concat();
            let array = match NpyArray::from_npy(&file) {
                Err(error) if case.header().dtype.has_objects() => {
                    assert_eq!(error.kind(), ErrorKind::Dtype, "{name}");
                    continue;
                }
                array => array.unwrap(),
            };
            assert_eq!(array.shape(), case.shape, "{name}");
            assert!(array.to_npy().unwrap() == file, "{name}");
            let any = AnyArray::from(array.clone());
            assert_eq!(any.as_bytes(), array.as_bytes(), "{name}");
            assert!(NpyArray::try_from(&any).unwrap() == array, "{name}");
            read += 1;
        }
    }
    assert!(read > 100, "{read}");
}

#[test]
fn elements_are_seen_as_their_type_alone() {
    let array = NpyArray::from_bytes(header("<i4", &[2]), 7_i64.to_le_bytes()).unwrap();
    #[cfg(target_endian = "little")]
    assert_eq!(array.as_slice::<i32>().unwrap(), [7, 0]);
    for error in [array.as_slice::<f32>().unwrap_err(), array.as_slice::<i64>().unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Dtype);
    }
    let empty = NpyArray::from_bytes(header("=f8", &[0, 3]), []).unwrap();
    assert!(empty.as_slice::<f64>().unwrap().is_empty());
}

#[test]
fn elements_of_the_other_byte_order_are_refused() {
    let descr = if cfg!(target_endian = "little") { ">u2" } else { "<u2" };
    let array = NpyArray::from_bytes(header(descr, &[1]), [0, 1]).unwrap();
    let error = array.as_slice::<u16>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype);
    assert!(error.to_string().contains("expected dtype uint16"), "{error}");
}

#[test]
fn bytes_that_are_no_bool_are_refused_as_such() {
    let array = NpyArray::from_bytes(header("|b1", &[3]), [0, 1, 2]).unwrap();
    assert_eq!(array.as_slice::<bool>().unwrap_err().kind(), ErrorKind::Npy);
    assert_eq!(array.as_slice::<Bool8>().unwrap().len(), 3);
    let array = NpyArray::from_bytes(header("|b1", &[2]), [0, 1]).unwrap();
    assert_eq!(array.as_slice::<bool>().unwrap(), [false, true]);
}

#[test]
fn objects_and_other_numbers_of_bytes_are_refused() {
    let error = NpyArray::from_bytes(header("|O", &[1]), [0; 8]).unwrap_err();
    assert_eq!(error.to_string(), "expected elements of plain data, found Python objects");
    let error = NpyArray::from_bytes(header("|u1", &[usize::MAX]), []).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    let file = NpyArray::from_bytes(header("|u1", &[2]), [1, 2]).unwrap().to_npy().unwrap();
    for cut in 0..file.len() {
        assert!(NpyArray::from_npy(&file[..cut]).is_err(), "{cut}");
    }
    let longer = [file, vec![3]].concat();
    let error = NpyArray::from_npy(&longer).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 bytes of data, found 3");
}

#[test]
fn elements_are_aligned_for_every_type() {
    for len in 0..40 {
        let array = NpyArray::from_bytes(header("|u1", &[len]), vec![7; len]).unwrap();
        assert!(array.as_bytes().as_ptr().addr().is_multiple_of(16));
        assert_eq!(array.as_bytes(), vec![7; len]);
    }
}

#[test]
fn array_of_another_format_comes_back() {
    let array = NpyArray::from_bytes(header("<f8", &[2, 1]), [1; 16]).unwrap();
    let text = serde_json::to_string(&array).unwrap();
    assert!(serde_json::from_str::<NpyArray>(&text).unwrap() == array, "{text}");
    let pickle = varpack::pickle::to_vec(&array).unwrap();
    assert!(varpack::pickle::from_slice::<NpyArray>(&pickle).unwrap() == array);
    assert!(*varpack::pickle::to_value(&array).unwrap().as_array().unwrap() == array);
}

#[test]
fn nan_and_infinities_of_complex_arrays_are_words_in_json_as_real_ones_are() {
    let order = if cfg!(target_endian = "big") { '>' } else { '<' };
    let parts = [1.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let numbers: Vec<_> =
        parts.iter().flat_map(|&re| parts.map(|im| Complex::new(re, im))).collect();
    let double = NpyArray::from_elements(&[numbers.len()], &numbers).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "exact")]
    let singles: Vec<_> =
        numbers.iter().map(|number| Complex::new(number.re as f32, number.im as f32)).collect();
    let single = NpyArray::from_elements(&[singles.len()], &singles).unwrap();
    for array in [double, single] {
        let read: NpyArray = serde_json::from_str(&serde_json::to_string(&array).unwrap()).unwrap();
        assert_eq!(read.header(), array.header());
        // A NaN has more than one form; all else is the same bit for bit.
        let text = |array: &NpyArray| serde_json::to_string(array).unwrap();
        assert_eq!(text(&read), text(&array));
    }
    let two = [Complex::new(1.0_f32, f32::NAN), Complex::new(f32::INFINITY, f32::NEG_INFINITY)];
    let json = serde_json::to_string(&NpyArray::from_elements(&[2], &two).unwrap()).unwrap();
    let values = r#""values":[[1.0,"nan"],["inf","-inf"]]"#;
    assert_eq!(
        json,
        format!(r#"{{"dtype":"'{order}c8'","fortran_order":false,"shape":[2],{values}}}"#)
    );
}

/// The fields of an array in JSON.
const FIELDS: [&str; 4] = [
    r#""dtype":"'<f8'""#,
    r#""fortran_order":true"#,
    r#""shape":[2,3]"#,
    r#""values":[1,2.5,3,"nan","-inf",6]"#,
];

fn read(fields: &[&str]) -> Result<NpyArray, String> {
    let text = format!("{{{}}}", fields.join(","));
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

#[test]
fn keys_of_an_array_in_json_may_come_in_any_order() {
    let expected = read(&FIELDS).unwrap();
    assert!(expected.header().fortran_order && expected.shape() == [2, 3]);
    for a in 0..4 {
        for b in (0..4).filter(|&b| b != a) {
            for c in (0..4).filter(|&c| c != a && c != b) {
                let fields = [a, b, c, 6 - a - b - c].map(|field| FIELDS[field]);
                let found = read(&fields).unwrap();
                assert_eq!(found.header(), expected.header(), "{fields:?}");
                assert_eq!(found.as_bytes(), expected.as_bytes(), "{fields:?}");
            }
        }
    }
    for (dtype, values) in [
        ("'<c16'", r#"[[1,"nan"],["inf",-2.5]]"#),
        ("'|b1'", "[true,false]"),
        ("'<i2'", "[-5,32767]"),
        ("'<u8'", "[0,18446744073709551615]"),
        ("'|S2'", "[97,98,99,0]"),
        ("'<M8[s]'", "[5,-9223372036854775808]"),
    ] {
        let [dtype, values] = [format!(r#""dtype":"{dtype}""#), format!(r#""values":{values}"#)];
        let last = read(&[&dtype, r#""shape":[2]"#, &values]).unwrap();
        let first = read(&[&values, &dtype, r#""shape":[2]"#]).unwrap();
        assert_eq!((first.header(), first.as_bytes()), (last.header(), last.as_bytes()));
    }
}

#[test]
fn keys_of_an_array_in_json_that_are_unknown_repeated_or_missing_are_refused() {
    for place in 0..=4 {
        let mut fields = FIELDS.to_vec();
        fields.insert(place, r#""bogus":1"#);
        assert!(read(&fields).unwrap_err().starts_with("unknown field `bogus`"), "{fields:?}");
    }
    for (field, name) in FIELDS.iter().zip(["dtype", "fortran_order", "shape", "values"]) {
        for place in 0..=4 {
            let mut fields = FIELDS.to_vec();
            fields.insert(place, field);
            let error = read(&fields).unwrap_err();
            assert!(error.starts_with(&format!("duplicate field `{name}`")), "{error}");
        }
        let rest: Vec<_> = FIELDS.into_iter().filter(|other| other != field).collect();
        match name {
            "fortran_order" => assert!(!read(&rest).unwrap().header().fortran_order),
            _ => assert!(read(&rest).unwrap_err().starts_with(&format!("missing field `{name}`"))),
        }
    }
}

#[test]
fn values_of_an_array_in_json_are_checked_wherever_they_stand() {
    for values in [
        "[1,2,3,4,5]",
        "[1,2,3,4,5,6,7]",
        "[1,2,3,4,5,\"six\"]",
        "[1,2,3,4,5,true]",
        "[1,2,3,4,5,[6]]",
        "[[1,2,3],[4,5,6]]",
        "null",
        "7",
        "{}",
    ] {
        let values = format!(r#""values":{values}"#);
        assert!(read(&[FIELDS[0], FIELDS[2], &values]).is_err(), "{values}");
        assert!(read(&[&values, FIELDS[0], FIELDS[2]]).is_err(), "{values}");
    }
    let complex = |values: &str| {
        let values = format!(r#""values":{values}"#);
        let dtype = r#""dtype":"'<c8'""#;
        let found =
            [read(&[dtype, r#""shape":[1]"#, &values]), read(&[&values, dtype, r#""shape":[1]"#])];
        assert!(found.iter().all(Result::is_err), "{values}: {found:?}");
    };
    ["[[1]]", "[[1,2,3]]", "[1]", "[[1,\"two\"]]", "[[1,null]]"].into_iter().for_each(complex);
}
