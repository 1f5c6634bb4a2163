use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::scope;
use std::time::Instant;

use super::*;
use crate::global_lock::trace::What;

/// A test that takes longer than this has hung.
const WATCHDOG: Duration = Duration::from_mins(1);

/// Whether this thread can attach, so that it does not hold the lock.
fn can_attach(gil: &Gil) -> bool {
    gil.attach(|_| ()).is_ok()
}

/// Whether another thread can attach at once, so that no thread holds the lock.
fn is_free(gil: &Gil) -> bool {
    gil.lock.state().protocol().holder().is_none()
}

#[test]
fn attaching_twice_is_an_error_and_not_a_deadlock() {
    let gil = Gil::new(Duration::from_millis(5));
    let again = gil.attach(|_| gil.attach(|_| panic!("two tokens")));
    assert_eq!(again, Ok(Err(Error::AlreadyAttached)));
    assert!(can_attach(&gil));
}

#[test]
fn taking_your_own_dropped_lock_again_is_no_switch() {
    let gil = Gil::new(Duration::from_millis(5));
    for _ in 0..3 {
        gil.attach(|attached| attached.check()).unwrap();
    }
    assert_eq!(gil.switches(), 0);
    scope(|scope| assert!(scope.spawn(|| can_attach(&gil)).join().unwrap()));
    assert_eq!(gil.switches(), 1);
}

#[test]
fn a_panic_while_attached_frees_the_lock() {
    let gil = Gil::new(Duration::from_millis(5));
    let died = scope(|scope| {
        let holder = scope.spawn(|| gil.attach(|_| panic!("while attached")));
        holder.join()
    });
    assert!(died.is_err());
    assert!(can_attach(&gil));
}

#[test]
fn others_run_while_a_thread_is_detached_and_it_has_the_lock_afterwards() {
    let gil = Gil::new(Duration::from_millis(5));
    let attached = gil.attach(|attached| {
        let from_inside = attached.detach(|| {
            scope(|scope| assert!(scope.spawn(|| can_attach(&gil)).join().unwrap()));
            // The thread is no longer attached, and may attach again.
            assert!(can_attach(&gil));
            7
        });
        assert_eq!((from_inside, gil.switches()), (7, 2));
        assert_eq!(gil.attach(|_| ()), Err(Error::AlreadyAttached));
    });
    assert_eq!(attached, Ok(()));
}

#[test]
fn a_panic_while_detached_ends_attached_and_frees_the_lock() {
    let gil = Gil::new(Duration::from_millis(5));
    let died = scope(|scope| {
        let detached = || gil.attach(|attached| attached.detach(|| panic!("while detached")));
        scope.spawn(detached).join().is_err()
    });
    assert!(died && can_attach(&gil));
}

/// Attaches when it is dropped. Its thread must be able to.
struct AttachesAtItsEnd<'a>(&'a Gil, &'a AtomicBool);

impl Drop for AttachesAtItsEnd<'_> {
    fn drop(&mut self) {
        self.1.store(can_attach(self.0), Ordering::Relaxed);
    }
}

#[test]
fn what_a_detached_panic_drops_may_attach_and_the_thread_holds_the_lock_afterwards() {
    let (gil, could_attach) = (Gil::new(Duration::from_millis(5)), AtomicBool::new(false));
    let attached = gil.attach(|attached| {
        for inner in [false, true] {
            let panics = || {
                let _inside = AttachesAtItsEnd(&gil, &could_attach);
                if inner { gil.attach(|_| panic_any(inner)).unwrap() } else { panic_any(inner) }
            };
            let died = catch_unwind(AssertUnwindSafe(|| attached.detach(panics)));
            assert_eq!(died.unwrap_err().downcast_ref(), Some(&inner));
            assert!(could_attach.swap(false, Ordering::Relaxed));
            assert_eq!(gil.attach(|_| ()), Err(Error::AlreadyAttached));
        }
    });
    assert_eq!(attached, Ok(()));
    assert!(is_free(&gil));
}

#[test]
fn what_the_closures_own_is_dropped_before_the_lock_changes_hands() {
    let (gil, could_attach) = (Gil::new(Duration::from_millis(5)), AtomicBool::new(true));
    let owned = AttachesAtItsEnd(&gil, &could_attach);
    gil.attach(move |_| drop(owned)).unwrap();
    assert!(!could_attach.load(Ordering::Relaxed), "it was dropped after the hold");
    let owned = AttachesAtItsEnd(&gil, &could_attach);
    gil.attach(|attached| attached.detach(move || drop(owned))).unwrap();
    assert!(could_attach.load(Ordering::Relaxed), "it was dropped after the detached time");
}

#[test]
fn tokens_of_two_locks_are_independent() {
    let [one, other] = [(); 2].map(|()| Gil::new(Duration::from_millis(5)));
    let attached = one.attach(|outer| {
        other.attach(|inner| {
            outer.detach(|| {
                assert!(is_free(&one) && !is_free(&other));
                // The lock that was attached to last can be detached from while the first is free.
                inner.detach(|| assert!(is_free(&one) && is_free(&other)));
            });
            assert!(!is_free(&one) && !is_free(&other));
        })
    });
    assert_eq!(attached, Ok(Ok(())));
    assert!(is_free(&one) && is_free(&other));
}

#[test]
fn one_holder_at_a_time_though_threads_attach_again_while_they_are_detached() {
    let gil = Gil::new(Duration::from_micros(50));
    let inside = AtomicU64::new(0);
    let alone = || {
        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two holders");
        std::hint::spin_loop();
        inside.fetch_sub(1, Ordering::Relaxed);
    };
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let attached = gil.attach(|attached| {
                    for _ in 0..5_000 {
                        alone();
                        attached.detach(|| gil.attach(|again| (alone(), again.check(), alone())).unwrap());
                        alone();
                        attached.check();
                    }
                });
                assert_eq!(attached, Ok(()));
            });
        }
    });
    assert!(is_free(&gil));
}

#[test]
fn events_are_recorded_on_request() {
    let gil = Gil::recorded(Duration::from_millis(5), 7);
    gil.attach(|attached| attached.detach(|| ())).unwrap();
    let recording = gil.take_recording();
    let what: Vec<What> = recording.entries.iter().map(|entry| entry.what).collect();
    let (takes, drops) = (What::Takes { switch: false }, What::Drops { forced: false });
    assert_eq!(what, [takes, drops, What::Detaches, What::Returns, takes, drops]);
    assert!(can_attach(&gil));
    assert_eq!((gil.take_recording().entries.len(), gil.take_recording().entries.len()), (2, 0));
    (0..5).for_each(|_| assert!(can_attach(&gil)));
    assert_eq!(gil.take_recording().left_out, 3);
    let silent = Gil::new(Duration::from_millis(5));
    assert!(can_attach(&silent));
    assert_eq!(silent.take_recording(), Recording::default());
}

#[test]
fn one_thread_at_a_time_and_no_update_is_lost() {
    let gil = Gil::new(Duration::from_micros(200));
    let (inside, count) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = |attached: &mut Attached<'_>| {
        for _ in 0..20_000 {
            assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two holders");
            // Read, add and write back. Only the lock makes this indivisible.
            count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            inside.fetch_sub(1, Ordering::Relaxed);
            attached.check();
        }
    };
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| gil.attach(work).unwrap());
        }
    });
    assert_eq!(count.into_inner(), 60_000);
}

#[test]
fn a_thread_that_was_asked_to_drop_the_lock_is_not_the_next_holder() {
    let gil = Gil::new(Duration::from_micros(100));
    let others = AtomicU64::new(0);
    let start = Instant::now();
    let until_requested = || {
        while !gil.lock.drop_requested() {
            assert!(start.elapsed() < WATCHDOG, "nobody asks for the lock");
            std::hint::spin_loop();
        }
    };
    let hand_over = |_: &mut Attached<'_>| {
        others.fetch_add(1, Ordering::Relaxed);
        until_requested();
    };
    scope(|scope| {
        let first = |attached: &mut Attached<'_>| {
            scope.spawn(|| (0..100).for_each(|_| gil.attach(hand_over).unwrap()));
            while others.load(Ordering::Relaxed) < 100 {
                until_requested();
                let before = others.load(Ordering::Relaxed);
                attached.check();
                assert!(others.load(Ordering::Relaxed) > before, "the dropper took the lock again");
            }
        };
        gil.attach(first).unwrap();
    });
    assert!(gil.switches() >= 199, "{} switches", gil.switches());
}

#[test]
fn without_waiters_no_drop_is_requested() {
    let gil = Gil::new(Duration::ZERO);
    let attached = gil.attach(|attached| {
        for _ in 0..1000 {
            attached.check();
        }
        assert_eq!((gil.switches(), gil.lock.drop_requested()), (0, false));
    });
    assert_eq!(attached, Ok(()));
}
