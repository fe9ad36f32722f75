//! Random holders of several types, and random changes and saves, beside a model of what the documents promise:
//! `docs/safety.md`, "Nobody's work is undone".
#![cfg(unix)]

mod changes_model;

use changes_model::{Counts, World};
use std::env;
use std::ops::Range;
use varpack_tests::faults::is_full;

/// How much one folder goes through.
const STEPS: usize = 30;

/// `VARPACK_SEED=n` repeats one folder.
fn seeds() -> Range<u64> {
    match env::var("VARPACK_SEED").ok().map(|seed| seed.parse().expect("a number")) {
        Some(seed) => seed..seed + 1,
        None if is_full() => 0..800,
        None => 0..110,
    }
}

#[test]
fn saves_of_several_holders_do_what_the_documents_say() {
    let mut all = Counts::default();
    for seed in seeds() {
        let mut world = World::new(seed);
        world.run(STEPS);
        all = all + world.counts;
    }
    println!("{all:?}");
    // Where the documents leave open whether a save is refused, that is seldom.
    assert!(seeds().count() == 1 || all.open * 10 <= all.saved, "{all:?}");
}
