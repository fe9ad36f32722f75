//! Each attribute has its effect in each place where the compiler takes it: on every kind of field, of the struct itself
//! and of structs within it.
#![allow(clippy::unwrap_used)]

mod fields_places;

use fields_places::rows::*;
use fields_places::{
    Fields, FlatPlace, Nested, Place, at_all_flat_places, at_all_places, loaded, names, variables,
};
use std::collections::BTreeSet;
use varpack::{LoadOptions, MmapArray1, Varpack};
use varpack_tests::folders::State;
use varpack_tests::holders::{load, saved, unsynced};

/// What is saved has these names, and comes back.
fn is_named<P: Place<T>, T: Fields>(expected: &BTreeSet<String>) {
    let (_parent, folder) = saved(&P::at(T::number(1)));
    assert_eq!(&P::names(&folder), expected);
    assert_eq!(loaded::<P, T>(&folder), T::number(1));
}

#[test]
fn rename_names_every_kind_of_field_in_every_place() {
    fn check<P: Place<Plain> + Place<Renamed>>() {
        is_named::<P, Plain>(&names(&NAMES));
        is_named::<P, Renamed>(&names(&RENAMED));
    }
    fn check_flat<P>()
    where
        P: Place<FlatPlain> + Place<FlatRenamed> + Place<GroupsPlain> + Place<GroupsRenamed>,
    {
        is_named::<P, FlatPlain>(&names(&FLAT_NAMES));
        is_named::<P, FlatRenamed>(&names(&FLAT_RENAMED));
        is_named::<P, GroupsPlain>(&dotted(GROUPS));
        is_named::<P, GroupsRenamed>(&dotted(GROUPS_RENAMED));
    }
    at_all_places!(check);
    at_all_flat_places!(check_flat);
}

#[test]
fn rename_all_names_every_kind_of_field_in_every_place() {
    fn check<P: Place<Upper>>() {
        is_named::<P, Upper>(&names(&["as it is", "ARRAY", "OPTION", "NUMBERS", "DICT", "STEP"]));
    }
    fn check_flat<P: Place<FlatUpper> + Place<GroupsUpper>>() {
        let flat = ["SEPARATE", "as it is", "LIST", "MAP", "BY_NUMBER", "STEP"];
        is_named::<P, FlatUpper>(&names(&flat));
        is_named::<P, GroupsUpper>(&dotted(["as it is", "MANY", "MAP", "MAYBE", "STEP"]));
    }
    at_all_places!(check);
    at_all_flat_places!(check_flat);
}

#[test]
fn prefix_stands_in_the_place_of_the_name_in_every_place() {
    fn check<P: Place<GroupsPrefixed>>() {
        is_named::<P, GroupsPrefixed>(&of_groups(["o_", "l_", "m_", "y_"], GROUPS));
    }
    at_all_flat_places!(check);
}

/// What was saved under older names is found, and the next save has the present ones, and nothing else.
fn is_renamed<P: Place<Old> + Place<New>, Old: Fields, New: Fields>() {
    let new = || <P as Place<New>>::at(New::number(1));
    let (_parent, fresh) = saved(&new());
    type At<P, New> = <P as Place<New>>::At;
    let old = || saved(&<P as Place<Old>>::at(Old::number(1)));

    let (_parent, folder) = old();
    let mut there = load::<At<P, New>>(&folder);
    assert_eq!(<P as Place<New>>::of(&mut there), &New::number(1));
    there.save_with(&unsynced()).unwrap();
    assert_eq!(variables(&folder), variables(&fresh), "loaded");
    assert_eq!(State::of(&folder).names(), State::of(&fresh).names(), "loaded");

    let (_parent, folder) = old();
    let there = At::<P, New>::load(&folder).unwrap();
    there.save_with(&folder, &unsynced()).unwrap();
    assert_eq!(variables(&folder), variables(&fresh), "plain");

    let (_parent, folder) = old();
    let copy = folder.with_extension("copy");
    load::<At<P, New>>(&folder).save_to_with(&copy, &unsynced()).unwrap();
    assert_eq!(variables(&copy), variables(&fresh), "copied");
}

#[test]
fn alias_finds_every_kind_of_field_in_every_place() {
    fn check<P: Place<Renamed> + Place<Newer>>() {
        is_renamed::<P, Renamed, Newer>();
    }
    fn check_flat<P>()
    where
        P: Place<FlatRenamed> + Place<FlatNewer> + Place<GroupsRenamed> + Place<GroupsNewer>,
    {
        is_renamed::<P, FlatRenamed, FlatNewer>();
        is_renamed::<P, GroupsRenamed, GroupsNewer>();
    }
    is_renamed::<Nested, RenamedArrays, NewerArrays>();
    at_all_flat_places!(check);
    at_all_flat_places!(check_flat);
}

/// Where the folder has nothing of a field it has its default; where it has something, that.
fn defaults_to<P: Place<Nothing> + Place<T>, T: Fields>(mut expected: T) {
    let (_parent, folder) = saved(&<P as Place<Nothing>>::at(Nothing::number(*expected.step())));
    assert_eq!(loaded::<P, T>(&folder), expected);
    let (_parent, folder) = saved(&<P as Place<T>>::at(T::number(1)));
    assert_eq!(loaded::<P, T>(&folder), T::number(1));
}

#[test]
fn default_is_for_every_kind_of_field_in_every_place() {
    fn check<P: Place<Nothing> + Place<Defaults> + Place<Sevens>>() {
        defaults_to::<P, Defaults>(Fields::unset());
        defaults_to::<P, Sevens>(Sevens { option: None, ..Fields::number(7) });
    }
    fn check_flat<P>()
    where
        P: Place<Nothing>
            + Place<FlatDefaults>
            + Place<FlatSevens>
            + Place<GroupsDefaults>
            + Place<GroupsSevens>,
    {
        defaults_to::<P, FlatDefaults>(Fields::unset());
        defaults_to::<P, FlatSevens>(Fields::number(7));
        defaults_to::<P, GroupsDefaults>(Fields::unset());
        defaults_to::<P, GroupsSevens>(Fields::number(7));
    }
    at_all_places!(check);
    at_all_flat_places!(check_flat);
}

/// A field with a default is left out of a load that skips it, and stays in the folder.
fn may_be_skipped<P: Place<T>, T: Fields>(fields: &[&str], mut expected: T) {
    let (_parent, folder) = saved(&P::at(T::number(1)));
    let before = State::of(&folder);
    let skip = fields.iter().map(|name| format!("{}{name}", P::PREFIX));
    let mut there = P::At::load_with(&folder, &LoadOptions::new().skip(skip)).unwrap();
    *expected.step() = 1;
    assert_eq!(P::of(&mut there), &expected);
    there.save_with(&unsynced()).unwrap();
    before.assert_untouched(&folder);
}

#[test]
fn field_with_a_default_may_be_skipped_in_every_place_and_stays() {
    fn check<P>()
    where
        P: FlatPlace<Defaults>
            + FlatPlace<Sevens>
            + FlatPlace<FlatDefaults>
            + FlatPlace<FlatSevens>
            + FlatPlace<GroupsDefaults>
            + FlatPlace<GroupsSevens>,
    {
        may_be_skipped::<P, Defaults>(&NAMES[..5], Fields::unset());
        let sevens = Sevens { option: None, ..Fields::number(7) };
        may_be_skipped::<P, Sevens>(&NAMES[..5], sevens);
        may_be_skipped::<P, FlatDefaults>(&FLAT_NAMES[..5], Fields::unset());
        may_be_skipped::<P, FlatSevens>(&FLAT_NAMES[..5], Fields::number(7));
        may_be_skipped::<P, GroupsDefaults>(&GROUPS[..4], Fields::unset());
        may_be_skipped::<P, GroupsSevens>(&GROUPS[..4], Fields::number(7));
    }
    at_all_flat_places!(check);
}

/// What is not saved is not there; it is loaded (`found`) from a folder that has it, which a save leaves there.
fn is_unsaved<P: Place<Nothing> + Place<Full> + Place<T>, Full: Fields, T: Fields>(
    unset: u8,
    found: bool,
) {
    let expected = |number: u8, step: u8| {
        let mut expected = if number == 0 { T::unset() } else { T::number(number) };
        *expected.step() = step;
        expected
    };
    let (_parent, folder) = saved(&<P as Place<T>>::at(T::number(1)));
    let (_parent, nothing) = saved(&<P as Place<Nothing>>::at(Nothing::number(1)));
    assert_eq!(variables(&folder), variables(&nothing));
    assert_eq!(loaded::<P, T>(&folder), expected(unset, 1));

    let (_parent, folder) = saved(&<P as Place<Full>>::at(Full::number(2)));
    let before = State::of(&folder);
    let mut there = load::<<P as Place<T>>::At>(&folder);
    assert_eq!(<P as Place<T>>::of(&mut there), &expected(if found { 2 } else { unset }, 2));
    there.save_with(&unsynced()).unwrap();
    before.assert_untouched(&folder);
    *<P as Place<T>>::of(&mut there) = T::number(4);
    there.save_with(&unsynced()).unwrap();
    let mut full = Full::number(2);
    *full.step() = 4;
    assert_eq!(loaded::<P, Full>(&folder), full);
}

#[test]
fn skip_leaves_every_kind_of_field_out_in_every_place() {
    fn check<P>()
    where
        P: Place<Nothing> + Place<Plain> + Place<Skipped> + Place<SkippedSevens>,
    {
        is_unsaved::<P, Plain, Skipped>(0, false);
        is_unsaved::<P, Plain, SkippedSevens>(7, false);
    }
    at_all_places!(check);
}

#[test]
fn skip_save_saves_no_kind_of_field_in_any_place_and_loads_each() {
    fn check<P>()
    where
        P: Place<Nothing> + Place<Plain> + Place<Renamed>,
        P: Place<Unsaved> + Place<UnsavedSevens> + Place<UnsavedNewer>,
    {
        is_unsaved::<P, Plain, Unsaved>(0, true);
        is_unsaved::<P, Plain, UnsavedSevens>(7, true);
        is_unsaved::<P, Renamed, UnsavedNewer>(0, true);
    }
    fn check_flat<P>()
    where
        P: Place<Nothing>
            + Place<FlatPlain>
            + Place<FlatRenamed>
            + Place<GroupsPlain>
            + Place<GroupsRenamed>,
        P: Place<FlatUnsaved> + Place<FlatUnsavedSevens> + Place<FlatUnsavedNewer>,
        P: Place<GroupsUnsaved> + Place<GroupsUnsavedSevens> + Place<GroupsUnsavedNewer>,
    {
        is_unsaved::<P, FlatPlain, FlatUnsaved>(0, true);
        is_unsaved::<P, FlatPlain, FlatUnsavedSevens>(7, true);
        is_unsaved::<P, FlatRenamed, FlatUnsavedNewer>(0, true);
        is_unsaved::<P, GroupsPlain, GroupsUnsaved>(0, true);
        is_unsaved::<P, GroupsPlain, GroupsUnsavedSevens>(7, true);
        is_unsaved::<P, GroupsRenamed, GroupsUnsavedNewer>(0, true);
    }
    at_all_places!(check);
    at_all_flat_places!(check_flat);
}

/// What is not loaded is saved, kept, and replaced once it is set, by a `Loaded` and by a plain struct.
fn is_unloaded<P: Place<Full> + Place<T>, Full: Fields, T: Fields>(unset: u8) {
    let mut expected = if unset == 0 { T::unset() } else { T::number(unset) };
    *expected.step() = 1;
    let full = |number: u8, step: u8| {
        let mut full = Full::number(number);
        *full.step() = step;
        full
    };
    for is_plain in [false, true] {
        let (_parent, folder) = saved(&<P as Place<T>>::at(T::number(1)));
        assert_eq!(loaded::<P, Full>(&folder), full(1, 1));
        let before = State::of(&folder);
        let mut there = load::<<P as Place<T>>::At>(&folder);
        let save = |there: &varpack::Loaded<<P as Place<T>>::At>| match is_plain {
            true => (**there).save_with(&folder, &unsynced()).unwrap(),
            false => there.save_with(&unsynced()).unwrap(),
        };
        assert_eq!(<P as Place<T>>::of(&mut there), &expected);
        save(&there);
        before.assert_untouched(&folder);
        *<P as Place<T>>::of(&mut there).step() = 2;
        save(&there);
        assert_eq!(loaded::<P, Full>(&folder), full(1, 2), "plain: {is_plain}");
        *<P as Place<T>>::of(&mut there) = T::number(3);
        save(&there);
        assert_eq!(loaded::<P, Full>(&folder), full(3, 3), "plain: {is_plain}");
    }
}

#[test]
fn skip_load_loads_no_kind_of_field_in_any_place_and_keeps_each() {
    fn check<P>()
    where
        P: FlatPlace<Plain> + FlatPlace<Unloaded> + FlatPlace<UnloadedSevens>,
        P: FlatPlace<FlatPlain> + FlatPlace<FlatUnloaded> + FlatPlace<FlatUnloadedSevens>,
    {
        is_unloaded::<P, Plain, Unloaded>(0);
        is_unloaded::<P, Plain, UnloadedSevens>(7);
        is_unloaded::<P, FlatPlain, FlatUnloaded>(0);
        is_unloaded::<P, FlatPlain, FlatUnloadedSevens>(7);
    }
    at_all_flat_places!(check);
}

/// Under its older name, until it is set.
fn is_unloaded_and_renamed<
    P: Place<Old> + Place<New> + Place<T>,
    Old: Fields,
    New: Fields,
    T: Fields,
>() {
    let (_parent, folder) = saved(&<P as Place<Old>>::at(Old::number(1)));
    let mut there = load::<<P as Place<T>>::At>(&folder);
    there.save_with(&unsynced()).unwrap();
    assert_eq!(loaded::<P, Old>(&folder), Old::number(1));
    *there = <P as Place<T>>::at(T::number(3));
    there.save_with(&unsynced()).unwrap();
    let (_parent, fresh) = saved(&<P as Place<New>>::at(New::number(3)));
    assert_eq!(variables(&folder), variables(&fresh));
}

#[test]
fn alias_of_what_is_not_loaded_is_kept_in_every_place_until_the_field_is_set() {
    fn check<P>()
    where
        P: FlatPlace<Renamed> + FlatPlace<Plain> + FlatPlace<UnloadedNewer>,
        P: FlatPlace<FlatRenamed> + FlatPlace<FlatPlain> + FlatPlace<FlatUnloadedNewer>,
    {
        is_unloaded_and_renamed::<P, Renamed, Plain, UnloadedNewer>();
        is_unloaded_and_renamed::<P, FlatRenamed, FlatPlain, FlatUnloadedNewer>();
    }
    at_all_flat_places!(check);
}

/// The files in which a struct's fields are, but for those that a folder has always.
fn files<P: Place<T>, T: Fields>() -> BTreeSet<String> {
    let (_parent, folder) = saved(&P::at(T::number(1)));
    let state = State::of(&folder);
    let own = state.names().into_iter().filter_map(|name| name.strip_prefix(P::PREFIX));
    let is_file = |name: &&str| !["__misc_vars__.pickle", "varpack.json"].contains(name);
    own.filter(is_file).map(str::to_owned).collect()
}

#[test]
fn every_kind_of_field_is_in_the_file_that_its_attribute_says_in_every_place() {
    fn check<P: Place<Plain>>() {
        assert_eq!(files::<P, Plain>(), names(&["array.npy", "option.npy", "numbers.npy"]));
    }
    fn check_flat<P>()
    where
        P: FlatPlace<FlatPlain>
            + FlatPlace<InPickles>
            + FlatPlace<AllInFiles>
            + FlatPlace<GroupsPlain>,
    {
        let files_of_plain = [
            "separate.pickle",
            "in_pickle.pickle",
            "list.pickle",
            "list-0.npy",
            "list-1.npy",
            "map.pickle",
            "map-long.npy",
            "by_number.pickle",
            "by_number-5.npy",
        ];
        assert_eq!(files::<P, FlatPlain>(), names(&files_of_plain));
        let pickles = ["in_pickle.pickle", "list.pickle", "map.pickle", "by_number.pickle"];
        assert_eq!(files::<P, InPickles>(), names(&pickles));
        let all = [
            "separate.pickle",
            "in_pickle.npy",
            "list.pickle",
            "list-0.npy",
            "list-1.npy",
            "map.pickle",
            "map-long.npy",
            "map-short.npy",
            "by_number.pickle",
            "by_number-5.npy",
        ];
        assert_eq!(files::<P, AllInFiles>(), names(&all));
        assert_eq!(files::<P, GroupsPlain>(), names(&[]));
    }
    at_all_places!(check);
    at_all_flat_places!(check_flat);
}

#[test]
fn arrays_under_mmap_are_mapped_in_every_place() {
    /// Small ones are read.
    fn large() -> MmapArray1<f32> {
        vec![1.0; 20_000].into()
    }
    fn check<P: Place<Plain>>() {
        let plain = Plain { array: large(), option: Some(large()), ..Plain::number(1) };
        let (_parent, folder) = saved(&P::at(plain));
        let plain = loaded::<P, Plain>(&folder);
        assert!(plain.array.is_mapped() && plain.option.unwrap().is_mapped());
    }
    fn check_flat<P: FlatPlace<FlatPlain>>() {
        let plain = FlatPlain {
            in_pickle: large(),
            list: vec![large()],
            map: [("long".to_owned(), large())].into(),
            by_number: [(5, large())].into(),
            ..FlatPlain::number(1)
        };
        let (_parent, folder) = saved(&P::at(plain));
        let plain = loaded::<P, FlatPlain>(&folder);
        assert!(plain.list[0].is_mapped() && plain.map["long"].is_mapped());
        assert!(plain.by_number[&5].is_mapped() && !plain.in_pickle.is_mapped());
    }
    at_all_places!(check);
    at_all_flat_places!(check_flat);
}
