//! Arrays as plain data, against the files that NumPy 1.26 and 2.4 wrote.

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
