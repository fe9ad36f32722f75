//! `#[derive(NpyElement)]`: structs as structured dtypes, against records that NumPy wrote.
//!
//! What is derived has to get by without `unsafe` in the user's crate.
#![forbid(unsafe_code)]
#![deny(unused, deprecated, nonstandard_style, clippy::all)]

use varpack::NpyElement;
use varpack::npy::bytemuck::{bytes_of, pod_read_unaligned};
use varpack::npy::resolution::{Days, Generic, Multiple, Nanoseconds};
use varpack::npy::{Bool8, ByteOrder, Datetime64, Dtype, Element, FixedBytes, Timedelta64};
use varpack_tests::npy_files::{parse, with_descr};
use varpack_tests::npy_goldens::goldens;

/// The dtype and the data of a record array that NumPy wrote, data in this machine's order.
fn golden(name: &str) -> (Dtype, Vec<u8>) {
    let case = &goldens()[1].cases[name];
    (case.header().dtype, case.native_data())
}

/// A record's name on a little-endian machine, as it is on this one.
fn on_this_machine(name: &str) -> String {
    name.replace('<', &ByteOrder::NATIVE.symbol().to_string())
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Aligned {
    id: i8,
    #[varpack(padding)]
    _before_w: [u8; 7],
    w: f64,
    n: u16,
    #[varpack(padding)]
    _at_the_end: [u8; 6],
}

#[test]
fn a_c_struct_is_laid_out_as_numpys_align_true() {
    let (dtype, data) = golden("record_aligned");
    assert_eq!(Aligned::dtype(), dtype.to_native());
    let record: Aligned = pod_read_unaligned(&data);
    assert_eq!((record.id, record.n), (1, u16::from_le_bytes([17, 18])));
    assert_eq!(bytes_of(&record), data, "padding is written as it was");
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C, packed)]
struct Packed {
    id: i32,
    w: f64,
    tag: FixedBytes<3>,
}

#[test]
fn a_packed_struct_is_laid_out_as_numpy_does_without_align() {
    let (dtype, data) = golden("record_simple");
    assert_eq!(Packed::dtype(), dtype.to_native());
    assert_eq!(
        Packed::dtype().name(),
        on_this_machine("[('id', '<i4'), ('w', '<f8'), ('tag', 'S3')]")
    );
    let record: Packed = pod_read_unaligned(&data);
    assert_eq!(record.tag.as_bytes(), [13, 14, 15]);
    assert_eq!(bytes_of(&record), data);
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Deep {
    v: [u16; 2],
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Inner {
    deep: Deep,
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C, packed)]
struct Nested {
    p: Point,
    inner: Inner,
    flag: Bool8,
}

#[test]
fn records_in_records_are_read_from_either_byte_order() {
    let (dtype, data) = golden("record_nested");
    assert!(!dtype.is_native(), "its numbers are big-endian");
    assert!(Nested::accepts(&dtype, None));
    let record: Nested = pod_read_unaligned(&data);
    assert_eq!({ record.inner.deep.v }, [0x090a, 0x0b0c]);
    assert!(record.flag.get());
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C, packed)]
struct SubArrays {
    m: [[f32; 3]; 2],
    one: [i64; 1],
    none: [i64; 0],
    p: [Point; 3],
}

#[test]
fn rust_arrays_are_sub_arrays() {
    let (dtype, _) = golden("record_sub_arrays");
    assert_eq!(SubArrays::dtype(), dtype.to_native());
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Times {
    t: Datetime64<Nanoseconds>,
    d: Timedelta64<Multiple<Days, 3>>,
    g: Datetime64<Generic>,
}

#[test]
fn fields_of_time_keep_their_unit() {
    let (dtype, _) = golden("record_times");
    assert!(Times::accepts(&dtype, None));
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct Renamed {
    #[varpack(rename = "Łódź")]
    city: u8,
    #[varpack(rename = "温度")]
    r#type: u8,
    #[varpack(rename = "\u{1f409}")]
    dragon: u8,
}

#[test]
fn fields_are_renamed() {
    let (dtype, _) = golden("record_unicode");
    assert_eq!(Renamed::dtype(), dtype);
}

#[test]
fn titles_do_not_keep_a_record_from_being_read() {
    #[derive(NpyElement, Clone, Copy)]
    #[repr(C)]
    struct Titled {
        loss: f32,
        step: u32,
    }

    let (dtype, _) = golden("record_titles");
    assert!(Titled::accepts(&dtype, None));
    assert_ne!(Titled::dtype(), dtype);
}

#[test]
fn a_record_that_differs_in_anything_is_refused_with_both_dtypes() {
    for descr in [
        "[('x', '<f4'), ('z', '<f4')]",
        "[('x', '<f4'), ('y', '<i4')]",
        "[('y', '<f4'), ('x', '<f4')]",
        "[('x', '<f4'), ('y', '<f4'), ('', '|V4')]",
        "[('x', '<f4'), ('y', '<f4', (1,))]",
        "[('x', '<f4')]",
        "'<f8'",
    ] {
        let dtype = parse(&with_descr(descr)).unwrap().dtype;
        let error = Point::check_dtype(&dtype, None).unwrap_err();
        let expected = on_this_machine("dtype [('x', '<f4'), ('y', '<f4')]");
        assert_eq!(error.expected(), Some(expected.as_str()));
        assert_eq!(error.found(), Some(dtype.name().as_str()));
    }
}

#[test]
fn a_raw_identifier_is_named_without_its_prefix() {
    #[derive(NpyElement, Clone, Copy)]
    #[repr(C)]
    struct Raw {
        r#type: u8,
        r#fn: u8,
    }

    assert_eq!(Raw::dtype().descr(), "[('type', '|u1'), ('fn', '|u1')]");
}

mod reexport {
    pub(crate) use varpack as renamed;
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
#[varpack(crate = "crate::reexport::renamed")]
struct ThroughReexport {
    value: u8,
}

#[test]
fn the_crate_can_be_found_elsewhere() {
    assert_eq!(ThroughReexport::dtype().itemsize(), 1);
}

#[test]
fn macro_made_deprecated_and_private_fields_are_no_trouble() {
    macro_rules! record {
        ($name:ident { $($field:ident: $type:ty),* }) => {
            #[derive(NpyElement, Clone, Copy)]
            #[repr(C)]
            struct $name { $(#[deprecated] $field: $type),* }
        };
    }
    record!(Made { a: u16, b: [u16; 3] });

    assert_eq!(Made::dtype().descr(), on_this_machine("[('a', '<u2'), ('b', '<u2', (3,))]"));
    let Dtype::Record(record) = Made::dtype() else { panic!("no record") };
    assert_eq!(record.fields[1].offset, 2);
}

#[test]
fn arrays_of_records_of_no_bytes_are_compared_at_once() {
    use varpack::Varpack;
    #[derive(Clone, Copy, Debug, PartialEq, varpack::NpyElement)]
    #[repr(C)]
    struct Nothing {
        a: [f32; 0],
    }
    #[derive(varpack::Varpack)]
    struct Run {
        #[varpack(mmap)]
        x: varpack::MmapArray1<Nothing>,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Run { x: vec![Nothing { a: [] }; 2].into() }.save(&folder).unwrap();
    let many = isize::MAX / 8192;
    let header =
        format!("{{'descr': [('a', '<f4', (0,))], 'fortran_order': False, 'shape': ({many},), }}");
    std::fs::write(folder.join("x.npy"), varpack_tests::npy_files::file(1, header.as_bytes()))
        .unwrap();
    let run = Run::load(&folder).unwrap();
    assert!(run.x == run.x.clone());
    assert!(run.x != varpack::MmapArray1::from(vec![Nothing { a: [] }; 2]));
}
