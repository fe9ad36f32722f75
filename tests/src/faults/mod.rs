//! What the tests of kills, errors, limits and load share: a state that tells when it is torn, saves
//! of it, and a child process that makes them while something happens to it.

mod child;
pub mod endless;
mod files;
pub mod mount;
mod scenario;
mod state;
mod strace;
pub mod stress;

pub use child::{Child, Said, run_command};
pub use files::assert_whole;
pub use scenario::{SCENARIOS, Scenario, Seen, scenario};
pub use state::{Marks, State};
pub use strace::{Call, ERRORS, FALLIBLE_CALLS, FILE_CALLS, Injection, Strace, is_skipped, strace};

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tempfile::TempDir;

pub use crate::effort::is_full;

/// The points to try: all in a full run, else about `sampled` of them, spread evenly; `VARPACK_SAMPLE=400`
/// is another number.
///
/// ```
/// # use varpack_tests::faults::sample;
/// assert!(sample(&[1, 2, 3, 4, 5, 6, 7, 8], 4).len() >= 4);
/// ```
pub fn sample<T: Clone>(points: &[T], sampled: usize) -> Vec<T> {
    let wanted = std::env::var("VARPACK_SAMPLE").ok().and_then(|number| number.parse().ok());
    let sampled = wanted.unwrap_or(sampled).max(1);
    let stride = if is_full() { 1 } else { points.len().div_ceil(sampled).max(1) };
    // The last point is always among them: nothing happens there, and all has to be well.
    let mut taken: Vec<T> = points.iter().cloned().step_by(stride).collect();
    if let (Some(last), false) = (points.last(), points.len() % stride == 1 || stride == 1) {
        taken.push(last.clone());
    }
    taken
}

/// A folder for one run: in memory where there is such a place, for kills do not ask for a disk.
///
/// # Panics
/// If none can be made.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()),
        false => tempfile::tempdir(),
    };
    made.expect("a folder for temporary files")
}

/// Runs each job on one of a few threads. A panic in one ends the test.
pub fn in_parallel<T: Sync>(jobs: &[T], run: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(8);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    run(job);
                }
            });
        }
    });
}
