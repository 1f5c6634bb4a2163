//! Tests of panics in code that a backend calls.

use std::ops::ControlFlow;
use std::panic::resume_unwind;

use primelanes_backends::probe::{Probe, Trouble};
use primelanes_backends::{Backend, Control, Error, Kernel, Monoid, Progress, Pulse, Stopped};
use serde::{Deserialize, Serialize};

use crate::conformance::Ability;
use crate::conformance::broken::{Judged, ensure};
use crate::conformance::subject::{Subject, ensure_usable};

fn ensure_named<T>(answer: Result<T, Error>, phase: &'static str, message: &str) -> Judged {
    let due = Error::Panicked { phase: phase.into(), message: message.to_owned() };
    let seen = answer.err().map_or_else(|| "an answer".to_owned(), |error| format!("'{error}'"));
    ensure!(seen == format!("'{due}'"), "after a panic {seen} instead of '{due}'");
    Ok(())
}

pub(super) fn in_a_tile<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        for tile in [0, 57, 99] {
            let probe = Probe { trouble: Some(Trouble::PanicInTile(tile)), ..Probe::new(100) };
            ensure_named(lane.fold(&probe, &Control::new()), "probe", &Probe::panic_of_tile(tile))?;
            ensure_usable(&lane)?;
        }
        if subject.caps.has(Ability::SharedMemory) {
            ensure_named(lane.fold(&Incompatible, &Control::new()), "incompatible", "incompatible")?;
            ensure_usable(&lane)?;
        }
    }
    Ok(())
}

/// A kernel of two tiles whose results panic when they are combined, either by a worker that ran both, or in the final
/// fold.
struct Incompatible;

/// Whether a tile ran.
#[derive(Debug, Serialize, Deserialize)]
struct Found(bool);

impl Monoid for Found {
    fn identity() -> Self {
        Self(false)
    }

    fn combine(self, later: Self) -> Self {
        if self.0 && later.0 {
            resume_unwind(Box::new("incompatible"));
        }
        Self(self.0 || later.0)
    }
}

impl Kernel for Incompatible {
    type Scratch = ();
    type Partial = Found;

    fn phase(&self) -> &'static str {
        "incompatible"
    }

    fn tiles(&self) -> u64 {
        2
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, _: u64, (): &mut (), _: &P) -> Result<Found, Stopped> {
        Ok(Found(true))
    }
}

pub(super) fn in_a_scratch_constructor<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        let probe = Probe { trouble: Some(Trouble::PanicInScratch), ..Probe::new(100) };
        ensure_named(lane.fold(&probe, &Control::new()), "probe", Probe::PANIC_OF_SCRATCH)?;
        ensure_usable(&lane)?;
    }
    Ok(())
}

/// Checks observers that panic at the first report, or at the last.
pub(super) fn in_an_observer<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        for from in [0, 100] {
            let observer = |progress: Progress| {
                if progress.done >= from {
                    resume_unwind(Box::new("a bad observer"));
                }
                ControlFlow::Continue(())
            };
            let answer = lane.fold(&Probe::new(100), &Control::new().progress(&observer));
            ensure_named(answer, "progress observer", "a bad observer")?;
            ensure_usable(&lane)?;
        }
    }
    Ok(())
}
