//! Wall-clock time and processor time.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Error};

/// Measures the time from [`start`](Stopwatch::start) to [`stop`](Stopwatch::stop).
#[derive(Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: ProcessTime,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu: ProcessTime::now() }
    }

    /// Returns wall-clock seconds, and the cores used: processor time of this process, plus that of other processes,
    /// over wall time.
    pub(crate) fn stop(self, elsewhere: Duration) -> (f64, f64) {
        // In this order, the processor time lies within the wall time and cannot exceed it.
        let (cpu, wall) = (self.cpu.elapsed().as_secs_f64(), self.wall.elapsed().as_secs_f64());
        (wall, (cpu + elsewhere.as_secs_f64()) / wall.max(f64::MIN_POSITIVE))
    }
}

/// Gives each worker of a lane a tile. A worker process reports its processor time with each answer, and the first report
/// includes its start.
pub(crate) fn have_each_worker_answer(lane: &impl Backend, control: &Control<'_>) -> Result<(), Error> {
    // A tile takes longer than handing out all of them, so no worker takes two.
    let tiles = Probe { pause: Duration::from_millis(2), ..Probe::new(lane.workers().get() as u64) };
    lane.fold(&tiles, control).map(drop)
}
