//! `.npy` headers that no NumPy wrote: each is refused with one clear error.

use std::time::{Duration, Instant};
use varpack::ErrorKind;
use varpack::npy::{Dtype, Header};
use varpack_tests::npy_files::{file, parse, refused, with_descr, with_shape};

mod prefix {
    use super::*;

    #[test]
    fn bad_magic_is_refused_with_what_was_found() {
        let error = Header::encoded_len(b"QK\x03\x04\x14\0\0\0\0\0\0\0").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Npy);
        assert_eq!(
            error.to_string(),
            r#"not a .npy file: expected "\x93NUMPY" at its start, found "QK\x03\x04\x14\x00""#
        );
    }

    #[test]
    fn unknown_versions_are_refused() {
        for version in [[0, 0], [1, 1], [4, 0], [255, 255]] {
            let mut bytes = file(1, b"{}");
            bytes[6..8].copy_from_slice(&version);
            let error = Header::encoded_len(&bytes).unwrap_err();
            let found = format!("{}.{}", version[0], version[1]);
            assert_eq!(error.found(), Some(found.as_str()));
        }
    }

    #[test]
    fn a_file_that_ends_anywhere_in_its_header_is_refused() {
        for version in [1, 2, 3] {
            let whole = file(version, with_shape("(3,)").as_bytes());
            Header::parse(&whole).unwrap();
            for len in 0..whole.len() {
                let error = Header::parse(&whole[..len]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Npy, "{len} bytes");
                assert!(error.found() == Some(&len.to_string()) || len < 6, "{len}: {error}");
            }
        }
    }

    #[test]
    fn a_header_longer_than_the_file_is_refused() {
        let mut bytes = file(1, with_shape("(3,)").as_bytes());
        bytes[8..10].copy_from_slice(&u16::MAX.to_le_bytes());
        assert_eq!(Header::encoded_len(&bytes).unwrap(), 10 + 65535);
        let error = Header::parse(&bytes).unwrap_err();
        assert_eq!(error.expected(), Some("65545 bytes"));
    }

    #[test]
    fn an_absurd_header_length_is_refused_before_anything_is_allocated() {
        for len in [u32::MAX, 1 << 31, 1 << 21] {
            let mut bytes = file(2, b"{}");
            bytes[8..12].copy_from_slice(&len.to_le_bytes());
            let error = Header::encoded_len(&bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit);
            assert_eq!(error.expected(), Some("at most 1048576 bytes"));
            assert_eq!(error.found(), Some(len.to_string().as_str()));
        }
    }

    #[test]
    fn version_3_has_to_be_utf_8() {
        let text = with_descr("[('\u{e9}', '<f8')]");
        assert!(Header::parse(&file(3, text.as_bytes())).is_ok());
        let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
        assert!(Header::parse(&file(2, &latin1)).is_ok());
        let error = Header::parse(&file(3, &latin1)).unwrap_err();
        assert!(error.to_string().starts_with("header is not UTF-8"), "{error}");
    }
}

mod dictionary {
    use super::*;

    #[test]
    fn a_header_that_is_no_dictionary_is_refused() {
        for text in ["[]", "('descr', '<f8')", "3", "'text'", "None", "({},)"] {
            let error = refused(text);
            assert_eq!(error.expected(), Some("a dictionary"), "{text}: {error}");
        }
    }

    #[test]
    fn an_empty_header_is_refused() {
        for text in ["", "   \n", "# nothing"] {
            assert_eq!(refused(text).found(), Some("the end of the header"));
        }
    }

    #[test]
    fn a_missing_key_is_named() {
        for (key, rest) in [
            ("descr", "{'fortran_order': False, 'shape': ()}"),
            ("fortran_order", "{'descr': '<f8', 'shape': ()}"),
            ("shape", "{'descr': '<f8', 'fortran_order': False}"),
        ] {
            assert_eq!(refused(rest).expected(), Some(format!("a key `{key}`").as_str()));
        }
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error =
            refused("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'allow_pickle': True}");
        assert_eq!(error.found(), Some("'allow_pickle'"));
        assert_eq!(refused("{3: 4}").found(), Some("3"));
        assert_eq!(refused("{('descr',): 4}").found(), Some("('descr',)"));
    }

    #[test]
    fn a_repeated_key_is_refused() {
        let error =
            refused("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'descr': '<f4'}");
        assert_eq!(error.found(), Some("'descr' twice"));
    }

    #[test]
    fn an_order_that_is_no_bool_is_refused() {
        for order in ["0", "1", "'C'", "None", "(False,)"] {
            let text = format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': ()}}");
            assert_eq!(refused(&text).found(), Some(order));
        }
    }

    #[test]
    fn keys_come_in_any_order_and_white_space() {
        let header =
            parse("\n { 'shape'\t: (2 ,\r\n 3,) ,'descr':\"<f8\" , u'fortran_order' :True} # c\n")
                .unwrap();
        assert_eq!(header.shape, [2, 3]);
        assert!(header.fortran_order);
    }
}

mod literals {
    use super::*;

    #[test]
    fn expressions_are_refused() {
        for shape in [
            "(1 + 2,)",
            "(2*3,)",
            "(1 if True else 2,)",
            "(~1,)",
            "(- 1,)",
            "(not 1,)",
            "(x,)",
            "(3).real",
            "(1,)[0]",
            "[n for n in (1,)]",
            "{1, 2}",
            "{**{}}",
            "(*(1,),)",
            "...",
            "lambda: 0",
            "(1j,)",
            "0x10",
            "0b1",
            "1_000",
            "(01,)",
            "1e3",
            "`1`",
            "(,)",
            "(1,,2)",
        ] {
            let error = refused(&with_shape(shape));
            assert_eq!(error.kind(), ErrorKind::Npy, "{shape}: {error}");
        }
    }

    #[test]
    fn a_call_is_refused() {
        let error = refused(&with_shape("__import__('os').system('true')"));
        assert_eq!(error.expected(), Some("a Python literal"));
        assert!(error.found().unwrap().starts_with("\"__import__('os')"), "{error}");
    }

    #[test]
    fn strings_other_than_plain_ones_are_refused() {
        for descr in ["b'<f8'", "f'<f8'", "r'<f8'", "'<f8' '<f8'", "'<f8", "\"<f8'", "'<f\n8'"] {
            refused(&with_descr(descr));
        }
    }

    #[test]
    fn bad_escapes_are_refused() {
        for descr in [r"'\x4'", r"'\xzz'", r"'\u12'", r"'\ud800'", r"'\U00110000'", r"'\N{DASH}'"] {
            refused(&with_descr(descr));
        }
    }

    #[test]
    fn escapes_are_read_as_python_reads_them() {
        let name = r#"\x41\u00e9\U0001f409\101\0\'\"\\\n\r\t\a\b\f\v\q\
"#;
        let header = parse(&with_descr(&format!("[('{name}', '<f8')]"))).unwrap();
        let Dtype::Record(record) = header.dtype else { panic!("no record") };
        assert_eq!(record.fields[0].name, "A\u{e9}\u{1f409}A\0'\"\\\n\r\t\x07\x08\x0c\x0b\\q");
    }

    #[test]
    fn what_follows_the_dictionary_is_refused() {
        for rest in ["{}", "1", ";", ", ", "\0"] {
            let error = refused(&format!("{}{rest}", with_shape("()")));
            assert!(error.found().is_some(), "{error}");
        }
    }

    #[test]
    fn a_nested_bomb_is_refused_without_deep_recursion() {
        for open in ["(", "[", "{1:", "[(", "{'descr': [('a', "] {
            let text = open.repeat(1_000_000 / open.len());
            let error = refused(&text);
            assert_eq!(error.kind(), ErrorKind::Limit, "{open}");
        }
    }

    #[test]
    fn a_wide_bomb_is_refused_in_time() {
        let start = Instant::now();
        refused(&with_shape(&format!("({})", "1,".repeat(500_000))));
        refused(&with_descr(&format!("[{}]", "[],".repeat(300_000))));
        refused(&with_descr(&format!("'{}'", "x".repeat(1_000_000))));
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn the_long_suffix_of_python_2_is_read_up_to_version_2() {
        let text = with_shape("(3L, 10L)");
        for version in [1, 2] {
            let header = Header::parse(&file(version, text.as_bytes())).unwrap();
            assert_eq!(header.shape, [3, 10]);
        }
        assert!(Header::parse(&file(3, text.as_bytes())).is_err());
    }
}

mod shape {
    use super::*;

    #[test]
    fn a_negative_length_is_refused() {
        let error = refused(&with_shape("(3, -1)"));
        assert_eq!(error.kind(), ErrorKind::Shape);
        assert_eq!(error.to_string(), "malformed shape: expected a length of 0 or more, found -1");
    }

    #[test]
    fn a_length_that_is_no_integer_is_refused() {
        for len in ["1.0", "'3'", "None", "True", "(3,)", "3.", "1e3"] {
            refused(&with_shape(&format!("({len},)")));
        }
    }

    #[test]
    fn a_shape_that_is_no_tuple_is_refused() {
        for shape in ["3", "(3)", "[3]", "'(3,)'", "{3: 3}", "None"] {
            assert_eq!(refused(&with_shape(shape)).expected(), Some("a tuple of integers"));
        }
    }

    #[test]
    fn a_length_over_a_machine_word_is_refused() {
        for len in ["18446744073709551616", &"9".repeat(5000)] {
            let error = refused(&with_shape(&format!("({len},)")));
            assert_eq!(error.expected(), Some("a length that fits in memory"));
        }
    }

    #[test]
    fn a_product_over_isize_max_is_refused() {
        for shape in [
            "(9223372036854775808,)",
            "(4294967296, 4294967296)",
            "(1152921504606846976,)",
            "(4294967296, 4294967296, 0)",
            "(0, 18446744073709551615, 2)",
        ] {
            let error = refused(&with_shape(shape));
            assert_eq!(error.kind(), ErrorKind::Shape);
            // An axis alone may be more than a 32-bit machine can address.
            if cfg!(target_pointer_width = "64") {
                assert_eq!(error.found(), Some(format!("shape {shape}").as_str()));
            }
        }
        let text = with_descr("'|V0'").replace("(1,)", "(4294967296, 4294967296)");
        assert_eq!(refused(&text).kind(), ErrorKind::Shape);
    }

    #[test]
    fn more_than_64_axes_are_refused() {
        assert!(parse(&with_shape(&format!("({})", "1,".repeat(64)))).is_ok());
        let error = refused(&with_shape(&format!("({})", "1,".repeat(65))));
        assert_eq!(error.to_string(), "too many axes: expected at most 64, found 65");
    }
}
