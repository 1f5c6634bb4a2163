//! Tests every schedule of small cases, with all rules and with one rule left out.

use std::time::Duration;

use super::super::{Regime, Rule, Rules};
use super::explorer::{Explored, explore};
use super::laws::Law;
use super::world::Case;

const TIMED: Regime = Regime::Timed { interval: Duration::from_millis(5) };

/// Checks that every schedule keeps every law, and that there are at least this many states.
fn explored(case: &Case, at_least: usize) -> Explored {
    let explored = explore(case).unwrap_or_else(|found| panic!("{case:?}: {found:?}"));
    assert!(explored.states >= at_least, "{} states instead of {at_least}: {case:?}", explored.states);
    assert!(explored.ends > 0, "no schedule ends: {case:?}");
    explored
}

#[test]
fn two_threads_that_check_drop_and_take_again() {
    let case = Case::new(Rules::new(TIMED), &["tccdtccdtcd", "tcdtccdtcd"]);
    let coverage = explored(&case, 6_000).coverage;
    assert!(coverage.forced > 0 && coverage.unheard > 0 && coverage.retaken > 0 && coverage.late > 0, "{coverage:?}");
    // With two threads, the lock cannot change hands while one of them waits.
    assert_eq!((coverage.refrained, coverage.spurious), (0, 0));
    let coverage = explored(&case.with_spurious_wakes(), 8_000).coverage;
    assert!(coverage.spurious > 0, "{coverage:?}");
}

#[test]
fn three_threads_that_check_drop_and_take_again() {
    let case = Case::new(Rules::new(TIMED), &["tccdtcd", "tcdtccd", "tcdtd"]);
    let coverage = explored(&case, 200_000).coverage;
    assert!(
        coverage.forced > 0 && coverage.refrained > 0 && coverage.barged > 0 && coverage.unheard > 0,
        "{coverage:?}"
    );
    let coverage = explored(&case.with_spurious_wakes(), 280_000).coverage;
    assert!(coverage.spurious > 0 && coverage.refrained > 0 && coverage.forced > 0, "{coverage:?}");
}

#[test]
fn four_threads_that_take_the_lock_once() {
    let case = Case::new(Rules::new(TIMED), &["tcd", "tcd", "td", "td"]);
    let coverage = explored(&case.with_spurious_wakes(), 50_000).coverage;
    assert!(coverage.refrained > 0 && coverage.forced > 0 && coverage.barged > 0, "{coverage:?}");
}

#[test]
fn threads_that_take_the_lock_again_while_they_are_detached() {
    let case = Case::new(Rules::new(TIMED), &["tc(tcd)cd", "t(td)cd", "tcd"]);
    let coverage = explored(&case.with_spurious_wakes(), 100_000).coverage;
    assert!(coverage.forced > 0 && coverage.refrained > 0 && coverage.retaken > 0, "{coverage:?}");
}

#[test]
fn a_hold_that_outlives_its_detached_time_drops_the_lock_of_another() {
    // One thread takes the lock, detaches, takes the lock again, and ends its detached time; it drops the inner hold,
    // and believes that it still has the outer one.
    let broken = |programs: &[&str]| {
        let found = explore(&Case::new(Rules::new(TIMED), programs)).expect_err("a hold outlives its detached time");
        (found.law, found.schedule.len())
    };
    assert_eq!(broken(&["t(t)dcd", "td"]), (Law::OnlyTheHolderActs, 6));
    assert_eq!(broken(&["t(t)dd", "td"]), (Law::OnlyTheHolderActs, 6));
}

#[test]
fn an_old_lock_is_dropped_at_every_nth_check_site_and_forces_no_switch() {
    for (checks, at_least) in [(1, 25_000), (2, 4_000), (3, 2_000)] {
        let case = Case::new(Rules::new(Regime::Counted { checks }), &["tcccdtcd", "tccdtd", "tcd"]);
        for case in [case.clone(), case.with_spurious_wakes()] {
            let coverage = explored(&case, at_least).coverage;
            assert_eq!((coverage.forced, coverage.refrained, coverage.late), (0, 0, 0));
            assert!(coverage.retaken > 0 && coverage.barged > 0, "{coverage:?}");
            assert_eq!(coverage.spurious > 0, case.spurious);
        }
    }
}

#[test]
fn without_a_lock_no_thread_waits() {
    let case = Case::new(Rules::new(Regime::Unlocked), &["tccdtcd", "tcdtd", "tcd"]);
    // A state consists only of how far each of the three threads has come.
    assert_eq!(explored(&case.with_spurious_wakes(), 1).states, 8 * 6 * 4);
}

/// Returns the first law that breaks when a rule is left out, and the number of steps until then.
fn broken_without(rule: Rule, programs: &[&str]) -> (Law, usize) {
    let found =
        explore(&Case::new(Rules::new(TIMED).without(rule), programs)).expect_err("a machine without the rule passes");
    (found.law, found.schedule.len())
}

#[test]
fn without_forced_switches_the_dropper_is_the_next_holder() {
    // One thread takes the lock; the other waits, times out and asks; the first drops the lock and takes it again.
    assert_eq!(broken_without(Rule::ForceSwitch, &["tdtd", "td"]), (Law::DropperIsNotNext, 6));
    // The same at a check site, where the thread takes the lock again by itself.
    assert_eq!(broken_without(Rule::ForceSwitch, &["tcd", "tcd", "tcd"]), (Law::DropperIsNotNext, 7));
}

#[test]
fn without_respect_for_switches_a_waiter_asks_a_new_holder() {
    // One thread takes the lock; another waits; the first drops the lock; a third takes it; the second times out and
    // asks.
    assert_eq!(broken_without(Rule::RespectSwitches, &["td", "td", "td"]), (Law::NoRequestAfterSwitch, 6));
    // Two threads never need the rule.
    assert!(explore(&Case::new(Rules::new(TIMED).without(Rule::RespectSwitches), &["tccdtcd", "tcdtccd"])).is_ok());
}

#[test]
fn without_a_signal_a_waiter_sleeps_while_the_lock_is_free() {
    // One thread takes the lock; the other waits; the first drops the lock.
    assert_eq!(broken_without(Rule::SignalDrop, &["tdtd", "td"]), (Law::NoLostWakeUp, 3));
}

#[test]
fn a_request_that_is_not_cleared_outlives_its_drop() {
    // One thread takes the lock; the other waits, times out and asks; the first drops the lock.
    assert_eq!(broken_without(Rule::ClearRequest, &["tdtd", "td"]), (Law::RequestIsCleared, 5));
}

#[test]
fn without_the_last_holder_a_retaken_lock_counts_as_a_switch() {
    assert_eq!(broken_without(Rule::CountOthersOnly, &["tdtd", "td"]), (Law::SwitchesCountOthers, 1));
}
