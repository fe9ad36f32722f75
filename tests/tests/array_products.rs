//! `dot` between mapped arrays and those of `ndarray`: either may stand on either side.

use ndarray::array;
use varpack::{MmapArray1, MmapArray2};

#[test]
fn mapped_array_is_a_factor_on_either_side() {
    let (matrix, vector) = (array![[1.0, 2.0], [3.0, 4.0]], array![1.0, 10.0]);
    let (mapped_matrix, mapped_vector) =
        (MmapArray2::from(matrix.clone()), MmapArray1::from(vector.clone()));

    assert_eq!(vector.dot(&mapped_vector), 101.0);
    assert_eq!(mapped_vector.dot(&vector), 101.0);
    assert_eq!(mapped_vector.dot(&mapped_vector), 101.0);
    assert_eq!(vector.view().dot(&mapped_vector), 101.0);

    assert_eq!(matrix.dot(&mapped_vector), array![21.0, 43.0]);
    assert_eq!(mapped_matrix.dot(&vector), array![21.0, 43.0]);
    assert_eq!(mapped_matrix.dot(&mapped_vector), array![21.0, 43.0]);
    assert_eq!(vector.dot(&mapped_matrix), array![31.0, 42.0]);
    assert_eq!(mapped_vector.dot(&mapped_matrix), array![31.0, 42.0]);

    let square = array![[7.0, 10.0], [15.0, 22.0]];
    assert_eq!(matrix.dot(&mapped_matrix), square);
    assert_eq!(mapped_matrix.dot(&matrix), square);
    assert_eq!(mapped_matrix.t().dot(&mapped_matrix), matrix.t().dot(&matrix));
    assert_eq!(mapped_matrix.dot(&mapped_matrix), square);
}
