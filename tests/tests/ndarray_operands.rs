//! Mapped arrays where `ndarray` asks for arrays: each result is that of the same arrays of `ndarray` alone.

#![allow(clippy::unwrap_used, clippy::op_ref)]

use std::ops::{Add, Mul, Sub};
use tempfile::TempDir;
use varpack::ndarray::linalg::Dot;
use varpack::ndarray::{
    ArcArray2, Array, Array1, Array2, ArrayD, ArrayRef, ArrayRef2, ArrayView2, Axis, CowArray, Ix1,
    Ix2, LayoutRef, RawRef, Zip, array, azip, concatenate, stack,
};
use varpack::{
    ErrorKind, LoadOptions, MmapArray1, MmapArray2, MmapArrayD, Mode, Pack, PackValue, Varpack,
};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: MmapArray2<f64>,
    #[varpack(mmap)]
    row: MmapArray1<f64>,
}

/// Too large to be read rather than mapped.
const SHAPE: (usize, usize) = (300, 400);

fn arrays() -> (Array2<f64>, Array1<f64>) {
    let a = Array::from_shape_fn(SHAPE, |(i, j)| (i * 7 + j) as f64 + 1.0);
    (a, Array::from_shape_fn(SHAPE.1, |j| j as f64 + 0.5))
}

/// As mapped from a folder in Fortran order, and as they are in memory.
fn both() -> (TempDir, [Run; 2]) {
    let (a, row) = arrays();
    let folder = tempfile::tempdir().unwrap();
    let fortran = a.t().to_owned().reversed_axes();
    Run { a: fortran.into(), row: row.clone().into() }.save(folder.path()).unwrap();
    let mapped = Run::load(folder.path()).unwrap();
    assert!(mapped.a.is_mapped());
    (folder, [mapped, Run { a: a.into(), row: row.into() }])
}

/// All ways to write one operator.
macro_rules! operator {
    ($name:ident, $operator:tt) => {
        #[test]
        fn $name() {
            let (a, row) = arrays();
            let (_folder, runs) = both();
            for Run { a: mapped, row: mapped_row } in runs {
                let right = &a $operator &row;
                assert_eq!(&mapped $operator &mapped_row, right);
                assert_eq!(&mapped $operator &row, right);
                assert_eq!(&mapped $operator &*row, right);
                assert_eq!(&mapped $operator &row.view(), right);
                assert_eq!(&a $operator &mapped_row, right);
                assert_eq!(&*a $operator &mapped_row, right);
                assert_eq!(&a.view() $operator &mapped_row, right);
                assert_eq!(mapped.clone() $operator &mapped_row, right);
                assert_eq!(mapped.clone() $operator mapped_row.clone(), right);
                assert_eq!(mapped.clone() $operator &row, right);
                assert_eq!(mapped.clone() $operator row.clone(), right);
                assert_eq!(mapped.clone() $operator row.view(), right);
                assert_eq!(mapped.clone() $operator &*row, right);
                assert_eq!(a.clone() $operator &mapped_row, right);
                assert_eq!(a.clone() $operator mapped_row.clone(), right);
                let turned = &row $operator &a;
                assert_eq!(&row $operator mapped.clone(), turned);
                assert_eq!(&*row $operator mapped.clone(), turned);
                assert_eq!(&mapped_row $operator mapped.clone(), turned);
                assert_eq!(&mapped_row $operator a.clone(), turned);
                assert_eq!(&mapped $operator 2.0, &a $operator 2.0);
                assert_eq!(mapped.clone() $operator 2.0, &a $operator 2.0);
                assert_eq!(2.0 $operator &mapped, 2.0 $operator &a);
                assert_eq!(2.0 $operator mapped, 2.0 $operator &a);
            }
        }
    };
}

operator!(sums_are_those_of_ndarray, +);
operator!(differences_are_those_of_ndarray, -);
operator!(products_are_those_of_ndarray, *);
operator!(quotients_are_those_of_ndarray, /);
operator!(remainders_are_those_of_ndarray, %);

#[test]
fn integers_have_the_operators_of_bits() {
    let (a, b) = (array![0b1100_u8, 0b1010], array![0b0110_u8, 0b0011]);
    let (x, y) = (MmapArray1::from(a.clone()), MmapArray1::from(b.clone()));
    assert_eq!(&x & &y, &a & &b);
    assert_eq!(&x | &y, &a | &b);
    assert_eq!(x.clone() ^ y, &a ^ &b);
    assert_eq!(&x << 1, &a << 1);
    assert_eq!(&x >> 1, &a >> 1);
    assert_eq!(1 | &x, 1 | &a);
    assert_eq!(!&x, !&a);
    assert_eq!(!x, !a);
    let mask = MmapArray1::from(array![true, false]);
    assert_eq!(&mask & true, array![true, false]);
    assert_eq!(!&mask, array![false, true]);
}

#[test]
fn complex_arrays_take_numbers_of_both_kinds() {
    let a = array![num_complex::Complex::new(1.0, 2.0)];
    let mapped = MmapArray1::from(a.clone());
    assert_eq!(&mapped * 2.0, &a * 2.0);
    assert_eq!(&mapped * a[0], &a * a[0]);
    assert_eq!(a[0] - &mapped, a[0] - &a);
    assert_eq!(-&mapped, -&a);
}

#[test]
fn sum_of_an_array_in_memory_by_value_takes_its_place() {
    let a = MmapArray1::from(vec![1.0_f64; 1000]);
    let start = a.as_ptr();
    assert_eq!((a + 1.0).as_ptr(), start);
}

#[test]
fn arrays_are_changed_by_mapped_ones() {
    let (a, row) = arrays();
    let (_folder, runs) = both();
    for Run { a: mapped, row: mapped_row } in runs {
        let (mut left, mut right) = (a.clone(), a.clone());
        left += &mapped_row;
        left -= &mapped;
        left *= &mapped_row;
        left /= &mapped;
        left %= &mapped_row;
        right += &row;
        right -= &a;
        right *= &row;
        right /= &a;
        right %= &row;
        assert_eq!(left, right);
        let (mut view, reference): (_, &mut ArrayRef2<f64>) = (left.view_mut(), &mut right);
        view += &mapped;
        *reference += &mapped;
        assert_eq!(left, right);
        left.assign(&mapped_row);
        left.scaled_add(2.0, &mapped);
        assert_eq!(left, &row + &(2.0 * &a));
    }
    let mut bits = array![1_u8, 2];
    let mask = MmapArray1::from(vec![3_u8, 1]);
    bits &= &mask;
    bits |= &mask;
    bits ^= &mask;
    bits <<= &mask;
    bits >>= &mask;
    assert_eq!(bits, array![0, 0]);
}

#[test]
fn mapped_array_is_changed_by_another_through_its_view() {
    let (a, _) = arrays();
    let (_folder, [mut mapped, other]) = both();
    let mut view = mapped.a.view_mut().unwrap();
    view += &other.a;
    view.row_mut(0).assign(&other.row);
    assert_eq!(mapped.a.row(1), &a.row(1) * 2.0);
    assert_eq!(mapped.a.row(0), *other.row);
}

#[test]
fn mapped_arrays_go_into_zips_and_concatenations() {
    let (a, row) = arrays();
    let (_folder, runs) = both();
    for Run { a: mapped, row: mapped_row } in runs {
        let mut sum = Array2::zeros(SHAPE);
        azip!((to in &mut sum, &left in &mapped, &right in &a) *to = left + right);
        assert_eq!(sum, &a * 2.0);
        assert!(Zip::from(&mapped).and(&a).all(|left, right| left == right));
        let broadcast = Zip::from(&a).and_broadcast(&mapped_row).map_collect(|a, row| a + row);
        assert_eq!(broadcast, &a + &row);
        assert_eq!(concatenate![Axis(0), mapped, a], concatenate![Axis(0), a, a]);
        assert_eq!(stack![Axis(0), mapped, a], stack![Axis(0), a, a]);
        mapped.assign_to(&mut sum);
        assert_eq!(sum, a);
    }
}

/// What functions of others ask for.
fn sum_of<A>(array: &A) -> f64
where
    A: AsRef<ArrayRef<f64, Ix2>> + AsRef<RawRef<f64, Ix2>> + AsRef<LayoutRef<f64, Ix2>>,
{
    let (array, raw): (&ArrayRef2<f64>, &RawRef<f64, Ix2>) = (array.as_ref(), array.as_ref());
    assert_eq!(array.as_ptr(), raw.as_ptr());
    array.sum()
}

fn product<A: Dot<B, Output = Array1<f64>>, B>(left: &A, right: &B) -> Array1<f64> {
    left.dot(right)
}

fn all_of<A, B, C>(left: A, right: B) -> C
where
    A: Add<B, Output = C> + Sub<B, Output = C> + Mul<B, Output = C> + Clone,
    B: Clone,
    C: Add<Output = C>,
{
    left.clone() + right.clone() + (left.clone() - right.clone()) + left * right
}

#[test]
fn mapped_arrays_go_into_functions_that_are_generic() {
    let (a, row) = arrays();
    let (_folder, runs) = both();
    for Run { a: mapped, row: mapped_row } in runs {
        assert_eq!(sum_of(&mapped), a.sum());
        assert_eq!(product(&mapped, &mapped_row), a.dot(&row));
        assert_eq!(product(&mapped, &row), a.dot(&row));
        assert_eq!(product(&a, &mapped_row), a.dot(&row));
        assert_eq!(all_of(&mapped, &row), all_of(&a, &row));
        assert_eq!(all_of(mapped, mapped_row), all_of(&a, &row));
    }
}

#[test]
fn mapped_array_becomes_each_kind_of_array() {
    let (a, row) = arrays();
    let (_folder, runs) = both();
    for Run { a: mapped, row: mapped_row } in runs {
        assert_eq!(ArrayView2::from(&mapped), a);
        assert_eq!(ArrayView2::from(&mapped).as_ptr(), mapped.as_ptr());
        assert!(CowArray::from(&mapped).is_view());
        assert_eq!(ArcArray2::from(mapped.clone()), a);
        let a_ref: &ArrayRef2<f64> = &a;
        assert!(mapped == *a_ref);
        assert!(*a_ref == mapped);
        assert_eq!(Array2::from(mapped), a);
        assert_eq!(Array1::from(mapped_row), row);
    }
}

#[test]
fn number_of_axes_changes_where_the_array_is() {
    let (a, _) = arrays();
    let (_folder, runs) = both();
    for Run { a: mapped, .. } in runs {
        let (start, is_mapped) = (mapped.as_ptr(), mapped.is_mapped());
        let path = mapped.path().map(ToOwned::to_owned);
        let array: MmapArrayD<f64> = mapped.into_dyn();
        assert_eq!(array, a.clone().into_dyn());
        let array = array.into_dimensionality::<Ix2>().unwrap();
        assert_eq!((array.as_ptr(), array.is_mapped()), (start, is_mapped));
        assert_eq!((array.path(), &array), (path.as_deref(), &a.clone().into()));
        let error = array.into_dimensionality::<Ix1>().unwrap_err();
        assert_eq!((error.kind(), error.expected()), (ErrorKind::Shape, Some("1 axis")));
        assert_eq!(error.found(), Some("2 axes (shape [300, 400])"));
    }
}

#[test]
fn arrays_are_made_as_those_of_ndarray_are() {
    assert_eq!(MmapArray2::<f32>::zeros((2, 3)), Array2::<f32>::zeros((2, 3)));
    assert_eq!(MmapArrayD::<i64>::ones(vec![2, 3]), ArrayD::<i64>::ones(vec![2, 3]));
    assert_eq!(MmapArray1::from_elem(2, Text::try_from("ab").unwrap())[1].to_string(), "ab");
    let table = MmapArray2::from_shape_fn((3, 4), |(i, j)| (i * 10 + j) as u64);
    assert_eq!(table[[2, 3]], 23);
    let array = (0..5).collect::<MmapArray1<i32>>();
    assert_eq!(array, Array1::from_iter(0..5));
    let error = MmapArray2::from_shape_vec((2, 3), vec![0_u8; 5]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert_eq!(
        (error.expected(), error.found()),
        (Some("as many elements as in shape [2, 3]"), Some("5"))
    );
}

type Text = varpack::npy::FixedText<2>;

#[test]
fn elements_are_gone_over_on_several_threads() {
    use varpack::ndarray::parallel::prelude::*;
    let (a, _) = arrays();
    let (_folder, runs) = both();
    for Run { a: mapped, .. } in runs {
        assert_eq!(mapped.par_iter().sum::<f64>(), a.sum());
        let mut doubled = Array2::zeros(SHAPE);
        Zip::from(&mut doubled).and(&mapped).par_for_each(|to, from| *to = from * 2.0);
        assert_eq!(doubled, &a * 2.0);
    }
}

#[test]
fn clone_shares_the_map_until_one_of_the_two_is_written() {
    let (folder, _) = both();
    let (a, row) = arrays();
    for mode in [Mode::ReadOnly, Mode::CopyOnWrite] {
        let mut run = Run::load_with(folder.path(), &LoadOptions::new().mode(mode)).unwrap();
        let (mut first, second) = (run.a.clone(), run.a.clone());
        assert!(
            first.is_mapped() && first.as_ptr() == run.a.as_ptr() && first.path() == run.a.path()
        );
        first.view_mut().unwrap()[[0, 0]] = -1.0;
        assert!(!first.is_mapped() && first[[0, 0]] == -1.0);
        assert!(run.a == a && second == a && second.is_mapped());
        if mode == Mode::ReadOnly {
            assert_eq!(run.a.view_mut().unwrap_err().kind(), ErrorKind::ReadOnly);
            continue;
        }
        run.a.view_mut().unwrap()[[0, 0]] = -2.0;
        assert!(!run.a.is_mapped() && second == a);
        // Who has it alone writes to its own pages of it.
        let (mut second, start) = (second, run.row.as_ptr());
        second.view_mut().unwrap()[[0, 0]] = -3.0;
        assert!(second.is_mapped() && second[[0, 0]] == -3.0 && run.a[[0, 0]] == -2.0);
        assert_eq!((run.row.as_ptr(), &run.row), (start, &row.clone().into()));
    }
    assert_eq!(Run::load(folder.path()).unwrap().a, a);
}

#[test]
fn clone_of_an_array_of_mode_r_plus_is_not_in_the_way_of_an_edit_in_place() {
    let (folder, _) = both();
    let mut run = Run::edit(folder.path()).unwrap();
    let clone = run.a.clone();
    assert!(!clone.is_mapped());
    run.a.view_mut().unwrap()[[0, 0]] = -1.0;
    assert!(clone[[0, 0]] != -1.0);
}

#[test]
fn clone_that_shares_a_map_keeps_editors_from_the_file_when_the_array_is_gone() {
    let (folder, _) = both();
    let run = Run::load_with(folder.path(), &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap();
    let clone = run.a.clone();
    drop(run);
    let mut editor = Run::edit(folder.path()).unwrap();
    assert_eq!(editor.a.view_mut().unwrap_err().kind(), ErrorKind::Busy);
    drop(clone);
    editor.a.view_mut().unwrap()[[0, 0]] = -1.0;
}

#[test]
fn clone_that_shares_a_map_is_saved_as_the_array_it_is_of() {
    let (folder, _) = both();
    let mut run =
        Run::load_with(folder.path(), &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap();
    let mut clone = run.a.clone();
    clone.view_mut().unwrap()[[0, 0]] = -1.0;
    let kept = std::mem::replace(&mut run.a, clone);
    run.save().unwrap();
    assert!(kept[[0, 0]] != -1.0 && kept.is_mapped());
    drop((run, kept));
    assert_eq!(Run::load(folder.path()).unwrap().a[[0, 0]], -1.0);
}

#[test]
fn clone_on_another_thread_never_sees_a_write_to_the_array() {
    let (folder, _) = both();
    let (a, _) = arrays();
    let mut run =
        Run::load_with(folder.path(), &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap();
    for round in 0..20 {
        let clone = run.a.clone();
        std::thread::scope(|scope| {
            let expected = if round == 0 { a.clone() } else { Array2::from_elem(SHAPE, -1.0) };
            scope.spawn(move || {
                assert_eq!(clone, expected);
                drop(clone); // and whoever comes next may have the map alone
            });
            run.a.view_mut().unwrap().fill(-1.0);
        });
        assert!(run.a.iter().all(|element| *element == -1.0));
    }
}

#[test]
fn clone_of_an_array_of_any_type_shares_the_map_and_a_pack_that_is_detached_has_none() {
    let (folder, _) = both();
    let options = LoadOptions::new().mode(Mode::CopyOnWrite);
    let mut pack = Pack::open_with(folder.path(), &options).unwrap();
    let array = |pack: &Pack| pack.get("a").and_then(PackValue::as_array).unwrap().clone();
    let (mut first, second) = (array(&pack), array(&pack));
    assert!(first.is_mapped() && first.as_bytes().as_ptr() == second.as_bytes().as_ptr());
    first.view_mut::<f64, Ix2>().unwrap()[[0, 0]] = -1.0;
    assert!(!first.is_mapped() && second.view::<f64, Ix2>().unwrap()[[0, 0]] == 1.0);
    pack.detach().unwrap();
    assert!(!array(&pack).is_mapped() && second.is_mapped());
    assert_eq!(array(&pack), second);
}
