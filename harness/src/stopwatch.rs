//! Wall-clock time and processor time.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

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
