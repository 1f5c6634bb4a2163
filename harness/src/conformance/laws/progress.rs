//! What the observer is told.

use std::sync::Mutex;
use std::time::Duration;

use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Progress};

use crate::conformance::broken::{Judged, ensure};
use crate::conformance::subject::Subject;

pub(super) fn only_grows<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        // Tiles of a millisecond, so that reports fall between them.
        let probe = Probe { pause: Duration::from_millis(1), ..Probe::new(60) };
        let told = Mutex::new(Vec::new());
        let listen = |progress: Progress| told.lock().expect("no observer panics").push(progress);
        lane.fold(&probe, &Control::new().progress(&listen))?;
        ensure_grows(&told.into_inner().expect("no observer panics"), 60)?;
    }
    Ok(())
}

fn ensure_grows(told: &[Progress], total: u64) -> Judged {
    for progress in told {
        ensure!(progress.phase == "probe", "the phase 'probe' is called '{}'", progress.phase);
        ensure!(progress.total == total, "{total} tiles were called {}", progress.total);
    }
    for pair in told.windows(2) {
        ensure!(pair[0].done <= pair[1].done, "after {} tiles {} were told", pair[0].done, pair[1].done);
    }
    let last = told.last().map(|progress| progress.done);
    ensure!(last == Some(total), "the last of {total} tiles was not told: {last:?}");
    Ok(())
}
