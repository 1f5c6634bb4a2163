//! Random recordings that a lock could have made. Random steps drive the protocol.

use std::time::Duration;

use primelanes_backends::global_lock::protocol::{Event, Protocol, Regime, Rules, Then};
use primelanes_backends::global_lock::trace::{Entry, Recording, What};
use proptest::prelude::*;

use super::Scene;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Nothing,
    Lock { seen: u64 },
    Work,
    Switch { then_detach: bool },
    Rest,
}

/// One step: the thread, its choice if it has one, and the nanoseconds before the step.
type Step = (usize, bool, u64);

/// Scenes of up to four threads. Many events happen at the same time, and some recordings begin in the middle.
pub(in crate::gil) fn scenes() -> impl Strategy<Value = Scene> {
    let pause = prop_oneof![4 => Just(0), 3 => 1..4_u64, 2 => 1..3_000_000_u64, 1 => Just(5_000_000)];
    let steps = proptest::collection::vec((0..4_usize, any::<bool>(), pause), 0..250);
    let regime = prop_oneof![
        6 => Just(Regime::Timed { interval: Duration::from_millis(5) }),
        1 => Just(Regime::Counted { checks: 2 }),
        1 => Just(Regime::Unlocked),
    ];
    (regime, steps, 0..40_usize, 0..3_u64).prop_map(|(regime, steps, missed, left_out)| {
        let mut recording = drive(regime, &steps);
        recording.entries.drain(..missed.saturating_sub(30).min(recording.entries.len()));
        recording.left_out = left_out;
        Scene { title: "a \"random\" <scene> & more".to_owned(), recording }
    })
}

fn drive(regime: Regime, steps: &[Step]) -> Recording {
    let mut lock = Protocol::new(Rules::new(regime));
    let mut at = [At::Nothing; 4];
    let mut now = Duration::ZERO;
    let mut entries = Vec::new();
    for &(thread, choice, pause) in steps {
        now += Duration::from_nanos(pause);
        at[thread] = step(&mut lock, thread, at[thread], choice, &mut |what| {
            entries.push(Entry { at: now, thread, what });
        });
    }
    let threads = ["main", "<I/O>", "\"cpu\" & co", "a thread with a name that is too long for its row"];
    Recording { threads: threads.map(str::to_owned).to_vec(), entries, left_out: 0 }
}

fn step(lock: &mut Protocol<usize>, me: usize, at: At, choice: bool, note: &mut dyn FnMut(What)) -> At {
    let wants = |lock: &mut Protocol<usize>, event, note: &mut dyn FnMut(What)| match lock.on(me, event).then {
        Then::AwaitDrop { seen, requested } => {
            match event {
                Event::Take => note(What::Waits),
                Event::Expired { .. } => note(if requested { What::Requests } else { What::Refrains }),
                _ => {}
            }
            At::Lock { seen }
        }
        Then::Hold { switch } => {
            note(What::Takes { switch });
            At::Work
        }
        then => unreachable!("{then:?} after {event:?}"),
    };
    let rest = |note: &mut dyn FnMut(What), then_detach: bool| {
        if then_detach {
            note(What::Detaches);
            At::Rest
        } else {
            At::Nothing
        }
    };
    match at {
        At::Nothing => wants(lock, Event::Take, note),
        At::Lock { .. } if choice => wants(lock, Event::Woken, note),
        At::Lock { seen } => wants(lock, Event::Expired { seen }, note),
        At::Work if !choice && lock.on(me, Event::CheckSite).then == Then::KeepOn => At::Work,
        At::Work => {
            let forced = lock.on(me, Event::Drop).then == Then::AwaitSwitch;
            note(What::Drops { forced });
            if forced { At::Switch { then_detach: choice } } else { rest(note, choice) }
        }
        At::Switch { then_detach } => {
            if lock.on(me, Event::Switched).then == Then::AwaitSwitch {
                return at;
            }
            note(What::SwitchSeen);
            rest(note, then_detach)
        }
        At::Rest => {
            note(What::Returns);
            wants(lock, Event::Take, note)
        }
    }
}
