//! How long a run is to be, and how long it may take.
//!
//! A run costs a round trip, whatever is in it; and what is in it is lost with its worker, and cannot be balanced any
//! more. So runs begin with a tile and grow until the trip is a small part of them, and no longer. Nothing here looks at
//! a clock.

use std::time::Duration;

/// So many times as long as a round trip a run is to take: the trip is half a percent of it. Under one percent is what
/// is promised, and trips vary.
const TRIPS: f64 = 200.0;

/// Longer no run is to take, whatever the trip, unless the grain is longer: that much is lost with a worker, or waited for at the end.
const LONGEST: Duration = Duration::from_millis(100);

/// A run may have so many times the tiles of the longest that was answered: the rate is known from those.
const GROWTH: u64 = 4;

/// A run that takes so many times what was expected shows no sign of life any more.
const OVERDUE: u32 = 20;

/// After a loss runs are half as long, so that work gets done between two losses; each answer gives back a quarter.
const SHORTEST: f64 = 1.0 / 1024.0;

/// What the answers of one fold tell of its tiles and its workers.
#[derive(Debug)]
pub(super) struct Pace {
    /// Seconds a tile, as of late.
    tile: Option<f64>,
    /// Seconds a round trip, the work aside, as of late.
    trip: Option<f64>,
    /// Tiles in the longest run that was answered.
    longest: u64,
    /// The part of its usual length that a run has.
    shrunk: f64,
    /// How long a worker may show no sign of life at the least.
    patience: Duration,
}

impl Pace {
    pub(super) const fn new(patience: Duration) -> Self {
        Self { tile: None, trip: None, longest: 0, shrunk: 1.0, patience }
    }

    /// A run of `tiles` was answered after `elapsed`, of which the tiles took `busy`.
    pub(super) fn answered(&mut self, tiles: u64, elapsed: Duration, busy: Duration) {
        // Halving what was before soon forgets the first trips, which have a worker's set-up in them.
        let as_of_late = |before: Option<f64>, now: f64| Some(before.map_or(now, |before| before.midpoint(now)));
        self.tile = as_of_late(self.tile, busy.as_secs_f64() / tiles.max(1) as f64);
        self.trip = as_of_late(self.trip, elapsed.saturating_sub(busy).as_secs_f64());
        self.longest = self.longest.max(tiles);
        self.shrunk = (self.shrunk * 1.25).min(1.0);
    }

    /// A run was lost with its worker.
    pub(super) fn lost(&mut self) {
        self.shrunk = (self.shrunk / 2.0).max(SHORTEST);
    }

    /// The most tiles for the next run.
    pub(super) fn most(&self) -> u64 {
        let (Some(tile), Some(trip)) = (self.tile, self.trip) else { return 1 };
        let due = LONGEST.as_secs_f64().min(trip * TRIPS) * self.shrunk;
        // Beyond all bounds for tiles that take no time at all; the cast cuts it to u64.
        let tiles = (due / tile) as u64;
        tiles.min(self.longest.saturating_mul(GROWTH)).max(1)
    }

    /// How long a run of so many tiles is expected to take; nothing, as long as nothing is known.
    pub(super) fn expected(&self, tiles: u64) -> Duration {
        let seconds = self.tile.unwrap_or(0.0) * tiles as f64;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// After how long without a sign of life the worker of such a run is given up.
    pub(super) fn deadline(&self, tiles: u64) -> Duration {
        self.expected(tiles).saturating_mul(OVERDUE).max(self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const US: Duration = Duration::from_micros(1);

    /// Answers runs of the most tiles thirty times over; gives the runs.
    fn runs(pace: &mut Pace, tile: Duration, trip: Duration) -> Vec<u64> {
        let mut run = || {
            let tiles = pace.most();
            let busy = tile * tiles as u32;
            pace.answered(tiles, busy + trip, busy);
            tiles
        };
        (0..30).map(|_| run()).collect()
    }

    #[test]
    fn runs_grow_from_a_tile_until_the_trip_is_half_a_percent() {
        let runs = runs(&mut Pace::new(MS), 5 * US, 10 * US);
        assert_eq!(runs[..5], [1, 4, 16, 64, 256]);
        assert!(runs[29].abs_diff(2000 / 5) <= 1, "{runs:?}");
    }

    #[test]
    fn runs_take_a_tenth_of_a_second_at_most_and_a_tile_at_least() {
        assert!(runs(&mut Pace::new(MS), 50 * US, 40 * MS)[29].abs_diff(2000) <= 1);
        assert_eq!(runs(&mut Pace::new(MS), 300 * MS, 10 * US)[29], 1);
    }

    #[test]
    fn tiles_of_no_measurable_length_are_no_trouble() {
        let runs = runs(&mut Pace::new(MS), Duration::ZERO, US);
        assert_eq!(runs[29], 1 << 58, "four times the last, for want of anything better");
    }

    #[test]
    fn losses_make_runs_shorter_and_answers_longer_again() {
        let mut pace = Pace::new(MS);
        let near = |pace: &Pace, tiles: u64| assert!(pace.most().abs_diff(tiles) <= 1, "{} for {tiles}", pace.most());
        runs(&mut pace, MS, MS);
        near(&pace, 100);
        pace.lost();
        near(&pace, 50);
        pace.lost();
        near(&pace, 25);
        pace.answered(25, 26 * MS, 25 * MS);
        near(&pace, 31);
        (0..100).for_each(|_| pace.lost());
        assert_eq!(pace.most(), 1);
        runs(&mut pace, MS, MS);
        runs(&mut pace, MS, MS);
        near(&pace, 100);
    }

    #[test]
    fn a_deadline_is_twenty_times_what_is_expected_or_the_patience() {
        let mut pace = Pace::new(50 * MS);
        assert_eq!((pace.expected(1000), pace.deadline(1000)), (Duration::ZERO, 50 * MS));
        pace.answered(10, 11 * MS, 10 * MS);
        assert_eq!((pace.expected(2), pace.deadline(2), pace.deadline(100)), (2 * MS, 50 * MS, 2000 * MS));
        assert!(pace.deadline(u64::MAX) > Duration::from_secs(1 << 50));
    }
}
