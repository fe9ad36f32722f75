//! What a save of a struct under `#[varpack(save_only)]` does to the folder that is there.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use varpack::{ErrorKind, MmapArray1, SaveOptions, Varpack};
use varpack_tests::folders::State;
use varpack_tests::holders::{saved, unsynced};

#[derive(Varpack)]
#[varpack(save_only)]
struct Borrower<'a> {
    step: u64,
    #[varpack(mmap)]
    m: &'a MmapArray1<f64>,
    #[varpack(mmap)]
    x: &'a [f64],
}

#[derive(Varpack)]
struct Owner {
    step: u64,
    #[varpack(mmap)]
    m: MmapArray1<f64>,
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(default)]
    other: String,
}

fn owner() -> Owner {
    let (m, x) = (vec![1.0; 20_000].into(), vec![2.0; 3].into());
    Owner { step: 1, m, x, other: "stays".to_owned() }
}

#[test]
fn save_over_a_folder_keeps_what_the_struct_does_not_know_and_replaces_the_rest() {
    let (_parent, folder) = saved(&owner());
    let m = MmapArray1::from(vec![3.0; 5]);
    Borrower { step: 2, m: &m, x: &[4.0] }.save(&folder).unwrap();
    let found = Owner::load(&folder).unwrap();
    assert_eq!((found.step, found.m.len(), found.x[0]), (2, 5, 4.0));
    assert_eq!(found.other, "stays");
    let prune = unsynced().prune(true);
    Borrower { step: 2, m: &m, x: &[4.0] }.save_with(&folder, &prune).unwrap();
    assert_eq!(Owner::load(&folder).unwrap().other, "");
}

#[test]
fn options_are_those_of_every_save() {
    let (_parent, folder) = saved(&owner());
    let m = MmapArray1::from(vec![3.0; 5]);
    let borrower = Borrower { step: 2, m: &m, x: &[4.0] };
    borrower.save_with(&folder, &unsynced().keep(["step", "x"])).unwrap();
    let found = Owner::load(&folder).unwrap();
    assert_eq!((found.step, found.m.len(), found.x[0]), (1, 5, 2.0));
    let error = borrower.save_with(&folder, &unsynced().keep(["stepp"])).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("stepp")));
    let cancelled = SaveOptions::new().progress(|_| ControlFlow::Break(()));
    let before = State::of(&folder);
    let error = borrower.save_with(&folder, &cancelled).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    before.assert_untouched(&folder);
}

#[test]
fn mapped_array_that_is_borrowed_tells_what_another_has_saved_since() {
    let (_parent, folder) = saved(&owner());
    let mut loaded = Owner::load(&folder).unwrap();
    loaded.m.view_mut().unwrap()[0] = 5.0;
    Owner { m: vec![9.0; 20_000].into(), ..owner() }.save(&folder).unwrap();
    let before = State::of(&folder);
    let borrower = Borrower { step: 3, m: &loaded.m, x: &[4.0] };
    let error = borrower.save(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m")), "{error}");
    before.assert_untouched(&folder);
    borrower.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    assert_eq!(Owner::load(&folder).unwrap().m[0], 5.0);
}

#[test]
fn without_a_loaded_array_nothing_is_remembered_as_of_any_plain_struct() {
    let (_parent, folder) = saved(&owner());
    let m = MmapArray1::from(vec![3.0; 5]);
    let borrower = Borrower { step: 2, m: &m, x: &[4.0] };
    Owner::update(&folder, |owner| {
        owner.step = 100;
        Ok(())
    })
    .unwrap();
    borrower.save(&folder).unwrap();
    assert_eq!(Owner::load(&folder).unwrap().step, 2);
}

#[test]
fn name_of_before_is_replaced_by_a_save() {
    #[derive(Varpack)]
    #[varpack(save_only, rename_all = "camelCase")]
    struct Renamed<'a> {
        #[varpack(mmap, alias = "m")]
        new_name: &'a [f64],
    }
    let (_parent, folder) = saved(&owner());
    Renamed { new_name: &[1.0] }.save(&folder).unwrap();
    assert!(folder.join("newName.npy").exists() && !folder.join("m.npy").exists());
    assert!(folder.join("x.npy").exists());
}
