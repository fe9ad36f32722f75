//! Work on several threads: a bounded number of them, each item once.

use crate::sync::lock;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Calls `work` with each item and its index, on at most `threads` threads (0: as many as there are
/// cores), of which the caller's is one. With one thread the items come in order.
///
/// # Errors
/// Of the items that failed, the first one's error. After an error no further item is begun.
pub(crate) fn for_each<T: Sync, E: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(usize, &T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<(usize, E)>> = Mutex::new(None);
    let run = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return };
            if let Err(error) = work(index, item) {
                next.store(items.len(), Ordering::Relaxed);
                let mut failed = lock(&failed);
                if failed.as_ref().is_none_or(|(first, _)| index < *first) {
                    *failed = Some((index, error));
                }
            }
        }
    };
    thread::scope(|scope| {
        spawn(scope, count(threads).min(items.len()), run);
        run();
    });
    lock(&failed).take().map_or(Ok(()), |(_, error)| Err(error))
}

/// Calls `work` with each item, on [`workers`] threads, and hands the results to `take` on the caller's
/// thread, in order, while other threads go on with what follows. At most a few dozen results a thread wait
/// to be taken. A number of threads that the caller names is started at once; where it names none (0), others
/// are once it is seen that what is left is [worth](WORTH) them.
///
/// # Errors
/// The first one that `take` returns; from then on no further items are begun.
pub(crate) fn for_each_in_order<T: Sync, R: Send, E>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), E>,
) -> Result<(), E> {
    let workers = workers(threads, items.len());
    // Small enough that all threads end at about the same time.
    let batch_len = (items.len() / (8 * workers)).clamp(1, BATCH);
    let batches: Vec<&[T]> = items.chunks(batch_len).collect();
    let next = AtomicUsize::new(0);
    let done = Done { batches: Mutex::default(), added: Condvar::new() };
    let work_on_one = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(&batch) = batches.get(index) else { return false };
        let mut delivery =
            Delivery { done: &done, index, results: Vec::with_capacity(batch.len()) };
        for item in batch {
            delivery.results.push(work(item));
        }
        true
    };
    thread::scope(|scope| {
        let mut last = Duration::ZERO;
        let mut is_alone = threads == 0;
        if !is_alone {
            spawn(scope, workers, || while work_on_one() {});
        }
        let taken = batches.iter().enumerate().try_for_each(|(index, batch)| {
            let results = loop {
                if let Some(results) = lock(&done.batches).remove(&index) {
                    break results;
                }
                let begun = Instant::now();
                if !work_on_one() {
                    break done.wait_for(index);
                }
                let took = begun.elapsed();
                let left = batches.len().saturating_sub(next.load(Ordering::Relaxed));
                if is_alone && is_worth_threads([last, took], left) {
                    is_alone = false;
                    spawn(scope, workers, || while work_on_one() {});
                }
                last = took;
            };
            batch.iter().zip(results).try_for_each(|(item, result)| take(item, result))
        });
        next.store(batches.len(), Ordering::Relaxed);
        taken
    })
}

/// Items that are handed on together, at most: so many that it costs nothing beside the work on them.
const BATCH: usize = 64;

/// Fewer items are worked on by one thread: to start another takes as long as opening ten files.
const FEWEST: usize = 32;

/// Work of less time is done by the caller's thread alone. Where the cores are busy another thread begins some
/// milliseconds late, when it has its turn, and what it has begun is waited for.
const WORTH: Duration = Duration::from_millis(4);

/// Whether what is left, so many parts, is worth further threads, as far as the last two parts tell. A part takes long
/// too where this thread had to wait for its turn: that happens to one, and not to the next.
fn is_worth_threads(last: [Duration; 2], left: usize) -> bool {
    let [former, latter] = last;
    former.min(latter).saturating_mul(u32::try_from(left).unwrap_or(u32::MAX)) >= WORTH
}

/// How many threads [`for_each_in_order`] works on so many items with.
pub(crate) fn workers(threads: usize, items: usize) -> usize {
    if items < FEWEST { 1 } else { count(threads).min(items) }
}

/// How many threads the work on each of so many items may have for itself: several where there are too few
/// items to work on side by side.
pub(crate) fn each(threads: usize, items: usize) -> usize {
    if workers(threads, items) > 1 { 1 } else { threads }
}

/// The results of batches, by their index.
struct Done<R> {
    batches: Mutex<BTreeMap<usize, Vec<R>>>,
    added: Condvar,
}

impl<R> Done<R> {
    /// The results of a batch that another thread has begun.
    fn wait_for(&self, index: usize) -> Vec<R> {
        let mut batches = lock(&self.batches);
        loop {
            if let Some(results) = batches.remove(&index) {
                return results;
            }
            batches = self.added.wait(batches).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Hands in the results of a batch, those there are if the work on it panics: who waits for them must not
/// wait forever.
struct Delivery<'d, R> {
    done: &'d Done<R>,
    index: usize,
    results: Vec<R>,
}

impl<R> Drop for Delivery<'_, R> {
    fn drop(&mut self) {
        lock(&self.done.batches).insert(self.index, std::mem::take(&mut self.results));
        self.done.added.notify_one();
    }
}

/// Starts all threads but the caller's. Where the system has no more of them, fewer do the work.
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    threads: usize,
    run: impl Fn() + Copy + Send + 'scope,
) {
    for _ in 1..threads {
        if let Err(error) = thread::Builder::new().spawn_scoped(scope, run) {
            log::debug!("no further thread: {error}");
            return;
        }
    }
}

/// As many as this process may use.
static CORES: OnceLock<usize> = OnceLock::new();

/// The number of threads that an option stands for: 0 is one a core.
pub(crate) fn count(threads: usize) -> usize {
    match threads {
        // The system is asked once: it opens files to tell (`/proc/self/cgroup`).
        0 => *CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get)),
        threads => threads,
    }
}

#[cfg(test)]
mod tests;
