//! A save whose files could not all be moved into their places is one's own all the same: it is no reason to
//! call a later one stale.

use super::observed::Observed;
use super::{loading, on_system, saving};
use crate::array::MmapArray1;
use crate::{ErrorKind, Mode, Varpack};
use nix::libc::EIO;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::tempdir;

#[derive(Varpack, Clone)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: MmapArray1<f64>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
}

fn run(value: f64) -> Run {
    let array = || vec![value; 4].into();
    Run { x: array(), y: array(), m: BTreeMap::from([("k".to_owned(), array())]) }
}

fn set(run: &mut Run, value: f64) {
    for array in [&mut run.x, &mut run.y].into_iter().chain(run.m.values_mut()) {
        array.view_mut().unwrap().fill(value);
    }
}

#[test]
fn arrays_are_put_back_after_a_save_whose_moves_were_pending() {
    let is_armed = Arc::new(AtomicBool::new(false));
    let armed = Arc::clone(&is_armed);
    let system = Observed::new(move |step| {
        let fails = step.operation == "rename" && armed.load(Ordering::Relaxed);
        if fails { Err(std::io::Error::from_raw_os_error(EIO)) } else { Ok(()) }
    });
    on_system(system, || {
        let root = tempdir().unwrap();
        let folder = root.path().join("run");
        run(1.0).save_with(&folder, &saving()).unwrap();
        let mode = loading().mode(Mode::CopyOnWrite);
        let mut holder = Run::load_with(&folder, &mode).unwrap();
        let first = holder.clone();
        set(&mut holder, 2.0);
        is_armed.store(true, Ordering::Relaxed);
        assert_eq!(holder.save_with(&saving()).unwrap_err().kind(), ErrorKind::CommitPending);
        let second = holder.clone();
        is_armed.store(false, Ordering::Relaxed);
        for (state, value) in [(first, 1.0), (second, 2.0)] {
            *holder = state;
            holder.save_with(&saving()).unwrap();
            let found = Run::load_with(&folder, &loading()).unwrap();
            assert_eq!([found.x[0], found.y[0], found.m["k"][0]], [value; 3]);
        }
    });
}
