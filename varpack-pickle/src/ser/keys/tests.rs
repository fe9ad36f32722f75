use super::*;
use std::collections::{BTreeMap, HashMap};

fn are_distinct_in<M: IntoIterator<Item = (K, V)>, K, V>(_map: M) -> bool {
    are_distinct::<K, M>()
}

#[test]
fn keys_of_the_usual_maps_are_known_to_be_distinct_and_no_others() {
    assert!(are_distinct_in(&BTreeMap::<String, u8>::new()));
    assert!(are_distinct_in(&BTreeMap::<&str, u8>::new()));
    assert!(are_distinct_in(&HashMap::<u64, u8>::new()));
    assert!(!are_distinct_in(&BTreeMap::<bool, u8>::new()));
    assert!(!are_distinct_in(&BTreeMap::<(u8, u8), u8>::new()));
    assert!(!are_distinct_in([("a", 1), ("a", 2)]));
    let twice = [(&"a".to_owned(), 1), (&"a".to_owned(), 2)];
    assert!(!are_distinct_in(twice));
}
