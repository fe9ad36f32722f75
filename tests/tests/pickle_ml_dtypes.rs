//! Numbers of the package `ml_dtypes` in pickles: `bfloat16` by its value, the others refused by name.

use ndarray::array;
use std::fs;
use std::path::Path;
use varpack::pickle::{Value, from_slice};
use varpack::{ErrorKind, MmapArray1};

/// `pickle.dumps(value, 4)` of ml_dtypes 0.6.0 under NumPy 2.4.6.
fn ml_dtypes(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pickle");
    fs::read(fixtures.join(format!("ml_dtypes_{name}.pickle"))).unwrap()
}

#[test]
fn bfloat16_of_ml_dtypes_is_read_by_its_value() {
    let array = ml_dtypes("bfloat16_array");
    assert_eq!(from_slice::<Vec<f64>>(&array).unwrap(), [1.5, -2.0]);
    let typed: MmapArray1<half::bf16> = from_slice(&array).unwrap();
    assert_eq!(typed, array![half::bf16::from_f32(1.5), half::bf16::from_f32(-2.0)]);
    assert_eq!(from_slice::<f32>(&ml_dtypes("bfloat16_scalar")).unwrap(), 1.5);
    assert_eq!(from_slice::<Option<f64>>(&ml_dtypes("bfloat16_scalar")).unwrap(), Some(1.5));
    // It stays what it is for whoever only carries it.
    assert_eq!(Value::from_slice(&array).unwrap().kind_name(), "object");
}

#[test]
fn other_dtypes_of_ml_dtypes_are_refused_by_name() {
    for (name, dtype) in
        [("float8_array", "ml_dtypes.float8_e4m3fn"), ("int4_array", "ml_dtypes.int4")]
    {
        let error = from_slice::<Vec<f64>>(&ml_dtypes(name)).unwrap_err();
        assert_eq!(error.found(), Some(dtype));
        assert_eq!(error.kind(), ErrorKind::Dtype);
        let error = from_slice::<MmapArray1<half::bf16>>(&ml_dtypes(name)).unwrap_err();
        assert_eq!(error.found(), Some(dtype));
    }
}
