//! How fast work goes on, and how long it will take.

use std::time::Duration;

/// An estimate from the progress since the first growth. There is none before the progress has grown twice, because the
/// first growth may be a set-up, or come after a long wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Estimate {
    first: Option<(Duration, f64)>,
    last: Option<(Duration, f64)>,
}

impl Estimate {
    /// Records that this fraction of the work is done at this time.
    pub(super) fn update(&mut self, now: Duration, part: f64) {
        let known = self.last.map_or(0.0, |(_, part)| part);
        if part > known {
            self.last = Some((now, part));
            self.first = self.first.or(self.last);
        }
    }

    /// Returns the fraction of the work that is done per second, if it is known.
    pub(super) fn per_second(self) -> Option<f64> {
        let ((began, before), (now, part)) = self.first.zip(self.last)?;
        let seconds = now.saturating_sub(began).as_secs_f64();
        (part > before && seconds > 0.0).then(|| (part - before) / seconds)
    }

    /// Returns the time that the rest of the work takes at this rate, if it is known.
    pub(super) fn left(self) -> Option<Duration> {
        let (_, part) = self.last?;
        Duration::try_from_secs_f64((1.0 - part).max(0.0) / self.per_second()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn after(updates: &[(u32, f64)]) -> Estimate {
        let mut estimate = Estimate::default();
        for &(seconds, part) in updates {
            estimate.update(seconds * SECOND, part);
        }
        estimate
    }

    #[test]
    fn nothing_is_claimed_before_the_work_has_grown_twice() {
        for updates in
            [&[][..], &[(0, 0.0), (9, 0.0)], &[(0, 0.0), (5, 0.01), (9, 0.01)], &[(0, 0.0), (0, 0.1), (0, 0.2)]]
        {
            assert_eq!((after(updates).per_second(), after(updates).left()), (None, None), "{updates:?}");
        }
    }

    #[test]
    fn the_time_left_follows_from_the_rate_since_the_work_began_to_grow() {
        let slow = after(&[(0, 0.0), (10, 0.25), (14, 0.5)]);
        assert_eq!((slow.per_second(), slow.left()), (Some(0.0625), Some(8 * SECOND)));
        // A report without growth changes nothing.
        assert_eq!(after(&[(0, 0.0), (10, 0.25), (14, 0.5), (15, 0.5)]).left(), Some(8 * SECOND));
        assert_eq!(after(&[(1, 0.5), (2, 1.0)]).left(), Some(Duration::ZERO));
        // A time that does not fit in a duration is unknown.
        assert_eq!(after(&[(0, 1e-300), (1_000_000, 2e-300)]).left(), None);
    }
}
