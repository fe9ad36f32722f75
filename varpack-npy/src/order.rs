//! Elements in another order of axes.

/// Puts the elements of an array in Fortran order, of `itemsize` bytes each, in C order. Of what is not as long as the shape
/// says, only as much is moved as there is.
pub fn to_c_order(shape: &[usize], itemsize: usize, elements: &[u8], ordered: &mut [u8]) {
    if shape.contains(&0) {
        return;
    }
    // How far it is from one index of an axis to the next, in bytes.
    let mut step = itemsize;
    let mut axes = Vec::with_capacity(shape.len());
    // Along one of length 1 there is nowhere to go.
    for &len in shape.iter().filter(|&&len| len > 1) {
        axes.push(Axis { len, step, index: 0 });
        step = step.saturating_mul(len);
    }
    let mut place = 0_usize;
    for target in ordered.chunks_exact_mut(itemsize.max(1)) {
        let Some(element) = elements.get(place..place.saturating_add(target.len())) else { return };
        target.copy_from_slice(element);
        for axis in axes.iter_mut().rev() {
            axis.index += 1;
            if axis.index < axis.len {
                place = place.saturating_add(axis.step);
                break;
            }
            // Over its end, to its start, and on along the axis before.
            place -= axis.step * (axis.len - 1);
            axis.index = 0;
        }
    }
}

/// Where one is along an axis.
struct Axis {
    len: usize,
    step: usize,
    index: usize,
}

#[cfg(test)]
mod tests {
    use super::to_c_order;

    fn ordered(shape: &[usize], itemsize: usize, elements: &[u8]) -> Vec<u8> {
        let mut ordered = vec![0; elements.len()];
        to_c_order(shape, itemsize, elements, &mut ordered);
        ordered
    }

    #[test]
    fn last_axis_varies_fastest_afterwards() {
        assert_eq!(ordered(&[2, 3], 1, &[1, 2, 3, 4, 5, 6]), [1, 3, 5, 2, 4, 6]);
        assert_eq!(ordered(&[2, 2], 2, &[1, 1, 2, 2, 3, 3, 4, 4]), [1, 1, 3, 3, 2, 2, 4, 4]);
        let cube: Vec<u8> = (0..24).collect();
        // (i, j, k) is at i + 2 * (j + 3 * k) in Fortran order.
        let expected: Vec<u8> = (0..2)
            .flat_map(|i| (0..3).flat_map(move |j| (0..4).map(move |k| i + 2 * (j + 3 * k))))
            .collect();
        assert_eq!(ordered(&[2, 3, 4], 1, &cube), expected);
    }

    #[test]
    fn arrays_without_axes_or_elements_stay_as_they_are() {
        assert_eq!(ordered(&[], 2, &[1, 2]), [1, 2]);
        assert_eq!(ordered(&[0, 3], 4, &[]), []);
        assert_eq!(ordered(&[3, 2], 0, &[]), []);
    }

    #[test]
    fn bytes_that_are_not_as_many_as_the_shape_says_are_no_panic() {
        for len in 0..8 {
            ordered(&[2, 3], 1, &vec![1; len]);
            ordered(&[usize::MAX, usize::MAX, 2], 1, &vec![1; len]);
            ordered(&[0, 0], 1, &vec![1; len]);
        }
    }
}
