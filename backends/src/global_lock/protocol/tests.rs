//! Tests the protocol under every schedule of small cases, and under long random schedules. Single reactions are tested
//! where no schedule shows a difference.

mod exhaustive;
mod explorer;
mod fairness;
mod laws;
mod random;
mod world;

use std::time::Duration;

use super::{Event, Protocol, Reaction, Regime, Rule, Rules, Signal, Then};

const INTERVAL: Duration = Duration::from_millis(5);
const TIMED: Rules = Rules::new(Regime::Timed { interval: INTERVAL });

/// A lock at which `b` has asked `a` to drop it.
fn asked(rules: Rules) -> Protocol<char> {
    let mut lock = Protocol::new(rules);
    assert_eq!(lock.on('a', Event::Take).then, Then::Hold { switch: false });
    assert_eq!(lock.on('b', Event::Take).then, Then::AwaitDrop { seen: 0, requested: false });
    assert!(!lock.drop_requested());
    assert_eq!(lock.on('b', Event::Expired { seen: 0 }).then, Then::AwaitDrop { seen: 0, requested: true });
    assert!(lock.drop_requested());
    lock
}

#[test]
fn it_reports_the_holder_and_the_number_of_switches() {
    let mut lock = asked(TIMED);
    assert_eq!((lock.holder(), lock.switches()), (Some('a'), 0));
    assert_eq!(lock.on('a', Event::Drop), Reaction { then: Then::AwaitSwitch, signal: Some(Signal::Dropped) });
    assert_eq!((lock.holder(), lock.switches()), (None, 0));
    let taken = Reaction { then: Then::Hold { switch: true }, signal: Some(Signal::Taken) };
    assert_eq!(lock.on('b', Event::Woken), taken);
    assert_eq!((lock.holder(), lock.switches()), (Some('b'), 1));
}

#[test]
fn it_reports_when_the_holder_will_hand_over() {
    assert_eq!(Protocol::<char>::new(TIMED).checks_until_hand_over(), None);
    let mut lock = asked(TIMED);
    assert_eq!(lock.checks_until_hand_over(), Some(1));
    assert_eq!(lock.on('a', Event::CheckSite), Reaction { then: Then::HandOver, signal: None });
    assert_eq!(Protocol::<char>::new(Rules::new(Regime::Unlocked)).checks_until_hand_over(), None);
    for checks in 0..5 {
        let mut lock = Protocol::new(Rules::new(Regime::Counted { checks }));
        let _ = lock.on('a', Event::Take);
        for _ in 0..3 {
            for left in (2..=checks).rev() {
                assert_eq!(lock.checks_until_hand_over(), Some(left));
                assert_eq!(lock.on('a', Event::CheckSite), Reaction { then: Then::KeepOn, signal: None });
            }
            assert_eq!(lock.checks_until_hand_over(), Some(1));
            assert_eq!(lock.on('a', Event::CheckSite).then, Then::HandOver);
        }
    }
}

#[test]
fn waits_have_a_timeout_in_the_timed_regime_alone() {
    let timeout = |regime| Protocol::<char>::new(Rules::new(regime)).timeout();
    assert_eq!(timeout(Regime::Timed { interval: INTERVAL }), Some(INTERVAL));
    assert_eq!(timeout(Regime::Counted { checks: 100 }), None);
    assert_eq!(timeout(Regime::Unlocked), None);
}

#[test]
fn a_request_that_forces_no_switch_stands_until_the_lock_is_taken() {
    for taker in ['a', 'b'] {
        let mut lock = asked(TIMED.without(Rule::ForceSwitch));
        assert_eq!(lock.on('a', Event::Drop).then, Then::Leave);
        assert!(lock.drop_requested());
        assert_eq!(lock.on(taker, Event::Take).then, Then::Hold { switch: taker == 'b' });
        assert!(!lock.drop_requested());
    }
}

#[test]
fn a_second_request_changes_nothing() {
    let mut lock = asked(TIMED);
    assert_eq!(lock.on('c', Event::Take).then, Then::AwaitDrop { seen: 0, requested: false });
    assert_eq!(lock.on('c', Event::Expired { seen: 0 }).then, Then::AwaitDrop { seen: 0, requested: true });
    assert!(lock.drop_requested());
    // The timeout of a wait that saw a switch does not request a drop either.
    assert_eq!(lock.on('c', Event::Expired { seen: 1 }).then, Then::AwaitDrop { seen: 0, requested: false });
    assert!(lock.drop_requested());
}

#[test]
fn a_free_lock_is_taken_and_not_asked_for() {
    let mut lock = asked(TIMED);
    let _ = lock.on('a', Event::Drop);
    assert_eq!(lock.on('b', Event::Expired { seen: 0 }).then, Then::Hold { switch: true });
    assert!(!lock.drop_requested());
}

#[test]
fn without_a_lock_every_thread_runs_on() {
    let mut lock = Protocol::new(Rules::new(Regime::Unlocked));
    for event in [Event::Take, Event::Woken, Event::Expired { seen: 0 }] {
        assert_eq!(lock.on('a', event), Reaction { then: Then::Hold { switch: false }, signal: None });
    }
    assert_eq!(lock.on('a', Event::CheckSite), Reaction { then: Then::KeepOn, signal: None });
    for event in [Event::Drop, Event::Switched] {
        assert_eq!(lock.on('a', event), Reaction { then: Then::Leave, signal: None });
    }
    assert_eq!((lock.holder(), lock.switches(), lock.drop_requested()), (None, 0, false));
}

#[cfg(debug_assertions)]
#[test]
#[should_panic(expected = "only the holder can drop the lock")]
fn a_thread_cannot_drop_the_lock_of_another() {
    let _ = asked(TIMED).on('b', Event::Drop);
}
