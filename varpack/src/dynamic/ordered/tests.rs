use super::*;

#[test]
fn items_stay_in_order_whatever_is_taken_out() {
    let mut ordered = Ordered::default();
    let mut model = Vec::new();
    for step in 0..2000_u64 {
        // Up and down, and never the same pattern twice.
        let key = step.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
        match ordered.remove(&key) {
            Some(item) => {
                assert_eq!(item, key);
                model.retain(|&item| item != key);
            }
            None => {
                ordered.push(key, key);
                model.push(key);
            }
        }
        assert!(ordered.iter().eq(&model) && ordered.iter().len() == model.len());
        assert!(model.iter().all(|key| ordered.get(key) == Some(key)));
        assert!(ordered.slots.len() <= FEW.max(2 * model.len() + 1));
    }
    assert_eq!(ordered.into_iter().collect::<Vec<_>>(), model);
}

#[test]
fn taking_all_out_moves_each_item_a_few_times_at_most() {
    let mut ordered = Ordered::default();
    (0..10_000).for_each(|key| ordered.push(key, key));
    let mut moved = 0;
    for key in 0..10_000 {
        let before = ordered.slots.len();
        assert_eq!(ordered.remove(&key), Some(key));
        moved += if ordered.slots.len() == before { 0 } else { before };
    }
    assert!(moved <= 20_000, "{moved}");
}
