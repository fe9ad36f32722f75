//! Headers, dtypes and byte orders against what NumPy 1.26 and 2.4 say
//! (`tests/python/make_npy_goldens.py`).

use std::fs;
use varpack::npy::{Dtype, Field, Header, Record};
use varpack::pickle::internal::dtype_flags;
use varpack::{AnyArray, ErrorKind, Mode};
use varpack_tests::folders::MODES;
use varpack_tests::npy_goldens::{Case, Goldens, goldens};

/// Calls `check` with every case and a name for it.
fn each_case(check: impl Fn(&str, &Case)) {
    for goldens in goldens() {
        assert!(goldens.cases.len() > 90);
        for (name, case) in &goldens.cases {
            check(&format!("{name} of NumPy {}", goldens.numpy), case);
        }
    }
}

#[test]
fn numpy_headers_are_read() {
    each_case(|name, case| {
        let header = case.header();
        assert_eq!(header.shape, case.shape, "{name}");
        assert_eq!(header.fortran_order, case.fortran_order, "{name}");
        assert_eq!(header.dtype.itemsize(), case.itemsize, "{name}");
        if let Some(data) = case.data() {
            assert_eq!(header.data_len().unwrap(), data.len(), "{name}");
        }
    });
}

#[test]
fn numpy_files_are_opened_by_themselves_and_written_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (path, again) = (folder.path().join("x.npy"), folder.path().join("again.npy"));
    each_case(|name, case| {
        let Some(data) = case.data() else { return };
        fs::write(&path, [case.header_bytes(), data.clone()].concat()).unwrap();
        if let Ok(array) = AnyArray::open(&path, Mode::ReadOnly) {
            array.save_npy(&again).unwrap();
            assert_eq!(fs::read(&again).unwrap(), fs::read(&path).unwrap(), "{name}");
        }
        for mode in MODES {
            match AnyArray::open(&path, mode) {
                Ok(array) => {
                    assert_eq!(
                        (array.header(), array.as_bytes()),
                        (&case.header(), &*data),
                        "{name}"
                    );
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Dtype, "{name}: {error}");
                    assert!(case.header().dtype.has_objects(), "{name}: {error}");
                }
            }
        }
    });
}

#[test]
fn encoded_headers_are_numpys_byte_for_byte() {
    each_case(|name, case| {
        let encoded = case.header().encode().unwrap();
        let text: String = encoded.iter().map(|&byte| char::from(byte)).collect();
        let expected: String = case.header_bytes().into_iter().map(char::from).collect();
        assert_eq!(text, expected, "{name}");
        assert_eq!(
            Header::encoded_len(&encoded[..Header::PREFIX]).unwrap(),
            encoded.len(),
            "{name}"
        );
        assert_eq!(encoded.len() % 64, 0, "{name}");
    });
}

#[test]
fn all_three_versions_of_the_format_are_among_the_goldens() {
    let versions = |goldens: &Goldens| {
        let mut versions: Vec<u8> = goldens.cases.values().map(|c| c.header_bytes()[6]).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    };
    for goldens in goldens() {
        assert_eq!(versions(goldens), [1, 2, 3]);
    }
}

/// Which of two byte orders a name leaves out is the machine's that NumPy ran on.
#[test]
#[cfg(target_endian = "little")]
fn dtypes_have_numpys_names() {
    each_case(|name, case| {
        if let Some(expected) = &case.str {
            assert_eq!(&case.header().dtype.name(), expected, "{name}");
        }
    });
}

#[test]
fn dtypes_have_what_numpys_pickle_says_of_them() {
    each_case(|name, case| {
        let dtype = case.header().dtype;
        assert_eq!(dtype.typestr(), (case.typestr.clone(), case.order), "{name}");
        assert_eq!(dtype.alignment(), case.alignment, "{name}");
        assert_eq!(dtype_flags(&dtype), case.flags, "{name}");
    });
}

#[test]
#[cfg(target_endian = "little")]
fn swapping_bytes_gives_what_numpy_gives() {
    each_case(|name, case| {
        let (Some(data), Some(expected)) = (case.data(), case.little_endian()) else { return };
        let dtype = case.header().dtype;
        let mut bytes = data.clone();
        dtype.swap_bytes(&mut bytes);
        assert_eq!(bytes, expected, "{name}");
        assert_eq!(dtype.is_native(), data == expected || bytes_do_not_tell(&dtype), "{name}");

        let native = dtype.to_native();
        assert!(native.is_native() && native.is_equivalent(&dtype), "{name}");
        native.swap_bytes(&mut bytes);
        assert_eq!(bytes, expected, "{name}: a native dtype swaps nothing");
    });
}

/// Whether elements are the same in both orders, being of no bytes.
#[cfg(target_endian = "little")]
fn bytes_do_not_tell(dtype: &Dtype) -> bool {
    dtype.itemsize() == 0
}

#[test]
fn type_strings_mean_what_numpy_makes_of_them() {
    for goldens in goldens() {
        for (typestr, descr, name) in &goldens.typestrs {
            match (Dtype::parse(typestr), descr, name) {
                (Ok(dtype), Some(descr), Some(name)) => {
                    // NumPy wrote what it makes of a machine's own order on one of the little-endian order.
                    let says_order = typestr.starts_with(['<', '>']);
                    let descr = match cfg!(target_endian = "little") || says_order {
                        true => descr.clone(),
                        false => descr.replace('<', ">"),
                    };
                    assert_eq!(dtype.descr(), format!("'{descr}'"), "{typestr:?}");
                    if cfg!(target_endian = "little") {
                        assert_eq!(&dtype.name(), name, "{typestr:?}");
                    }
                }
                (Err(error), None, None) => {
                    assert!(error.expected().is_some(), "{typestr:?}: {error}");
                }
                // NumPy keeps its one-letter names too; no file has them.
                (Err(_), Some(_), _) if typestr == "f" => {}
                (parsed, expected, _) => {
                    panic!("{typestr:?}: NumPy says {expected:?}, parsed as {parsed:?}")
                }
            }
        }
    }
}

#[test]
fn records_made_with_align_true_are_described_as_numpy_does() {
    for goldens in goldens() {
        for golden in &goldens.align_true {
            let fields = golden.fields.iter().map(|(name, descr, offset)| {
                Field::new(name, Dtype::parse(descr).unwrap(), *offset)
            });
            let record = Record::new(fields.collect(), golden.itemsize, true).unwrap();
            let dtype = Dtype::Record(record);
            assert_eq!(dtype.name(), golden.str);
            assert_eq!(dtype.alignment(), golden.alignment);
            assert_eq!(dtype_flags(&dtype), golden.flags, "{dtype}");

            let field = Field::new("inner", dtype, 0);
            let outer = Dtype::Record(Record::new(vec![field], golden.itemsize, false).unwrap());
            assert_eq!(outer.name(), golden.str_nested);
            assert_eq!(outer.alignment(), 1);
        }
    }
}
