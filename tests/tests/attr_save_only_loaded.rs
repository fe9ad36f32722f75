//! `#[varpack(save_only)]` with arrays that were loaded: what their memory of the load is worth to a struct that has none.
#![allow(clippy::unwrap_used)]

use ndarray::{ArrayView1, s};
use std::collections::BTreeMap;
use std::path::Path;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Varpack};
use varpack_tests::folders::{MODES, Stamp, State};
use varpack_tests::holders::{saved, unsynced};

const FILES: [&str; 3] = ["m-a.npy", "m-b.npy", "x.npy"];

#[derive(Varpack, Debug, PartialEq)]
struct Run {
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    step: u64,
    #[varpack(default)]
    note: String,
}

/// The same by name, but for `note`.
#[derive(Varpack)]
#[varpack(save_only)]
struct Borrowed<'a> {
    #[varpack(mmap)]
    m: BTreeMap<&'a str, &'a MmapArray1<f64>>,
    #[varpack(mmap)]
    x: &'a MmapArray1<f64>,
    step: u64,
}

fn array(first: f64) -> MmapArray1<f64> {
    let mut elements = vec![0.0; 20_000];
    elements[0] = first;
    elements.into()
}

fn run() -> Run {
    let m = ["a", "b"].map(|key| (key.to_owned(), array(1.0)));
    Run { m: m.into(), x: array(2.0), step: 1, note: "stays".to_owned() }
}

impl Run {
    fn borrowed(&self, step: u64) -> Borrowed<'_> {
        let m = self.m.iter().map(|(key, array)| (key.as_str(), array)).collect();
        Borrowed { m, x: &self.x, step }
    }
}

fn stamps(folder: &Path) -> [Stamp; 3] {
    FILES.map(|file| Stamp::at(folder.join(file)))
}

fn loaded(folder: &Path, mode: Mode) -> Run {
    Run::load_with(folder, &LoadOptions::new().mode(mode)).unwrap().into_inner()
}

#[test]
fn loaded_arrays_in_a_borrowed_map_are_left_alone_and_so_is_what_the_struct_does_not_have() {
    for mode in MODES {
        let (_parent, folder) = saved(&run());
        let loaded = loaded(&folder, mode);
        let before = stamps(&folder);
        loaded.borrowed(2).save_with(&folder, &unsynced()).unwrap();
        loaded.borrowed(3).save_with(&folder, &unsynced()).unwrap();
        assert_eq!(stamps(&folder), before, "{mode:?}");
        assert_eq!(Run::load(&folder).unwrap(), Run { step: 3, ..run() }, "{mode:?}");
    }
}

#[test]
fn loaded_arrays_are_saved_in_another_folder_and_stay_those_of_their_own() {
    for mode in MODES {
        let (_parent, folder) = saved(&run());
        let (_other, other) = saved(&Run { step: 9, ..run() });
        let mut mine = loaded(&folder, mode);
        let before = stamps(&folder);
        for _ in 0..2 {
            mine.borrowed(2).save_with(&other, &unsynced()).unwrap();
        }
        assert_eq!(stamps(&folder), before, "{mode:?}");
        mine.borrowed(3).save_with(&folder, &unsynced()).unwrap();
        assert_eq!(stamps(&folder), before, "{mode:?}");
        if mode != Mode::ReadOnly {
            mine.x.view_mut().unwrap()[0] = 7.0;
            mine.borrowed(4).save_with(&folder, &unsynced()).unwrap();
            assert_eq!(Run::load(&folder).unwrap().x[0], 7.0, "{mode:?}");
        }
        let found = Run::load(&other).unwrap();
        assert_eq!(found, Run { step: 2, ..run() }, "{mode:?}");
    }
}

#[test]
fn array_that_is_borrowed_into_several_places_is_edited_in_its_own_alone() {
    for mode in MODES {
        let (_parent, folder) = saved(&run());
        let mut mine = loaded(&folder, mode);
        let m = BTreeMap::from([("a", &mine.x), ("b", &mine.m["a"]), ("c", &mine.x)]);
        let two = Borrowed { m, x: &mine.x, step: 2 };
        two.save_with(&folder, &unsynced()).unwrap();
        let now = Run::load(&folder).unwrap();
        assert_eq!([now.m["a"][0], now.m["b"][0], now.m["c"][0], now.x[0]], [2.0, 1.0, 2.0, 2.0]);
        drop(now);
        if mode != Mode::ReadOnly {
            mine.x.view_mut().unwrap()[0] = 7.0;
            let edited = mine.x.flush().is_ok();
            let now = Run::load(&folder).unwrap();
            let x = if edited { 7.0 } else { 2.0 };
            assert_eq!([now.m["a"][0], now.m["c"][0], now.x[0]], [2.0, 2.0, x], "{mode:?}");
            assert_eq!(edited, mode == Mode::ReadWrite);
        }
    }
}

#[test]
fn values_that_another_has_changed_are_stale_to_whoever_borrows_an_array_of_an_older_load() {
    let (_parent, folder) = saved(&run());
    let first = loaded(&folder, Mode::ReadOnly);
    Run::update(&folder, |run| {
        run.step = 100;
        Ok(())
    })
    .unwrap();
    let before = State::of(&folder);
    // As it was, and another: neither takes the place of the newer one.
    for step in [1, 2] {
        let error = first.borrowed(step).save_with(&folder, &unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("step")), "{error}");
        before.assert_untouched(&folder);
    }
    first.borrowed(2).save_with(&folder, &unsynced().overwrite_field("step")).unwrap();
    assert_eq!(Run::load(&folder).unwrap(), Run { step: 2, ..run() });
}

#[test]
fn item_that_another_has_changed_is_stale_and_one_that_is_left_out_is_taken_out() {
    let (_parent, folder) = saved(&run());
    let mut first = loaded(&folder, Mode::CopyOnWrite);
    first.m.get_mut("b").unwrap().view_mut().unwrap()[0] = 5.0;
    Run::update(&folder, |run| {
        run.m.insert("b".to_owned(), array(6.0));
        run.m.insert("new".to_owned(), array(8.0));
        Ok(())
    })
    .unwrap();
    let before = State::of(&folder);
    let error = first.borrowed(1).save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[b]")), "{error}");
    before.assert_untouched(&folder);
    let mut without = Borrowed { m: BTreeMap::new(), x: &first.x, step: 1 };
    let error = without.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[b]")), "{error}");
    let newer = loaded(&folder, Mode::ReadOnly);
    without.m.insert("b", &newer.m["b"]);
    without.x = &newer.x;
    without.save_with(&folder, &unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap().m.into_keys().collect::<Vec<_>>(), ["b"]);
}

#[derive(Varpack)]
#[varpack(save_only)]
struct View<'a> {
    #[varpack(mmap)]
    x: ArrayView1<'a, f64>,
}

#[test]
fn view_of_a_mapped_array_is_an_array_without_a_memory() {
    for mode in MODES {
        let (_parent, folder) = saved(&run());
        let mut first = loaded(&folder, mode);
        View { x: first.x.slice(s![..;-1]) }.save_with(&folder, &unsynced()).unwrap();
        let now = Run::load(&folder).unwrap();
        assert_eq!((now.x[0], now.x[19_999], first.x[0]), (0.0, 2.0, 2.0), "{mode:?}");
        drop(now);
        let before = State::of(&folder);
        if mode != Mode::ReadOnly {
            // Of a file that nobody has any more: an error, and not the newer one.
            let edited = first.x.view_mut().map(|mut x| x[0] = 3.0);
            let saved = edited.and_then(|()| first.borrowed(1).save_with(&folder, &unsynced()));
            let error = saved.unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")), "{mode:?}");
        }
        before.assert_untouched(&folder);
    }
}
