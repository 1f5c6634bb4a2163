//! Tests of the reports to a progress observer.

use std::sync::Mutex;
use std::time::Duration;

use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Progress};

use crate::conformance::broken::{Judged, ensure};
use crate::conformance::subject::Subject;

pub(super) fn only_grows<B: Backend>(subject: &Subject<'_, B>) -> Judged {
    for lane in subject.lanes() {
        // Tiles of a millisecond leave time for reports between them.
        let probe = Probe { pause: Duration::from_millis(1), ..Probe::new(60) };
        let reports = Mutex::new(Vec::new());
        let listen = |progress: Progress| reports.lock().expect("no observer panics").push(progress);
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
