//! The driver under schedules of a checker, which runs its threads one at a time and chooses at every lock, wait and
//! load who goes on. Each test runs the same schedules every time.

mod trial;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use self::trial::{Chances, Checked, Sights, Trial};
use super::*;
use crate::global_lock::protocol::{Regime, Rule, Rules};

const TIMED: Rules = Rules::new(Regime::Timed { interval: std::time::Duration::from_millis(5) });

const SEED: u64 = 20_260_101;

fn run(scheduler: impl Scheduler + 'static, body: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    // Some hundred are usual; a wait that nothing ends but is woken again and again has no end.
    config.max_steps = MaxSteps::FailAfter(20_000);
    Runner::new(scheduler, config).run(body);
}

/// The checker's closures must live for ever.
fn leaked() -> &'static Sights {
    Box::leak(Box::default())
}

/// Schedules drawn at random, and such as preempt seldom, but anywhere. Gives what [`Sights::read`] gives.
fn check(trial: Trial) -> [u64; 4] {
    let sights = leaked();
    run(RandomScheduler::new_from_seed(SEED, 5000), move || trial.run(sights));
    for depth in 2..=4 {
        run(PctScheduler::new_from_seed(SEED, depth, 2000), move || trial.run(sights));
    }
    sights.read()
}

#[test]
fn two_threads_that_hand_over_and_block() {
    let [forced, requests, _, stirred] = check(Trial { rules: TIMED, threads: 2, chances: Chances::SOME });
    assert!(forced > 500 && requests > 500 && stirred > 500, "{forced} {requests} {stirred}");
}

#[test]
fn three_threads_that_hand_over_and_block() {
    let [forced, requests, refrained, stirred] = check(Trial { rules: TIMED, threads: 3, chances: Chances::SOME });
    assert!(forced > 1000 && requests > 1000 && refrained > 500 && stirred > 1000, "{forced} {refrained} {stirred}");
}

#[test]
fn without_timers_and_stray_wakes_signals_alone_bring_everything_to_an_end() {
    assert_eq!(check(Trial { rules: TIMED, threads: 3, chances: Chances::NONE }), [0; 4]);
}

#[test]
#[should_panic(expected = "the dropper is the next holder")]
fn a_lock_that_forces_no_switch_is_caught() {
    check(Trial { rules: TIMED.without(Rule::ForceSwitch), threads: 2, chances: Chances::SOME });
}

#[test]
#[should_panic(expected = "asks out of turn")]
fn a_lock_that_is_asked_for_after_a_switch_is_caught() {
    check(Trial { rules: TIMED.without(Rule::RespectSwitches), threads: 3, chances: Chances::SOME });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_lock_that_signals_no_drop_is_caught() {
    check(Trial { rules: TIMED.without(Rule::SignalDrop), threads: 2, chances: Chances::NONE });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_lock_that_keeps_its_requests_is_caught_when_the_last_waits_for_another() {
    let chances = Chances { stirs: 0.0, ..Chances::SOME };
    check(Trial { rules: TIMED.without(Rule::ClearRequest), threads: 2, chances });
}

#[test]
#[should_panic(expected = "miscounted")]
fn a_lock_that_counts_its_own_return_is_caught() {
    check(Trial { rules: TIMED.without(Rule::CountOthersOnly), threads: 2, chances: Chances::SOME });
}

/// One lock that nothing is recorded of, under one schedule: the checker notices whoever waits for itself.
fn once(body: fn(&Lock<Checked>)) {
    let (trial, sights) = (Trial { rules: TIMED, threads: 1, chances: Chances::NONE }, leaked());
    run(RandomScheduler::new_from_seed(SEED, 1), move || body(&trial.lock(None, sights)));
}

#[test]
fn a_lock_that_one_has_is_not_taken_again() {
    once(|lock| {
        assert!(!lock.is_held_by_me());
        assert!(lock.take());
        assert!(!lock.take());
        assert!(lock.is_held_by_me());
        shuttle::thread::scope(|scope| {
            scope.spawn(|| assert!(!lock.is_held_by_me()));
        });
        lock.release();
        assert!(!lock.is_held_by_me());
    });
}

#[test]
fn a_check_site_that_nobody_asks_at_and_a_note_that_nobody_keeps_need_no_mutex() {
    once(|lock| {
        assert!(lock.take());
        let mut state = lock.state();
        lock.check();
        lock.note(What::Detaches);
        assert!(state.recorder().is_none());
        drop(state);
        lock.release();
    });
}
