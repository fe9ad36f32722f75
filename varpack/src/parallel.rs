//! Work on several threads: a bounded number of them, each item once.

use crate::sync::lock;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

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
        for _ in 1..count(threads).min(items.len()) {
            scope.spawn(run);
        }
        run();
    });
    lock(&failed).take().map_or(Ok(()), |(_, error)| Err(error))
}

/// The number of threads that an option stands for: 0 is one a core.
pub(crate) fn count(threads: usize) -> usize {
    match threads {
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        threads => threads,
    }
}

#[cfg(test)]
mod tests {
    use super::for_each;

    #[test]
    fn every_item_is_worked_on_once_whatever_the_number_of_threads() {
        for threads in [0, 1, 2, 7, 1000] {
            let items: Vec<_> = (0..100).map(|_| std::sync::atomic::AtomicU32::new(0)).collect();
            for_each::<_, ()>(threads, &items, |_, item| {
                item.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Ok(())
            })
            .unwrap();
            assert!(items.into_iter().all(|item| item.into_inner() == 1));
        }
    }

    #[test]
    fn one_thread_takes_items_in_order_and_stops_at_the_first_error() {
        let seen = std::sync::Mutex::new(Vec::new());
        let error = for_each(1, &[10, 11, 12, 13], |index, item| {
            seen.lock().unwrap().push(*item);
            if *item == 12 { Err(index) } else { Ok(()) }
        });
        assert_eq!((error, seen.into_inner().unwrap()), (Err(2), vec![10, 11, 12]));
    }
}
