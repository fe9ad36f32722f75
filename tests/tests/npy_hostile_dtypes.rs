//! Dtypes that no NumPy wrote, in a header or from a pickle: each is refused with one clear error.

use std::time::{Duration, Instant};
use varpack::ErrorKind;
use varpack::npy::{Dtype, Field, Header, NpyArray, Record};
use varpack_tests::npy_files::{parse, refused, with_descr};

#[test]
fn object_dtypes_are_recognised() {
    for descr in ["'|O'", "'O8'", "[('a', '<i4'), ('b', [('c', '|O', (2,))])]"] {
        let header = parse(&with_descr(descr)).unwrap();
        assert!(header.dtype.has_objects(), "{descr}");
    }
}

#[test]
fn unknown_dtypes_are_refused_by_name() {
    for descr in ["'<f3'", "'<q8'", "''", "'Complex'", "'<M8[fortnight]'", "'<M8[0s]'"] {
        assert_eq!(refused(&with_descr(descr)).kind(), ErrorKind::Dtype, "{descr}");
    }
    let error = refused(&with_descr("'<f3'"));
    assert_eq!(error.found(), Some("'<f3'"));
}

#[test]
fn an_element_over_2_gib_is_refused() {
    for descr in ["'|S2147483648'", "'<U536870912'", "'|V99999999999999999999999'"] {
        let error = refused(&with_descr(descr));
        assert_eq!(error.expected(), Some("at most 2147483647 bytes an element"));
    }
}

#[test]
fn a_descr_that_is_no_dtype_is_refused() {
    for descr in [
        "8",
        "None",
        "{}",
        "('<f8', (2,))",
        "['<f8']",
        "[('a',)]",
        "[('a', '<f8', (1,), 2)]",
        "[(3, '<f8')]",
        "[(('t', 'n', 'x'), '<f8')]",
        "[(('t', 3), '<f8')]",
        "[('a', 3)]",
        "[('a', ('<f8',))]",
    ] {
        refused(&with_descr(descr));
    }
}

#[test]
fn a_list_of_formats_of_more_fields_than_there_may_be_is_refused() {
    let error = refused(&with_descr(&format!("'{}b'", "b,".repeat(65_536))));
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    for descr in [
        "'f4,'",
        "',f4'",
        "'f4,,f4'",
        "'f4,(2f4'",
        "'f4,(2))f4'",
        "'(x)f4,f4'",
        "'f4,(f4'",
        "'1)f4,f4'",
    ] {
        refused(&with_descr(descr));
    }
}

#[test]
fn repeated_fields_are_refused() {
    for descr in [
        "[('a', '<f8'), ('a', '<f8')]",
        "[(('t', 'a'), '<f8'), (('t', 'b'), '<f8')]",
        "[(('a', 'b'), '<f8'), ('a', '<f8')]",
        "[(('a', 'a'), '<f8')]",
    ] {
        let error = refused(&with_descr(descr));
        assert!(error.found().unwrap().ends_with("twice"), "{descr}: {error}");
    }
}

#[test]
fn overlapping_fields_are_refused() {
    let field = |name: &str, offset| Field::new(name, Dtype::parse("<i4").unwrap(), offset);
    for offsets in [(0, 3), (3, 0), (4, 4)] {
        let fields = vec![field("a", offsets.0), field("b", offsets.1)];
        let error = Record::new(fields, 8, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Dtype);
        assert!(error.to_string().contains("overlapping fields"), "{error}");
    }
    assert!(Record::new(vec![field("b", 4), field("a", 0)], 8, false).is_ok());
}

#[test]
fn fields_past_the_end_are_refused() {
    let field = Field::new("a", Dtype::parse("<i4").unwrap(), 5);
    let error = Record::new(vec![field.clone()], 8, false).unwrap_err();
    assert_eq!(error.expected(), Some("an end at byte 8 or before"));
    for shape in [vec![usize::MAX, usize::MAX], vec![usize::MAX / 4]] {
        assert!(Record::new(vec![field.clone().with_shape(shape)], 8, false).is_err());
    }
}

/// NumPy has none ("integer won't fit into a C int").
#[test]
fn record_over_2_gib_is_refused_where_it_is_made_and_where_it_is_written() {
    const MOST: usize = i32::MAX as usize;
    let a = || Field::new("a", Dtype::parse("<f4").unwrap(), 0);
    let far = Field::new("b", Dtype::parse("<f4").unwrap(), 3 << 30);
    let bytes = |name, offset| Field::new(name, Dtype::Void { len: MOST }, offset);
    let mut records = vec![
        (vec![a()], 3 << 30),
        (vec![a()], MOST + 1),
        (vec![a(), far], (3 << 30) + 4),
        (vec![bytes("a", 0), bytes("b", MOST)], 2 * MOST),
    ];
    if let Some(itemsize) = 4_usize.checked_mul(1 << 31) {
        records.push((vec![a().with_shape([1 << 31])], itemsize));
    }
    for (fields, itemsize) in records {
        let error = Record::new(fields.clone(), itemsize, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Dtype);
        assert_eq!(error.expected(), Some("at most 2147483647 bytes an element"), "{error}");
        // By hand, past that check.
        let mut record = Record::new(vec![a()], 4, false).unwrap();
        (record.fields, record.itemsize) = (fields.into(), itemsize);
        let dtype = Dtype::Record(record);
        let header = Header { dtype, fortran_order: false, shape: vec![0] };
        assert!(header.encode().is_err(), "{itemsize}");
        assert!(NpyArray::from_bytes(header, []).is_err(), "{itemsize}");
    }
    let largest = Dtype::Record(Record::new(vec![a()], MOST, false).unwrap());
    let header = Header { dtype: largest, fortran_order: false, shape: vec![0] };
    assert_eq!(Header::parse(&header.encode().unwrap()).unwrap(), header);
    refused(&with_descr("[('a', '|V2147483647'), ('b', '|V2147483647')]"));
    refused(&with_descr("[('a', '<f4', (2147483648,))]"));
    refused(&with_descr("[('a', '<f4'), ('', '|V2147483647')]"));
}

#[test]
fn a_record_over_isize_max_is_refused() {
    let field = Field::new("a", Dtype::parse("<i4").unwrap(), 0);
    assert!(Record::new(vec![field], usize::MAX, false).is_err());
    refused(&with_descr("[('a', '|V2147483647', (2147483647, 2147483647))]"));
    refused(&with_descr("[('a', '<f8', (4611686018427387904, 0, 4611686018427387904))]"));
}

#[test]
fn a_sub_array_of_more_than_64_axes_is_refused() {
    let shape = format!("({})", "1,".repeat(40));
    assert!(parse(&with_descr(&format!("[('a', '<f8', {shape})]"))).is_ok());
    let error = refused(&with_descr(&format!("[('a', ('<f8', {shape}), {shape})]")));
    assert_eq!(error.found(), Some("80"));
}

#[test]
fn a_void_field_without_a_name_is_padding() {
    let header = parse(&with_descr("[('', '|V3'), ('a', '|u1'), ('', '|V4', (2,))]")).unwrap();
    assert_eq!(header.dtype.itemsize(), 12);
    assert_eq!(header.dtype.descr(), "[('', '|V3'), ('a', '|u1'), ('', '|V8')]");
    let void = Field::new("", Dtype::Void { len: 3 }, 0);
    assert!(Record::new(vec![void], 3, false).is_err());
}

#[test]
fn records_nest_32_deep_and_no_deeper() {
    let nested = |depth: usize| {
        with_descr(&format!("{}'<f8'{}", "[('a', ".repeat(depth), ")]".repeat(depth)))
    };
    let header = parse(&nested(32)).unwrap();
    assert_eq!(Header::parse(&header.encode().unwrap()).unwrap(), header);
    assert_eq!(refused(&nested(33)).kind(), ErrorKind::Limit);
}

#[test]
fn a_record_that_names_itself_many_times_over_is_refused() {
    // What a few bytes of a pickle can ask for, each record being twice the one before.
    let mut dtype = Dtype::parse("|u1").unwrap();
    let error = (0..32).find_map(|level| {
        let size = 1_usize << level;
        let fields = vec![Field::new("a", dtype.clone(), 0), Field::new("b", dtype.clone(), size)];
        match Record::new(fields, 2 * size, false) {
            Ok(record) => {
                dtype = Dtype::Record(record);
                None
            }
            Err(error) => Some(error),
        }
    });
    assert_eq!(error.unwrap().kind(), ErrorKind::Limit);
}

#[test]
fn a_header_too_long_to_be_read_is_not_written() {
    let field =
        |index: usize| Field::new(format!("{index:0100}"), Dtype::parse("|u1").unwrap(), index);
    let fields: Vec<Field> = (0..20_000).map(field).collect();
    let dtype = Dtype::Record(Record::new(fields, 20_000, false).unwrap());
    let header = Header { dtype, fortran_order: false, shape: vec![1] };
    assert_eq!(header.encode().unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn fields_of_no_bytes_cost_nothing_when_elements_are_swapped() {
    let mut fields = vec![Field::new("n", Dtype::parse(">u2").unwrap(), 0)];
    for index in 0..60_000 {
        fields.push(Field::new(format!("e{index}"), Dtype::parse(">U0").unwrap(), 2));
    }
    let dtype = Dtype::Record(Record::new(fields, 2, false).unwrap());
    let mut bytes = [0, 1].repeat(1_000_000);
    let start = Instant::now();
    dtype.swap_bytes(&mut bytes);
    assert!(bytes.chunks_exact(2).all(|pair| pair == [1, 0]));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn elements_cut_short_are_left_as_they_are() {
    let mut bytes = [1, 2, 3, 4, 5];
    Dtype::parse(">u4").unwrap().swap_bytes(&mut bytes);
    assert_eq!(bytes[4], 5);
}
