//! Every schedule of small cases, for the rules as they are and for the rules with one left out.

use std::time::Duration;

use super::super::{Regime, Rule, Rules};
use super::explorer::{Explored, explore};
use super::laws::Law;
use super::world::Case;

const TIMED: Regime = Regime::Timed { interval: Duration::from_millis(5) };

/// Every schedule keeps every law; and there were schedules enough.
fn explored(case: &Case, at_least: usize) -> Explored {
    let explored = explore(case).unwrap_or_else(|found| panic!("{case:?}: {found:?}"));
    assert!(explored.states >= at_least, "{} states, not {at_least}: {case:?}", explored.states);
    assert!(explored.ends > 0, "no schedule comes to an end: {case:?}");
    explored
}

#[test]
fn two_threads_that_check_release_and_take_again() {
    let case = Case::new(Rules::new(TIMED), &["tccdtccdtcd", "tcdtccdtcd"]);
    let sights = explored(&case, 6_000).sights;
    assert!(sights.forced > 0 && sights.unheard > 0 && sights.retaken > 0 && sights.late > 0, "{sights:?}");
    // Each of two threads waits for the other alone: while one waits, the lock cannot change hands.
    assert_eq!((sights.refrained, sights.stirred), (0, 0));
    let sights = explored(&case.with_spurious_wakes(), 8_000).sights;
    assert!(sights.stirred > 0, "{sights:?}");
}

#[test]
fn three_threads_that_check_release_and_take_again() {
    let case = Case::new(Rules::new(TIMED), &["tccdtcd", "tcdtccd", "tcdtd"]);
    let sights = explored(&case, 200_000).sights;
    assert!(sights.forced > 0 && sights.refrained > 0 && sights.barged > 0 && sights.unheard > 0, "{sights:?}");
    let sights = explored(&case.with_spurious_wakes(), 280_000).sights;
    assert!(sights.stirred > 0 && sights.refrained > 0 && sights.forced > 0, "{sights:?}");
}

#[test]
fn four_threads_that_come_once() {
    let case = Case::new(Rules::new(TIMED), &["tcd", "tcd", "td", "td"]);
    let sights = explored(&case.with_spurious_wakes(), 50_000).sights;
    assert!(sights.refrained > 0 && sights.forced > 0 && sights.barged > 0, "{sights:?}");
}

#[test]
fn an_old_lock_lets_go_at_every_nth_check_site_and_forces_nobody() {
    for (checks, at_least) in [(1, 25_000), (2, 4_000), (3, 2_000)] {
        let case = Case::new(Rules::new(Regime::Counted { checks }), &["tcccdtcd", "tccdtd", "tcd"]);
        for case in [case.clone(), case.with_spurious_wakes()] {
            let sights = explored(&case, at_least).sights;
            assert_eq!((sights.forced, sights.refrained, sights.late), (0, 0, 0));
            assert!(sights.retaken > 0 && sights.barged > 0, "{sights:?}");
            assert_eq!(sights.stirred > 0, case.spurious);
        }
    }
}

#[test]
fn without_a_lock_nobody_waits() {
    let case = Case::new(Rules::new(Regime::Unlocked), &["tccdtcd", "tcdtd", "tcd"]);
    // Nothing but how far each of the three has come.
    assert_eq!(explored(&case.with_spurious_wakes(), 1).states, 8 * 6 * 4);
}

/// The law that breaks first when a rule is left out, and in how many steps.
fn broken_without(rule: Rule, words: &[&str]) -> (Law, usize) {
    let found = explore(&Case::new(Rules::new(TIMED).without(rule), words)).expect_err("a wrong machine passes");
    (found.law, found.schedule.len())
}

#[test]
fn without_a_forced_switch_the_dropper_is_the_next_holder() {
    // One takes, the other waits, expires and asks; the first drops and takes.
    assert_eq!(broken_without(Rule::ForceSwitch, &["tdtd", "td"]), (Law::DropperIsNotNext, 6));
    // The same at a check site, after which it takes the lock again by itself.
    assert_eq!(broken_without(Rule::ForceSwitch, &["tcd", "tcd", "tcd"]), (Law::DropperIsNotNext, 7));
}

#[test]
fn without_respect_for_switches_a_waiter_asks_whoever_has_just_come() {
    // One takes, another waits; the first drops, a third takes; the second expires and asks.
    assert_eq!(broken_without(Rule::RespectSwitches, &["td", "td", "td"]), (Law::NoRequestAfterSwitch, 6));
    // Among two threads the rule is never needed.
    assert!(explore(&Case::new(Rules::new(TIMED).without(Rule::RespectSwitches), &["tccdtcd", "tcdtccd"])).is_ok());
}

#[test]
fn without_a_signal_a_waiter_sleeps_beside_a_free_lock() {
    // One takes, the other waits; the first drops.
    assert_eq!(broken_without(Rule::SignalDrop, &["tdtd", "td"]), (Law::NoLostWakeUp, 3));
}

#[test]
fn a_request_that_is_not_cleared_outlives_its_drop() {
    // One takes, the other waits, expires and asks; the first drops.
    assert_eq!(broken_without(Rule::ClearRequest, &["tdtd", "td"]), (Law::RequestIsCleared, 5));
}

#[test]
fn without_a_look_at_the_last_holder_a_retaken_lock_counts_as_a_switch() {
    assert_eq!(broken_without(Rule::CountOthersOnly, &["tdtd", "td"]), (Law::SwitchesCountOthers, 1));
}
