//! A mapped array in the types of other crates, its elements where they are: none of them is copied, but by candle, whose
//! tensors own their memory.

use arrow_array::Float64Array;
use arrow_buffer::{Buffer, ScalarBuffer};
use bytes::Bytes;
use candle_core::{Device, Tensor};
use faer::MatRef;
use nalgebra::{DMatrixView, DVectorView, Dyn};
use sprs::CsMatViewI;
use std::path::Path;
use varpack::ndarray::{Array2, ShapeBuilder};
use varpack::{MmapArray1, MmapArray2, Mode, Varpack};

/// Rows, columns: too many to be read rather than mapped.
const SHAPE: (usize, usize) = (300, 400);

#[derive(Varpack)]
struct Run {
    /// In C order: the last axis varies fastest.
    #[varpack(mmap)]
    rows: MmapArray2<f64>,
    /// In Fortran order: the first does.
    #[varpack(mmap)]
    columns: MmapArray2<f64>,
    #[varpack(mmap)]
    vector: MmapArray1<f64>,
}

fn element(row: usize, column: usize) -> f64 {
    (row * SHAPE.1 + column) as f64
}

/// A folder with the arrays, loaded.
fn run(folder: &Path) -> Run {
    let rows = Array2::from_shape_fn(SHAPE, |(row, column)| element(row, column));
    let mut columns = Array2::zeros(SHAPE.f());
    columns.assign(&rows);
    let vector = (0..20_000).map(f64::from).collect();
    Run { rows: rows.into(), columns: columns.into(), vector }.save(folder).unwrap();
    let run = Run::load(folder).unwrap();
    assert!(run.rows.is_mapped() && run.columns.is_mapped() && run.vector.is_mapped());
    run
}

/// The elements in memory order: of an array in Fortran order those of its transpose.
fn slice(array: &MmapArray2<f64>) -> &[f64] {
    array.as_slice_memory_order().unwrap()
}

/// Keeps a mapped array alive for whoever has its bytes.
struct Mapped(MmapArray1<f64>);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(self.0.as_slice().unwrap())
    }
}

#[test]
fn arrow_owns_the_array_whose_map_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path());
    let start = run.vector.as_ptr();
    let buffer = Buffer::from(Bytes::from_owner(Mapped(run.vector)));
    let array = Float64Array::new(ScalarBuffer::from(buffer), None);
    assert_eq!((array.values().as_ptr(), array.len()), (start, 20_000));
    assert_eq!(array.value(19_999), 19_999.0);
    assert_eq!(array.slice(10, 5).values().as_ptr(), start.wrapping_add(10));
}

#[test]
fn arrow_reads_a_single_file_on_another_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    MmapArray1::<f64>::ones(20_000).save_npy(&path).unwrap();
    let mapped = MmapArray1::open(&path, Mode::ReadOnly).unwrap();
    let array = Float64Array::new(Buffer::from(Bytes::from_owner(Mapped(mapped))).into(), None);
    let sum = std::thread::spawn(move || array.values().iter().sum::<f64>());
    assert_eq!(sum.join().unwrap(), 20_000.0);
}

#[test]
fn faer_sees_the_map_in_either_order() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path());
    let rows = MatRef::from_row_major_slice(slice(&run.rows), SHAPE.0, SHAPE.1);
    let columns = MatRef::from_column_major_slice(slice(&run.columns), SHAPE.0, SHAPE.1);
    assert_eq!((rows.as_ptr(), columns.as_ptr()), (run.rows.as_ptr(), run.columns.as_ptr()));
    assert_eq!((rows[(7, 9)], columns[(7, 9)]), (element(7, 9), element(7, 9)));
}

#[test]
fn nalgebra_sees_the_map_in_either_order() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path());
    let columns = DMatrixView::from_slice(slice(&run.columns), SHAPE.0, SHAPE.1);
    let (row, column) = (Dyn(SHAPE.1), Dyn(1));
    let rows = DMatrixView::<f64, Dyn, Dyn>::from_slice_with_strides_generic(
        slice(&run.rows),
        Dyn(SHAPE.0),
        Dyn(SHAPE.1),
        row,
        column,
    );
    assert_eq!((rows.as_ptr(), columns.as_ptr()), (run.rows.as_ptr(), run.columns.as_ptr()));
    assert_eq!((rows[(7, 9)], columns[(7, 9)]), (element(7, 9), element(7, 9)));
    let vector = DVectorView::from_slice(run.vector.as_slice().unwrap(), 20_000);
    assert_eq!((vector.as_ptr(), vector[10]), (run.vector.as_ptr(), 10.0));
}

/// A sparse matrix, as `scipy.sparse.csr_matrix` has it.
#[derive(Varpack)]
struct Sparse {
    #[varpack(mmap)]
    indptr: MmapArray1<u64>,
    #[varpack(mmap)]
    indices: MmapArray1<u64>,
    #[varpack(mmap)]
    data: MmapArray1<f64>,
}

#[test]
fn sprs_sees_the_maps_of_a_sparse_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let count = 20_000_u64;
    let saved = Sparse {
        indptr: (0..=count).collect(),
        indices: (0..count).rev().collect(),
        data: (0..count).map(|number| number as f64).collect(),
    };
    saved.save(folder.path()).unwrap();
    let Sparse { indptr, indices, data } = Sparse::load(folder.path()).unwrap();
    assert!(data.is_mapped());
    let [indptr, indices] = [&indptr, &indices].map(|array| array.as_slice().unwrap());
    let shape = (20_000, 20_000);
    let matrix = CsMatViewI::new(shape, indptr, indices, data.as_slice().unwrap());
    assert_eq!(matrix.data().as_ptr(), data.as_ptr());
    assert_eq!(matrix.get(3, 19_996), Some(&3.0));
}

#[test]
fn candle_copies_the_map_once_for_its_tensors_own_their_memory() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path());
    let tensor = Tensor::from_slice(slice(&run.rows), SHAPE, &Device::Cpu).unwrap();
    assert_eq!(tensor.dims2().unwrap(), SHAPE);
    assert_eq!(tensor.get(7).unwrap().get(9).unwrap().to_scalar::<f64>().unwrap(), element(7, 9));
}
