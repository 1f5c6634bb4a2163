//! Wall-clock and processor time together.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

/// Measures from [`start`](Stopwatch::start) to [`stop`](Stopwatch::stop).
#[derive(Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: ProcessTime,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu: ProcessTime::now() }
    }

    /// Seconds on the wall clock, and cores used: processor time of the whole process, and what was taken elsewhere, over
    /// wall time.
    pub(crate) fn stop(self, elsewhere: Duration) -> (f64, f64) {
        // Processor time within wall time, so that it is not more.
        let (cpu, wall) = (self.cpu.elapsed().as_secs_f64(), self.wall.elapsed().as_secs_f64());
        (wall, (cpu + elsewhere.as_secs_f64()) / wall.max(f64::MIN_POSITIVE))
    }
}
