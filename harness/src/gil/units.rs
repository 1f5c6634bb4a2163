//! Converts durations to and from the numbers of reports and scripts.

use std::time::Duration;

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// A duration of this many microseconds. A negative number counts as 0.
pub(super) fn microseconds(count: f64) -> Duration {
    Duration::from_secs_f64(count.max(0.0) / 1e6)
}
