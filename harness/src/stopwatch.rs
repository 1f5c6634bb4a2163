//! Wall-clock and processor time together.

use std::time::Instant;

use cpu_time::ProcessTime;

/// Measures from [`start`](Stopwatch::start) to [`stop`](Stopwatch::stop).
#[derive(Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: ProcessTime,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { cpu: ProcessTime::now(), wall: Instant::now() }
    }

    /// Seconds on the wall clock, and cores used: processor time of the whole process over wall time.
    pub(crate) fn stop(self) -> (f64, f64) {
        let (wall, cpu) = (self.wall.elapsed().as_secs_f64(), self.cpu.elapsed().as_secs_f64());
        (wall, cpu / wall.max(f64::MIN_POSITIVE))
    }
}
