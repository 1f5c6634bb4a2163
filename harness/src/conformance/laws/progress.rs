//! Tests of the reports to a progress observer.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use primelanes_backends::probe::{Probe, Trouble};
use primelanes_backends::{Backend, Control, Error, Progress};

use crate::conformance::broken::{Judged, ensure};
use crate::conformance::subject::{Subject, ensure_usable};

pub(super) fn only_grows<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        // Tiles of a millisecond leave time for reports between them.
        let probe = Probe { pause: Duration::from_millis(1), ..Probe::new(60) };
        let reports = Mutex::new(Vec::new());
        let listen = |progress: Progress| {
            reports.lock().expect("no observer panics").push(progress);
            ControlFlow::Continue(())
        };
        lane.fold(&probe, &Control::new().progress(&listen))?;
        ensure_grows(&reports.into_inner().expect("no observer panics"), 60)?;
    }
    Ok(())
}

fn ensure_grows(reports: &[Progress], total: u64) -> Judged {
    for progress in reports {
        ensure!(progress.phase == "probe", "the phase 'probe' is reported as '{}'", progress.phase);
        ensure!(progress.total == total, "{total} tiles were reported as {}", progress.total);
    }
    for pair in reports.windows(2) {
        ensure!(pair[0].done <= pair[1].done, "after {} tiles, {} were reported", pair[0].done, pair[1].done);
    }
    let last = reports.last().map(|progress| progress.done);
    ensure!(last == Some(total), "the last report is {last:?}, not {total} tiles");
    Ok(())
}

pub(super) fn observer_ends<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        // The last report that this observer waits for is due after 100 ms.
        let work = Trouble::Work(0, Duration::from_secs(2));
        let calls = AtomicU32::new(0);
        let observer = |_: Progress| match calls.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let answer = lane.fold(&Probe { trouble: Some(work), ..Probe::new(1) }, &Control::new().progress(&observer));
        let told = calls.into_inner();
        ensure!(told >= 3, "an observer was called {told} times while a tile worked for two seconds");
        let answer = answer.map(|visits| visits.len());
        ensure!(answer == Err(Error::Cancelled), "an observer ended the fold, but the fold returned {answer:?}");
        ensure!(told == 3, "an observer ended the fold, but was called {} more times", told - 3);
        ensure_usable(&lane)?;
    }
    Ok(())
}
