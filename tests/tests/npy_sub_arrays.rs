//! Elements that are arrays, `[f32; 3]`: the last axes of a file, as NumPy writes and reads it.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::ndarray::{
    Array2, Array3, ArrayD, Dimension, Ix0, Ix1, Ix2, IxDyn, ShapeBuilder, arr0,
};
use varpack::npy::{Bool8, Dtype, Element, Header, NpyArray};
use varpack::{AnyArray, ErrorKind, Mode, NpyElement};
use varpack::{MmapArray, MmapArray1, MmapArray2, MmapArray3, MmapArrayD};
use varpack_tests::folders::MODES;
use varpack_tests::python::Python;

#[derive(Clone, Copy, Debug, NpyElement, PartialEq)]
#[repr(C)]
struct Sample {
    id: u32,
    place: [f32; 2],
}

/// What each array of `SAVE` has at an index, counted in C order.
fn points() -> Vec<[f32; 3]> {
    (0..120_000).map(|i| [0, 1, 2].map(|j| (3 * i + j) as f32)).collect()
}

fn matrices() -> Vec<[[f64; 2]; 2]> {
    let element = |i: u32| f64::from(i);
    (0..30_000)
        .map(|i| [[element(4 * i), element(4 * i + 1)], [element(4 * i + 2), element(4 * i + 3)]])
        .collect()
}

fn colours() -> Array2<[u8; 4]> {
    Array2::from_shape_fn((300, 400), |(i, j)| {
        [0, 1, 2, 3].map(|k| u8::try_from((4 * (400 * i + j) + k) % 251).unwrap())
    })
}

fn samples() -> Vec<[Sample; 2]> {
    let sample = |i: u32| Sample { id: i, place: [i as f32, 0.5] };
    (0..3).map(|i| [sample(2 * i), sample(2 * i + 1)]).collect()
}

/// Saves arrays, those in `f` in Fortran order too.
const SAVE: &str = "
import os, sys
import numpy as np
os.chdir(sys.argv[1])
samples = np.zeros((3, 2), dtype=[('id', '<u4'), ('place', '<f4', (2,))])
samples['id'] = np.arange(6).reshape(3, 2)
samples['place'][..., 0] = samples['id']
samples['place'][..., 1] = 0.5
arrays = dict(
    points=np.arange(360000, dtype='<f4').reshape(120000, 3),
    matrices=np.arange(120000, dtype='<f8').reshape(30000, 2, 2),
    colours=(np.arange(480000) % 251).astype('u1').reshape(300, 400, 4),
    samples=samples,
    empty=np.zeros((0, 3), '<f4'),
    single=np.arange(3, dtype='<f4'),
)
for name, a in arrays.items():
    np.save(name, a)
    np.save('f.' + name, np.asfortranarray(a))
np.save('big', arrays['points'].astype('>f4'))
np.save('f.big', np.asfortranarray(arrays['points'].astype('>f4')))
np.save('mask', np.arange(100000).reshape(50000, 2) % 3 == 0)
# What a sub-array dtype is at the top level.
a = np.zeros(5, dtype='(3,)f4')
print(a.shape, a.dtype)
";

fn saved_by(python: &Python) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(python.run(SAVE, [folder.path()]).trim(), "(5, 3) float32");
    folder
}

fn npy(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.npy"))
}

#[test]
fn files_of_numpy_are_mapped_where_they_lie() {
    for python in Python::both() {
        let folder = saved_by(&python);
        let path = |name: &str| npy(folder.path(), name);
        for mode in MODES {
            let array = MmapArray1::<[f32; 3]>::open(path("points"), mode).unwrap();
            assert!(array.is_mapped() == (mode != Mode::InMemory) && array.to_vec() == points());
            let array = MmapArray1::<[[f64; 2]; 2]>::open(path("matrices"), mode).unwrap();
            assert!(array.is_mapped() == (mode != Mode::InMemory) && array.to_vec() == matrices());
            let array = MmapArray2::<[u8; 4]>::open(path("colours"), mode).unwrap();
            assert!(array.is_mapped() == (mode != Mode::InMemory) && array == colours());
            let array = MmapArray1::<[Sample; 2]>::open(path("samples"), mode).unwrap();
            assert_eq!(array.to_vec(), samples());
            assert!(MmapArray1::<[f32; 3]>::open(path("empty"), mode).unwrap().is_empty());
            let array = MmapArray::<[f32; 3], Ix0>::open(path("single"), mode).unwrap();
            assert_eq!(array[()], [0.0, 1.0, 2.0]);
            let array = MmapArrayD::<[f64; 2]>::open(path("matrices"), mode).unwrap();
            assert_eq!((array.shape(), array[[1, 1]]), (&[30_000, 2][..], [6.0, 7.0]));
            let mask = MmapArray1::<[Bool8; 2]>::open(path("mask"), mode).unwrap();
            assert!(mask.is_mapped() == (mode != Mode::InMemory) && mask[1] == [false, true]);
        }
    }
}

#[test]
fn elements_in_fortran_order_or_the_other_byte_order_are_gathered_and_turned() {
    for python in Python::both() {
        let folder = saved_by(&python);
        let path = |name: &str| npy(folder.path(), name);
        for mode in MODES {
            for name in ["f.points", "big", "f.big"] {
                let array = MmapArray1::<[f32; 3]>::open(path(name), mode).unwrap();
                assert!(!array.is_mapped() && array.to_vec() == points(), "{name}");
            }
            let array = MmapArray1::<[[f64; 2]; 2]>::open(path("f.matrices"), mode).unwrap();
            assert!(!array.is_mapped() && array.to_vec() == matrices());
            let array = MmapArray2::<[u8; 4]>::open(path("f.colours"), mode).unwrap();
            assert!(!array.is_mapped() && array == colours());
            let array = MmapArray1::<[Sample; 2]>::open(path("f.samples"), mode).unwrap();
            assert_eq!(array.to_vec(), samples());
            assert!(MmapArray1::<[f32; 3]>::open(path("f.empty"), mode).unwrap().is_empty());
            for name in ["f.points", "f.big"] {
                let any = AnyArray::open(path(name), mode).unwrap();
                assert!(any.is_mapped() == (mode != Mode::InMemory && name == "f.points"));
                assert!(any.view::<[f32; 3], Ix1>().is_err());
                let array: MmapArray1<[f32; 3]> = any.downcast().unwrap();
                assert!(!array.is_mapped() && array.to_vec() == points(), "{name}");
            }
        }
        let any = AnyArray::open(path("f.points"), Mode::InMemory).unwrap();
        let error = any.view::<[f32; 3], Ix1>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "its elements are scattered; downcast the array, which copies them: expected C order, for elements \
             `[f32; 3]`, found Fortran order"
        );
        assert_eq!(error.kind(), ErrorKind::Shape);
    }
}

/// Says that each file is, to the byte, what NumPy makes of what it holds.
const COMPARE: &str = "
import io, os, sys
import numpy as np
os.chdir(sys.argv[1])
for name, expected in [('points', '(120000, 3)'), ('matrices', '(30000, 2, 2)'), ('colours', '(300, 400, 4)'),
                       ('samples', '(3, 2)'), ('empty', '(0, 3)'), ('single', '(3,)')]:
    for again in 'again.' + name, 'f.again.' + name:
        if not os.path.exists(again + '.npy'):
            continue
        with open(again + '.npy', 'rb') as file:
            found = file.read()
        a = np.load(again + '.npy')
        assert str(a.shape) == expected, (again, a.shape)
        with open(name + '.npy', 'rb') as file:
            assert found == file.read(), again
";

#[test]
fn files_of_ours_are_those_of_numpy_to_the_byte() {
    for python in Python::both() {
        let folder = saved_by(&python);
        let path = |name: &str| npy(folder.path(), name);
        MmapArray1::from(points()).save_npy(path("again.points")).unwrap();
        MmapArray1::from(matrices()).save_npy(path("again.matrices")).unwrap();
        MmapArray1::from(samples()).save_npy(path("again.samples")).unwrap();
        MmapArray1::<[f32; 3]>::default().save_npy(path("again.empty")).unwrap();
        let single = MmapArray::from(arr0([0.0_f32, 1.0, 2.0]));
        single.save_npy(path("again.single")).unwrap();
        MmapArray2::from(colours()).save_npy(path("again.colours")).unwrap();
        // In memory the pixels are in Fortran order, each in one piece: NumPy has no such order.
        let all = colours();
        let turned = Array2::from_shape_fn((300, 400).f(), |place| all[place]);
        MmapArray2::from(turned).save_npy(path("f.again.colours")).unwrap();
        let read = MmapArray1::<[f32; 3]>::open(path("f.points"), Mode::ReadOnly).unwrap();
        read.save_npy(path("f.again.points")).unwrap();
        AnyArray::try_from(read).unwrap().save_npy(path("again.points")).unwrap();
        python.run(COMPARE, [folder.path()]);
    }
}

/// An array of numbers of that shape, and what it is refused with as an array of `T`s.
#[track_caller]
fn refused<T: Element + std::fmt::Debug, D: Dimension>(shape: &[usize], expected: &str) {
    let array = AnyArray::try_from(MmapArrayD::<f32>::zeros(shape.to_vec())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    array.save_npy(&path).unwrap();
    let error = MmapArray::<T, D>::open(&path, Mode::ReadOnly).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().ends_with(expected), "{error}");
    assert_eq!(array.view::<T, D>().unwrap_err().to_string(), expected);
    let pickled = varpack::pickle::to_vec(&array).unwrap();
    let error = varpack::pickle::from_slice::<MmapArray<T, D>>(&pickled).unwrap_err();
    assert!(error.to_string().contains(expected.rsplit(", found").next().unwrap()), "{error}");
    assert_eq!(array.downcast::<T, D>().unwrap_err().to_string(), expected);
}

#[test]
fn files_of_other_axes_are_refused_with_both_shapes() {
    refused::<[f32; 3], Ix1>(&[5, 4], "expected shape (_, 3), found (5, 4)");
    refused::<[f32; 3], Ix1>(&[3], "expected shape (_, 3), found (3,)");
    refused::<[f32; 3], Ix1>(&[], "expected shape (_, 3), found ()");
    refused::<[f32; 3], Ix1>(&[2, 5, 3], "expected shape (_, 3), found (2, 5, 3)");
    refused::<[f32; 3], Ix0>(&[2], "expected shape (3,), found (2,)");
    refused::<[[f32; 2]; 3], Ix2>(&[5, 4, 2, 3], "expected shape (_, _, 3, 2), found (5, 4, 2, 3)");
    refused::<[f32; 3], IxDyn>(&[4], "expected shape (.., 3), found (4,)");
}

#[test]
fn dtypes_are_those_of_what_is_in_the_arrays() {
    let array = NpyArray::from_elements(&[2], &[[1_u16, 2, 3], [4, 5, 6]]).unwrap();
    assert_eq!((array.dtype().name().as_str(), array.shape()), ("uint16", &[2, 3][..]));
    assert_eq!(array.as_slice::<[u16; 3]>().unwrap(), [[1, 2, 3], [4, 5, 6]]);
    assert_eq!(array.as_slice::<[[u16; 3]; 2]>().unwrap(), [[[1, 2, 3], [4, 5, 6]]]);
    assert_eq!(array.as_slice::<u16>().unwrap().len(), 6);
    let error = array.as_slice::<[i16; 3]>().unwrap_err();
    assert_eq!(error.to_string(), "expected dtype int16, found uint16");
    let error = array.as_slice::<[u16; 2]>().unwrap_err();
    assert_eq!(error.to_string(), "expected shape (.., 2), found (2, 3)");
    let header = Header { dtype: u16::dtype(), fortran_order: true, shape: vec![2, 3] };
    let turned = NpyArray::from_bytes(header, array.as_bytes()).unwrap();
    assert_eq!(turned.as_slice::<[u16; 3]>().unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(turned.as_slice::<u16>().unwrap(), [1, 2, 3, 4, 5, 6]);

    let halves = NpyArray::from_elements(&[1], &[[half::bf16::ONE; 2]]).unwrap();
    assert_eq!((halves.dtype().name().as_str(), halves.logical_name()), ("|V2", Some("bfloat16")));
}

#[test]
fn arrays_of_no_elements_are_refused_as_elements() {
    let error = NpyArray::from_elements(&[2], &[[0.0_f32; 0]; 2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`[f32; 0]` has a wrong dtype: expected arrays of at least one element, found sub-arrays of shape (0,)"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let error = MmapArray1::from(vec![[0.0_f32; 0]; 2]).save_npy(&path).unwrap_err();
    assert_eq!((error.kind(), path.exists()), (ErrorKind::Dtype, false));
    MmapArray2::<f32>::zeros((1 << 20, 0)).save_npy(&path).unwrap();
    let error = MmapArray1::<[f32; 0]>::open(&path, Mode::ReadOnly).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Dtype, Some(&*path)));
}

#[test]
fn axes_of_elements_count_towards_the_most_that_numpy_has() {
    type Deep = [[[[f32; 1]; 1]; 1]; 1];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let array = |axes: usize| MmapArrayD::<Deep>::from_elem(vec![1; axes], [[[[0.5]]]]);
    array(60).save_npy(&path).unwrap();
    let read = MmapArrayD::<Deep>::open(&path, Mode::ReadOnly).unwrap();
    assert_eq!((read.ndim(), read.iter().next()), (60, Some(&[[[[0.5]]]])));
    assert_eq!(AnyArray::open(&path, Mode::ReadOnly).unwrap().shape().len(), 64);
    let error = array(61).save_npy(folder.path().join("y.npy")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().ends_with("too many axes: expected at most 64, found 65"), "{error}");
    assert!(varpack::pickle::to_vec(&array(61)).is_err());
    assert_eq!(
        NpyArray::from_elements(&[1; 61], &[[[[[0.5_f32]]]]]).unwrap_err().kind(),
        ErrorKind::Shape
    );
}

#[test]
fn views_and_edits_are_in_the_file_of_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    MmapArray2::<f32>::zeros((30_000, 3)).save_npy(&path).unwrap();
    let mut array = MmapArray1::<[f32; 3]>::open(&path, Mode::ReadWrite).unwrap();
    array.view_mut().unwrap()[7] = [1.0, 2.0, 3.0];
    array.flush().unwrap();
    drop(array);
    let mut any = AnyArray::open(&path, Mode::ReadWrite).unwrap();
    any.view_mut::<[f32; 3], Ix1>().unwrap()[8][1] = 4.0;
    any.flush().unwrap();
    assert_eq!(any.view::<[f32; 3], Ix1>().unwrap()[7], [1.0, 2.0, 3.0]);
    let array: MmapArray2<f32> = any.downcast().unwrap();
    assert!(array.is_mapped());
    assert_eq!(
        (array.row(7).to_vec(), array[[8, 1]], array.sum()),
        (vec![1.0, 2.0, 3.0], 4.0, 10.0)
    );
}

#[test]
fn numbers_become_arrays_and_go_back_without_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    MmapArray1::from(points()).save_npy(&path).unwrap();
    let array = MmapArray2::<f32>::open(&path, Mode::ReadOnly).unwrap();
    let start = array.as_ptr().cast::<[f32; 3]>();
    let array: MmapArray1<[f32; 3]> = AnyArray::try_from(array).unwrap().downcast().unwrap();
    assert!(array.is_mapped() && array.as_ptr() == start && array.clone().as_ptr() == start);
    let array: MmapArray<[f32; 3], IxDyn> = array.into_dyn();
    let array: MmapArray2<f32> = AnyArray::try_from(array).unwrap().downcast().unwrap();
    assert!(array.is_mapped() && array.as_ptr() == start.cast());
}

#[test]
fn other_formats_have_the_array_of_numbers() {
    let array = MmapArray1::from(vec![[1.5_f32, 2.5], [3.5, 4.5]]);
    let json = serde_json::to_string(&array).unwrap();
    assert!(json.contains(r#""shape":[2,2],"values":[1.5,2.5,3.5,4.5]"#), "{json}");
    assert!(serde_json::from_str::<MmapArray1<[f32; 2]>>(&json).unwrap() == array);
    let numbers: MmapArray2<f32> = serde_json::from_str(&json).unwrap();
    let pickled = varpack::pickle::to_vec(&MmapArray2::from(numbers.t().to_owned())).unwrap();
    let turned: MmapArray1<[f32; 2]> = varpack::pickle::from_slice(&pickled).unwrap();
    assert_eq!(turned.to_vec(), [[1.5, 3.5], [2.5, 4.5]]);
    let error = serde_json::from_str::<MmapArray1<[f32; 2]>>("7").unwrap_err();
    assert!(error.to_string().contains("an array of float32 with shape (_, 2)"), "{error}");
}

proptest! {
    #[test]
    fn arrays_of_arrays_come_back_from_every_shape_order_and_byte_order(
        shape in prop::collection::vec(0_usize..5, 0..4),
        fortran_order: bool,
        is_foreign: bool,
        seed: u16,
    ) {
        // Numbers in NumPy's shape, in either order, as bytes.
        let shape: Vec<usize> = [shape.as_slice(), &[3, 2]].concat();
        let numbers = ArrayD::from_shape_fn(IxDyn(&shape).set_f(fortran_order), |index| {
            let place = index.slice().iter().fold(0_usize, |sum, &i| sum * 7 + i);
            u16::try_from(place % 65_536).unwrap() ^ seed
        });
        let expected: Vec<[[u16; 2]; 3]> = {
            let flat: Vec<u16> = numbers.iter().copied().collect();
            flat.chunks(6).map(|e| [[e[0], e[1]], [e[2], e[3]], [e[4], e[5]]]).collect()
        };
        let written = if fortran_order { numbers.t().iter().copied().collect() } else { numbers.iter().copied().collect::<Vec<u16>>() };
        let order = if is_foreign { ">u2" } else { "<u2" };
        let bytes: Vec<u8> = written.iter().flat_map(|n| if is_foreign { n.to_be_bytes() } else { n.to_le_bytes() }).collect();
        let header = Header { dtype: Dtype::parse(order).unwrap(), fortran_order, shape: shape.clone() };
        let any = AnyArray::from_bytes(header, bytes).unwrap();
        let array: MmapArrayD<[[u16; 2]; 3]> = any.clone().downcast().unwrap();
        prop_assert_eq!(array.shape(), &shape[..shape.len() - 2]);
        prop_assert!(array.iter().eq(&expected));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        any.save_npy(&path).unwrap();
        let read = MmapArrayD::<[[u16; 2]; 3]>::open(&path, Mode::ReadOnly).unwrap();
        prop_assert!(read == array);
        read.save_npy(folder.path().join("y.npy")).unwrap();
        array.save_npy(folder.path().join("z.npy")).unwrap();
        for name in ["y.npy", "z.npy"] {
            let again = AnyArray::open(folder.path().join(name), Mode::ReadOnly).unwrap();
            prop_assert_eq!(again.shape(), &shape);
            prop_assert!(again.downcast::<u16, IxDyn>().unwrap().iter().eq(&numbers));
        }
        prop_assert!(fs::read(folder.path().join("y.npy")).unwrap() == fs::read(folder.path().join("z.npy")).unwrap());
        let pickled = varpack::pickle::to_vec(&array).unwrap();
        prop_assert!(varpack::pickle::from_slice::<MmapArrayD<[[u16; 2]; 3]>>(&pickled).unwrap() == array);
    }
}

#[test]
fn arrays_in_fortran_order_are_written_as_numpy_would_in_c_order() {
    let numbers = Array3::from_shape_fn((4, 5, 2), |(i, j, k)| (100 * i + 10 * j + k) as i64);
    let elements =
        Array2::from_shape_fn((4, 5).f(), |(i, j)| [numbers[[i, j, 0]], numbers[[i, j, 1]]]);
    let any = AnyArray::try_from(MmapArray2::from(elements.clone())).unwrap();
    assert!(!any.header().fortran_order && any.downcast::<i64, _>().unwrap() == numbers);
    let folder = tempfile::tempdir().unwrap();
    let mut array = MmapArray2::<[i64; 2]>::zeros_in(folder.path(), (4, 5).f()).unwrap();
    array.view_mut().unwrap().assign(&elements);
    array.save_npy(folder.path().join("x.npy")).unwrap();
    let read = MmapArray3::<i64>::open(folder.path().join("x.npy"), Mode::ReadOnly).unwrap();
    assert!(read == numbers);
}
