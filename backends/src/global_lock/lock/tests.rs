//! Tests the driver under the schedules of a checker. The checker runs one thread at a time, and chooses at every lock,
//! wait and load which thread goes on. Each test runs the same schedules every time.

mod trial;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use self::trial::{Chances, CheckedMonitor, Coverage, Inner, Trial};
use super::*;
use crate::global_lock::protocol::{Regime, Rule, Rules};

const TIMED: Rules = Rules::new(Regime::Timed { interval: std::time::Duration::from_millis(5) });

const SEED: u64 = 20_260_101;

fn run(scheduler: impl Scheduler + 'static, body: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    // A schedule usually takes a few hundred steps. A wait that only spurious wake-ups interrupt never ends.
    config.max_steps = MaxSteps::FailAfter(20_000);
    Runner::new(scheduler, config).run(body);
}

/// Leaks a value, since the closures of the checker need one that lives forever.
fn leaked() -> &'static Coverage {
    Box::leak(Box::default())
}

/// Runs random schedules, and schedules with few preemptions at random places. Returns the counts of
/// [`Coverage::read`].
fn check(trial: Trial) -> [u64; 4] {
    let coverage = leaked();
    run(RandomScheduler::new_from_seed(SEED, 5000), move || trial.run(coverage));
    for depth in 2..=4 {
        run(PctScheduler::new_from_seed(SEED, depth, 2000), move || trial.run(coverage));
    }
    coverage.read()
}

#[test]
fn two_threads_that_hand_over_and_block() {
    let [forced, requests, _, spurious] =
        check(Trial { rules: TIMED, threads: 2, chances: Chances::SOME, inner: Inner::Ends });
    assert!(forced > 500 && requests > 500 && spurious > 500, "{forced} {requests} {spurious}");
}

#[test]
fn three_threads_that_hand_over_and_block() {
    let [forced, requests, refrained, spurious] =
        check(Trial { rules: TIMED, threads: 3, chances: Chances::SOME, inner: Inner::Ends });
    assert!(forced > 1000 && requests > 1000 && refrained > 500 && spurious > 1000, "{forced} {refrained} {spurious}");
}

#[test]
fn without_timeouts_and_spurious_wake_ups_signals_alone_are_enough() {
    assert_eq!(check(Trial { rules: TIMED, threads: 3, chances: Chances::NONE, inner: Inner::Ends }), [0; 4]);
}

#[test]
#[should_panic(expected = "the dropper is the next holder")]
fn a_lock_without_forced_switches_is_caught() {
    check(Trial { rules: TIMED.without(Rule::ForceSwitch), threads: 2, chances: Chances::SOME, inner: Inner::Ends });
}

#[test]
#[should_panic(expected = "wrong requests")]
fn a_lock_with_requests_after_a_switch_is_caught() {
    check(Trial {
        rules: TIMED.without(Rule::RespectSwitches),
        threads: 3,
        chances: Chances::SOME,
        inner: Inner::Ends,
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_lock_without_a_signal_for_drops_is_caught() {
    check(Trial { rules: TIMED.without(Rule::SignalDrop), threads: 2, chances: Chances::NONE, inner: Inner::Ends });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_lock_that_keeps_requests_is_caught_when_the_last_thread_waits_for_a_switch() {
    let chances = Chances { spurious: 0.0, ..Chances::SOME };
    check(Trial { rules: TIMED.without(Rule::ClearRequest), threads: 2, chances, inner: Inner::Ends });
}

#[test]
#[should_panic(expected = "miscounted")]
fn a_lock_that_counts_a_retaken_lock_as_a_switch_is_caught() {
    check(Trial {
        rules: TIMED.without(Rule::CountOthersOnly),
        threads: 2,
        chances: Chances::SOME,
        inner: Inner::Ends,
    });
}

#[test]
#[should_panic(expected = "two holders")]
fn a_hold_that_outlives_its_detached_time_is_caught() {
    check(Trial { rules: TIMED, threads: 2, chances: Chances::SOME, inner: Inner::Outlives });
}

/// Runs one schedule of one lock without a recorder. The checker notices a thread that waits for itself.
fn once(body: fn(&Lock<CheckedMonitor>)) {
    let (trial, coverage) = (Trial { rules: TIMED, threads: 1, chances: Chances::NONE, inner: Inner::Ends }, leaked());
    run(RandomScheduler::new_from_seed(SEED, 1), move || body(&trial.lock(None, coverage)));
}

#[test]
fn a_thread_does_not_take_a_lock_that_it_holds() {
    once(|lock| {
        assert!(!lock.is_held_by_me());
        let held = lock.hold(|| {
            assert!(!lock.take());
            assert!(lock.is_held_by_me());
            shuttle::thread::scope(|scope| {
                scope.spawn(|| assert!(!lock.is_held_by_me()));
            });
            lock.hold(|| panic!("held twice"))
        });
        assert_eq!(held, Some(None));
        assert!(!lock.is_held_by_me());
    });
}

#[test]
fn a_check_site_without_a_request_and_an_event_without_a_recorder_need_no_mutex() {
    once(|lock| {
        assert!(lock.take());
        let mut state = lock.state();
        lock.check();
        lock.record(What::Detaches);
        assert!(state.recorder().is_none());
        drop(state);
        lock.release();
    });
}
