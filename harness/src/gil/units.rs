//! Durations as the plain numbers of reports and scripts.

use std::time::Duration;

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// A duration from microseconds; a negative number counts as 0.
pub(super) fn microseconds(count: f64) -> Duration {
    Duration::from_secs_f64(count.max(0.0) / 1e6)
}
