//! Views into memory on the heap, small enough for Miri to watch: `cargo +nightly miri test mapping`.

use super::{Memory, TypedView};
use crate::array::layout::Layout;
use crate::npy::{Element, Header};
use crate::{ErrorKind, MmapArray, MmapArray2, MmapArrayD};
use ndarray::{Array2, Dimension, Ix0, Ix1, Ix2, IxDyn, array};
use std::thread;

fn layout(shape: &[usize], fortran_order: bool) -> Layout<'_> {
    Layout { shape, fortran_order }
}

fn view<T: Element, D: Dimension>(elements: &[T], shape: &[usize]) -> TypedView<T, D> {
    let memory = Memory::copy_of(bytemuck::cast_slice(elements)).unwrap();
    TypedView::new(memory, 0, &layout(shape, false)).unwrap()
}

#[test]
fn elements_are_read_again_after_they_were_written() {
    let mut view: TypedView<f32, Ix2> = view(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
    assert_eq!(view[[1, 2]], 6.0);
    view.view_mut().unwrap()[[1, 2]] = 60.0;
    assert_eq!(view[[1, 2]], 60.0);
    view.view_mut().unwrap().mapv_inplace(|element| element + 1.0);
    assert_eq!(*view, array![[2.0, 3.0, 4.0], [5.0, 6.0, 61.0]]);
}

#[test]
fn first_axis_varies_fastest_in_fortran_order() {
    let memory = Memory::copy_of(bytemuck::cast_slice(&[1_i64, 2, 3, 4, 5, 6])).unwrap();
    let layout = layout(&[2, 3], true);
    let mut view: TypedView<i64, Ix2> = TypedView::new(memory, 0, &layout).unwrap();
    assert_eq!(*view, array![[1, 3, 5], [2, 4, 6]]);
    view.view_mut().unwrap()[[0, 1]] = 30;
    let (memory, offset) = view.into_memory();
    let elements: &[i64] = bytemuck::cast_slice(&memory.bytes()[offset..]);
    assert_eq!(elements, [1, 2, 30, 4, 5, 6]);
}

#[test]
fn elements_that_are_arrays_are_the_last_axes() {
    let memory = Memory::copy_of(bytemuck::cast_slice(&[1_i16, 2, 3, 4, 5, 6])).unwrap();
    let header = Header { dtype: i16::dtype(), fortran_order: false, shape: vec![2, 3] };
    let layout = Layout::of_header::<[i16; 3], Ix1>(&header).unwrap();
    let mut view: TypedView<[i16; 3], Ix1> = TypedView::new(memory, 0, &layout).unwrap();
    view.view_mut().unwrap()[1][0] = 40;
    assert_eq!(view.to_vec(), [[1, 2, 3], [40, 5, 6]]);
    let (memory, _) = view.into_memory();
    assert!(TypedView::<[i16; 4], Ix1>::new(memory, 0, &layout).is_err(), "larger than there is");
}

#[test]
fn elements_stay_where_they_are_when_their_owner_moves() {
    let mut views: Vec<TypedView<u16, Ix1>> = Vec::new();
    for first in 0..20 {
        // The vector moves what it holds as it grows.
        views.push(view(&[first, first + 1], &[2]));
    }
    let mut boxed = Box::new(views.swap_remove(3));
    boxed.view_mut().unwrap()[1] = 40;
    let moved = *boxed;
    assert_eq!(moved.to_vec(), [3, 40]);
    assert!(views.iter().all(|view| view[1] == view[0] + 1));
}

#[test]
fn a_view_is_read_and_written_by_other_threads() {
    let mut view: TypedView<i32, Ix1> = view(&[1, 2, 3], &[3]);
    thread::scope(|scope| {
        let readers = [scope.spawn(|| view.sum()), scope.spawn(|| view.sum())];
        assert_eq!(readers.map(|reader| reader.join().unwrap()), [6, 6]);
    });
    let view = thread::spawn(move || {
        view.view_mut().unwrap()[0] = 10;
        view
    });
    assert_eq!(view.join().unwrap().sum(), 15);
}

#[test]
fn elements_may_start_behind_a_header() {
    let mut bytes = vec![0; 64];
    bytes.extend_from_slice(bytemuck::bytes_of(&[7.0_f64, 8.0]));
    let memory = Memory::copy_of(&bytes).unwrap();
    let mut view: TypedView<f64, Ix1> = TypedView::new(memory, 64, &layout(&[2], false)).unwrap();
    view.view_mut().unwrap()[0] = 9.0;
    assert_eq!(view.to_vec(), [9.0, 8.0]);
    let (memory, offset) = view.into_memory();
    assert!(memory.bytes()[..offset].iter().all(|&byte| byte == 0));
}

#[test]
fn arrays_without_axes_or_elements_are_views_too() {
    let mut scalar: TypedView<f64, Ix0> = view(&[2.5], &[]);
    scalar.view_mut().unwrap()[()] = 3.5;
    assert_eq!(scalar[()], 3.5);
    let mut empty: TypedView<f64, Ix2> = view(&[], &[3, 0]);
    assert!(empty.view_mut().unwrap().is_empty());
    let memory = Memory::copy_of(&[1; 16]).unwrap();
    let at_the_end: TypedView<u64, IxDyn> =
        TypedView::new(memory, 16, &layout(&[0], false)).unwrap();
    assert_eq!(at_the_end.iter().count(), 0);
}

#[test]
fn bytes_that_are_no_bool_are_refused_and_bools_are_written() {
    let refused =
        TypedView::<bool, Ix1>::new(Memory::copy_of(&[1, 0, 2]).unwrap(), 0, &layout(&[3], false));
    assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Npy));
    let mut view: TypedView<bool, Ix1> = view(&[true, false], &[2]);
    view.view_mut().unwrap()[1] = true;
    assert_eq!(view.to_vec(), [true, true]);
}

#[test]
fn memory_too_short_or_unaligned_is_refused() {
    for (offset, len) in [(0, 2), (1, 1), (8, 1), (16, 1), (1, 0), (16, 0), (usize::MAX, 0)] {
        let memory = Memory::copy_of(&[0; 15]).unwrap();
        let refused = TypedView::<u64, Ix1>::new(memory, offset, &layout(&[len], false));
        assert_eq!(
            refused.err().map(|error| error.kind()),
            Some(ErrorKind::Npy),
            "{offset}, {len}"
        );
    }
}

#[test]
fn an_array_changes_its_type_and_goes_back() {
    let array = Array2::from_shape_fn((2, 3), |(row, column)| (10 * row + column) as f64);
    let mut mapped: MmapArray2<f64> = array.clone().into();
    let copy = mapped.clone();
    mapped.view_mut().unwrap()[[0, 0]] = 5.0;
    assert_eq!((copy[[0, 0]], mapped[[0, 0]]), (0.0, 5.0));
    let any = crate::AnyArray::try_from(mapped).unwrap();
    let back: MmapArrayD<f64> = any.downcast().unwrap();
    assert_eq!(back[[0, 0]], 5.0);
    assert_eq!(MmapArray::from(array), copy);
}
