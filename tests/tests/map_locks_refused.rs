//! An edit that is refused leaves everybody's lock as it was, on every system: whoever was refused is in the way of others.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use varpack::{ErrorKind, LoadOptions, Loaded, MmapArray1, Mode, Varpack};
use varpack_tests::holders::{saved, unsynced};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: MmapArray1<f64>,
}

fn run() -> Run {
    let [x, y] = [1.0, 2.0].map(|element| vec![element; 20_000].into());
    Run { x, y }
}

fn load(folder: &Path) -> Loaded<Run> {
    Run::load_with(folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap()
}

#[track_caller]
fn assert_refused(array: &mut MmapArray1<f64>) {
    assert_eq!(array.view_mut().unwrap_err().kind(), ErrorKind::Busy);
}

#[test]
fn reader_whose_edit_was_refused_keeps_others_from_an_edit() {
    let (_parent, folder) = saved(&run());
    let (mut a, mut b) = (load(&folder), load(&folder));
    assert_refused(&mut a.x);
    assert_refused(&mut b.x);
    let mut c = load(&folder);
    assert_refused(&mut b.x);
    drop(a);
    let seen = &b.x[5];
    assert_refused(&mut c.x);
    assert!((*seen - 1.0).abs() < f64::EPSILON);
    drop(b);
    c.x.view_mut().unwrap()[5] = 3.0;
    c.x.flush().unwrap();
    assert_eq!(load(&folder).x[5], 3.0);
}

#[test]
fn reader_whose_edit_of_another_array_was_refused_keeps_others_from_an_edit() {
    let (_parent, folder) = saved(&run());
    let (mut a, mut b) = (load(&folder), load(&folder));
    assert_refused(&mut b.y);
    assert_refused(&mut a.x);
    drop(a);
    b.y.view_mut().unwrap()[0] = 4.0;
    b.y.flush().unwrap();
    let c = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadOnly)).unwrap();
    assert_refused(&mut b.y);
    assert_eq!(c.y[0], 4.0);
}

#[test]
fn flush_that_makes_a_lock_shared_again_never_lets_another_edit_in() {
    let (_parent, folder) = saved(&run());
    let mut a = load(&folder);
    for element in 0..20 {
        a.x.view_mut().unwrap()[0] = f64::from(element);
        let refused = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadOnly));
        assert_eq!(refused.map(drop).unwrap_err().kind(), ErrorKind::Busy);
        a.x.flush().unwrap();
        let mut b = load(&folder);
        assert_eq!(b.x[0], f64::from(element));
        assert_refused(&mut b.x);
    }
    a.save_with(&unsynced()).unwrap();
}
