//! Headers and dtypes under inputs made at random: round trips, and no panic on damaged files.

use proptest::prelude::*;
use std::sync::LazyLock;
use varpack::npy::{Dtype, Field, Header, Record};
use varpack::pickle::internal::dtype_flags;
use varpack_tests::npy_files::file;
use varpack_tests::npy_goldens::{Case, goldens};

/// Headers of real files, the long one left out.
static HEADERS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let headers = goldens()[1].cases.values().map(Case::header_bytes);
    headers.filter(|header| header.len() < 4096).collect()
});

fn scalar() -> impl Strategy<Value = Dtype> {
    let kinds = prop::sample::select(vec![
        "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16",
        "c32", "S0", "S1", "S300", "U0", "U1", "U70", "V1", "V16", "M8", "M8[ns]", "M8[25s]", "m8",
        "m8[Y]", "m8[7D]", "O",
    ]);
    (prop::sample::select(vec!['<', '>']), kinds)
        .prop_map(|(order, kind)| Dtype::parse(&format!("{order}{kind}")).unwrap())
}

fn dtype() -> impl Strategy<Value = Dtype> {
    scalar().prop_recursive(4, 24, 5, |inner| {
        let field = (
            any::<String>(),
            prop::option::weighted(0.2, any::<String>()),
            inner,
            prop::collection::vec(0..4_usize, 0..3),
            0..9_usize,
        );
        (prop::collection::vec(field, 0..5), 0..9_usize).prop_map(|(fields, tail)| {
            let mut offset = 0;
            let fields = fields.into_iter().enumerate();
            let fields: Vec<Field> = fields
                .map(|(index, (name, title, dtype, shape, padding))| {
                    let mut field = Field::new(format!("{name}{index}"), dtype, offset + padding)
                        .with_shape(shape);
                    field.title = title.map(|title| format!("{title} of {index}"));
                    offset = field.offset + field.itemsize();
                    field
                })
                .collect();
            Dtype::Record(Record::new(fields, offset + tail, false).unwrap())
        })
    })
}

/// One change to a file.
#[derive(Clone, Debug)]
enum Edit {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, String),
    Delete(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let token = prop::sample::select(vec![
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        ",",
        ":",
        "-",
        "L",
        "\\",
        "\\x",
        "\\u",
        "0",
        "9",
        "1e9",
        "True",
        "None",
        "<f8",
        ">U2",
        "|O",
        "M8[",
        "#",
        "\n",
        " ",
        "''",
        "'a'",
        "99999999999",
        "('', '|V3')",
        "('a', '<f8', (2,))",
        "u",
        "\0",
        "\u{e9}",
        "\u{1f409}",
    ]);
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (at(), token).prop_map(|(at, token)| Edit::Insert(at, token.to_owned())),
        (at(), 1..20_usize).prop_map(|(at, len)| Edit::Delete(at, len)),
        (at(), 1..40_usize).prop_map(|(at, len)| Edit::Repeat(at, len)),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    if bytes.is_empty() {
        return;
    }
    match edit {
        Edit::Replace(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Edit::Insert(at, token) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, token.bytes());
        }
        Edit::Delete(at, len) => {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + len).min(bytes.len()));
        }
        Edit::Repeat(at, len) => {
            let at = at.index(bytes.len());
            let piece = bytes[at..(at + len).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

/// Everything that can be asked about a header; what was accepted is written and read back.
fn examine(bytes: &[u8]) {
    if let Ok(len) = Header::encoded_len(bytes) {
        assert!(len <= Header::MAX_LEN);
    }
    let Ok(header) = Header::parse(bytes) else { return };
    let dtype = &header.dtype;
    let _ = (dtype.name(), dtype.alignment(), dtype.typestr(), dtype_flags(dtype));
    assert!(header.element_count().is_ok() && header.data_len().is_ok());
    let mut elements = vec![0x5a; dtype.itemsize().min(1 << 16)];
    dtype.swap_bytes(&mut elements);
    let encoded = header.encode().expect("a header that was read can be written");
    assert_eq!(Header::parse(&encoded).expect("and read again"), header);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_header_is_read_as_it_was_written(
        dtype in dtype(),
        fortran_order: bool,
        shape in prop::collection::vec(0..20_usize, 0..8),
    ) {
        let header = Header { dtype, fortran_order, shape };
        // More than this machine has addresses for is refused.
        prop_assume!(header.data_len().is_ok());
        let encoded = header.encode().unwrap();
        prop_assert_eq!(encoded.len() % 64, 0);
        prop_assert_eq!(Header::encoded_len(&encoded[..Header::PREFIX]).unwrap(), encoded.len());
        prop_assert_eq!(Header::parse(&encoded).unwrap(), header);
    }

    #[test]
    fn the_first_axis_can_grow_without_moving_the_data(
        short in 0..10_usize,
        long in 0..=isize::MAX.unsigned_abs(),
        fortran_order: bool,
    ) {
        let header = |len| {
            let shape = if fortran_order { vec![1, len] } else { vec![len, 1] };
            Header { dtype: Dtype::parse("|i1").unwrap(), fortran_order, shape }
        };
        prop_assert_eq!(
            header(short).encode().unwrap().len(),
            header(long).encode().unwrap().len()
        );
    }

    #[test]
    fn swapping_twice_gives_the_same_bytes(dtype in dtype(), seed: u8) {
        let swapped = dtype.to_native();
        prop_assert!(swapped.is_native() && swapped.is_equivalent(&dtype));
        let len = dtype.itemsize().min(1 << 12) * 3;
        let original: Vec<u8> = (0..=250_u8).cycle().take(len).map(|byte| byte ^ seed).collect();
        let mut bytes = original.clone();
        dtype.swap_bytes(&mut bytes);
        dtype.swap_bytes(&mut bytes);
        prop_assert_eq!(bytes, original);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        examine(&bytes);
        examine(&file(2, &bytes));
    }

    #[test]
    fn any_type_string_is_read_or_refused(typestr in "[<>|=]?[a-zA-Z?é][0-9]{0,12}(\\[[0-9]{0,12}[a-zA-Z]{0,3}\\]?)?") {
        if let Ok(dtype) = Dtype::parse(&typestr) {
            let descr = dtype.descr();
            prop_assert_eq!(Dtype::parse(descr.trim_matches('\'')).unwrap(), dtype);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_damaged_header_is_read_or_refused(
        which: prop::sample::Index,
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let mut bytes = which.get(&HEADERS).clone();
        let prefix = if bytes[6] == 1 { 10 } else { 12 };
        let mut text = bytes.split_off(prefix);
        for edit in &edits {
            apply(&mut text, edit);
        }
        // Once with the length that it now has, once with the one that it had.
        let stale = [bytes.as_slice(), &text].concat();
        examine(&stale);
        let len = u32::try_from(text.len()).unwrap().to_le_bytes();
        bytes.splice(8..prefix, len[..prefix - 8].iter().copied());
        examine(&[bytes, text].concat());
    }
}
