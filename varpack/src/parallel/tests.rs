use super::{for_each, for_each_in_order, is_worth_threads};
use std::collections::HashSet;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

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

#[test]
fn results_are_taken_in_order_whatever_the_number_of_threads() {
    for (threads, len) in
        [(1, 5), (1, 100), (0, 100), (2, 31), (2, 32), (3, 1000), (50, 2000), (2, 0)]
    {
        let items: Vec<_> = (0..len).collect();
        let mut taken = Vec::new();
        let outcome = for_each_in_order::<_, _, ()>(
            threads,
            &items,
            |item| item * 2,
            |item, double| {
                taken.push((*item, double));
                Ok(())
            },
        );
        assert_eq!(outcome, Ok(()));
        assert!(taken.into_iter().eq((0..len).map(|item| (item, item * 2))));
    }
}

/// The threads that work on so many items, each of which takes so long.
fn threads_of(items: usize, each: Duration) -> HashSet<thread::ThreadId> {
    let threads = Mutex::new(HashSet::new());
    let work = |_: &()| {
        thread::sleep(each);
        threads.lock().unwrap().insert(thread::current().id());
    };
    for_each_in_order::<_, _, ()>(0, &vec![(); items], work, |_, ()| Ok(())).unwrap();
    threads.into_inner().unwrap()
}

#[test]
fn little_work_is_not_worth_threads() {
    let is_worth =
        |former, latter, left| is_worth_threads([former, latter].map(Duration::from_micros), left);
    // A hundred files; and again, where this thread had to wait for its turn.
    assert!(!is_worth(70, 70, 15));
    assert!(!is_worth(70, 9000, 15));
    assert!(!is_worth(9000, 70, 14));
    // The first part, of which nothing tells whether it had to wait.
    assert!(!is_worth(0, 9000, 16));
    // The last of many parts.
    assert!(!is_worth(500, 500, 1));
    assert!(is_worth(500, 500, 14));
}

#[test]
fn much_work_is_done_by_several_threads() {
    let cores = super::count(0);
    assert!(threads_of(200, Duration::from_millis(2)).len() > 1 || cores == 1);
}

#[test]
fn much_work_behind_little_is_done_by_several_threads() {
    let threads = Mutex::new(HashSet::new());
    let work = |&item: &u64| {
        thread::sleep(Duration::from_millis(if item < 300 { 0 } else { 2 }));
        threads.lock().unwrap().insert(thread::current().id());
    };
    let items: Vec<_> = (0..600).collect();
    for_each_in_order::<_, _, ()>(0, &items, work, |_, ()| Ok(())).unwrap();
    assert!(threads.into_inner().unwrap().len() > 1 || super::count(0) == 1);
}

#[test]
fn error_of_the_taker_ends_the_work() {
    for threads in [1, 2, 8] {
        let items: Vec<_> = (0..1000).collect();
        let mut taken = 0;
        let outcome = for_each_in_order(
            threads,
            &items,
            |item| *item,
            |_, item| {
                taken += 1;
                if item == 500 { Err(item) } else { Ok(()) }
            },
        );
        assert_eq!((outcome, taken), (Err(500), 501));
    }
}

#[test]
fn panic_of_the_work_reaches_the_caller() {
    for threads in [1, 2, 8] {
        let items: Vec<_> = (0..1000).collect();
        let outcome = std::panic::catch_unwind(|| {
            for_each_in_order::<_, _, ()>(
                threads,
                &items,
                |item| assert!(*item != 700),
                |_, ()| Ok(()),
            )
        });
        assert!(outcome.is_err());
    }
}
