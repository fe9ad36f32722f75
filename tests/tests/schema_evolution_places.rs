//! Lists become arrays, arrays lists, and `cast` comes and goes, in each place where a field may be.
#![allow(clippy::unwrap_used, dead_code, unused_imports, unused_macros)]

mod fields_places;

use fields_places::rows::{Casts, Listed, Plain};
use fields_places::{Fields, Nested, Place, at_all_flat_places, at_all_places, loaded, variables};
use std::collections::BTreeSet;
use varpack::Varpack;
use varpack_tests::holders::{load, saved, unsynced};

/// What was saved by the one struct is loaded by the other, and saved by that, changed or not, is there for both.
fn becomes<P: Place<Old> + Place<New>, Old: Fields, New: Fields>() {
    let (_parent, folder) = saved(&<P as Place<Old>>::at(Old::number(1)));
    let names = || variables(&folder).into_keys().collect::<BTreeSet<_>>();
    let before = names();
    let there = load::<<P as Place<New>>::At>(&folder);
    assert_eq!(loaded::<P, New>(&folder), New::number(1));
    there.save_with(&unsynced()).unwrap();
    assert_eq!(loaded::<P, New>(&folder), New::number(1));
    assert_eq!(loaded::<P, Old>(&folder), Old::number(1));
    <P as Place<New>>::at(New::number(2)).save_with(&folder, &unsynced()).unwrap();
    assert_eq!(loaded::<P, New>(&folder), New::number(2));
    assert_eq!(loaded::<P, Old>(&folder), Old::number(2));
    assert_eq!(names(), before);
}

#[test]
fn list_becomes_an_array_and_back_in_every_place() {
    fn check<P: Place<Plain> + Place<Listed>>() {
        becomes::<P, Plain, Listed>();
        becomes::<P, Listed, Plain>();
    }
    at_all_places!(check);
}

#[test]
fn cast_has_no_effect_on_arrays_of_the_fields_dtype_in_any_place() {
    fn check<P: Place<Plain> + Place<Casts>>() {
        becomes::<P, Plain, Casts>();
        becomes::<P, Casts, Plain>();
    }
    at_all_places!(check);
}
