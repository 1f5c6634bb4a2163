//! The pace: how long a run should be, and how long it may take.
//!
//! Each run costs one round trip, however many tiles it has. If a run is too long, much work is lost when its worker is
//! lost, and the other workers cannot share it. So runs begin with one tile, and grow only until the round trip is a
//! small part of their time. This module reads no clock.

use std::time::Duration;

/// A run should take this many times as long as a round trip, so that the trip takes half a percent of the time. The
/// goal is less than one percent, and round trips vary.
const TRIPS_PER_RUN: f64 = 200.0;

/// The longest time that a run should take by default, however long the round trip is, unless a single grain takes longer.
/// This much work is lost with a worker, or keeps the fold waiting at the end.
const MAX_RUN_TIME: Duration = Duration::from_millis(100);

/// A run may have this many times as many tiles as the longest answered run, since the time per tile is known only from
/// answered runs.
const MAX_GROWTH: u64 = 4;

/// A worker may be silent for this many times the expected time of its run.
const OVERDUE_FACTOR: u32 = 20;

/// The smallest scale of the length of runs. Each loss halves the scale, so that work gets done between two losses, and
/// each answer raises it by a quarter again.
const MIN_SCALE: f64 = 1.0 / 1024.0;

/// What is known about the tiles and the workers of one fold from their answers.
#[derive(Debug)]
pub(crate) struct Pace {
    /// The recent time per tile, in seconds.
    tile: Option<f64>,
    /// The recent time per round trip without the work, in seconds.
    trip: Option<f64>,
    /// The number of tiles in the longest answered run.
    longest: u64,
    /// The current length of runs, as a part of their usual length.
    scale: f64,
    /// The shortest time that a worker may be silent.
    timeout: Duration,
    /// The longest time that a run should take.
    max_run_time: Duration,
}

impl Pace {
    /// Creates the pace of workers that may be silent for `timeout`, or for twenty times the expected time of a run,
    /// whichever is longer.
    pub(crate) const fn new(timeout: Duration) -> Self {
        Self { tile: None, trip: None, longest: 0, scale: 1.0, timeout, max_run_time: MAX_RUN_TIME }
    }

    /// Creates the pace of a transport that notices lost workers itself, and whose round trips are long, so that runs
    /// should take `max_run_time`.
    pub(crate) const fn seldom(max_run_time: Duration) -> Self {
        Self { max_run_time, ..Self::new(Duration::MAX) }
    }

    /// Sets the expected time of a tile. Even the first runs then have their usual length.
    pub(crate) fn expecting(self, tile: Duration) -> Self {
        let (tile, trip) = (Some(tile.as_secs_f64()), Some(self.max_run_time.as_secs_f64()));
        Self { tile, trip, longest: u64::MAX / MAX_GROWTH, ..self }
    }

    /// Records that a run of `tiles` tiles was answered after `elapsed`, of which the tiles took `busy`.
    pub(super) fn on_answer(&mut self, tiles: u64, elapsed: Duration, busy: Duration) {
        // Averaging with the old value soon forgets the first trips, which include the set-up of the workers.
        let recent = |old: Option<f64>, new: f64| Some(old.map_or(new, |old| old.midpoint(new)));
        self.tile = recent(self.tile, busy.as_secs_f64() / tiles.max(1) as f64);
        self.trip = recent(self.trip, elapsed.saturating_sub(busy).as_secs_f64());
        self.longest = self.longest.max(tiles);
        self.scale = (self.scale * 1.25).min(1.0);
    }

    /// Records that a run was lost with its worker.
    pub(super) fn on_loss(&mut self) {
        self.scale = (self.scale / 2.0).max(MIN_SCALE);
    }

    /// Returns the largest number of tiles for the next run.
    pub(super) fn max_tiles(&self) -> u64 {
        let (Some(tile), Some(trip)) = (self.tile, self.trip) else { return 1 };
        let seconds = self.max_run_time.as_secs_f64().min(trip * TRIPS_PER_RUN) * self.scale;
        // The quotient is infinite for tiles that take no time at all; the cast saturates.
        let tiles = (seconds / tile) as u64;
        tiles.min(self.longest.saturating_mul(MAX_GROWTH)).max(1)
    }

    /// Returns the expected time of a run of `tiles` tiles. It is zero before the first answer.
    pub(super) fn expected(&self, tiles: u64) -> Duration {
        let seconds = self.tile.unwrap_or(0.0) * tiles as f64;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// Returns how long the worker of a run of `tiles` tiles may be silent before it is given up.
    pub(super) fn timeout(&self, tiles: u64) -> Duration {
        self.expected(tiles).saturating_mul(OVERDUE_FACTOR).max(self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const US: Duration = Duration::from_micros(1);

    /// Answers thirty runs, each of the largest number of tiles, and returns their lengths.
    fn runs(pace: &mut Pace, tile: Duration, trip: Duration) -> Vec<u64> {
        let mut run = || {
            let tiles = pace.max_tiles();
            let busy = tile * tiles as u32;
            pace.on_answer(tiles, busy + trip, busy);
            tiles
        };
        (0..30).map(|_| run()).collect()
    }

    #[test]
    fn runs_grow_from_one_tile_until_the_trip_is_half_a_percent() {
        let runs = runs(&mut Pace::new(MS), 5 * US, 10 * US);
        assert_eq!(runs[..5], [1, 4, 16, 64, 256]);
        assert!(runs[29].abs_diff(2000 / 5) <= 1, "{runs:?}");
    }

    #[test]
    fn runs_take_a_tenth_of_a_second_at_most_and_one_tile_at_least() {
        assert!(runs(&mut Pace::new(MS), 50 * US, 40 * MS)[29].abs_diff(2000) <= 1);
        assert_eq!(runs(&mut Pace::new(MS), 300 * MS, 10 * US)[29], 1);
    }

    #[test]
    fn runs_of_an_expected_time_need_no_growth() {
        let mut pace = Pace::seldom(1000 * MS).expecting(2 * MS);
        assert_eq!(pace.max_tiles(), 500);
        pace.on_answer(500, 1600 * MS, 1500 * MS);
        assert!(pace.max_tiles().abs_diff(400) <= 1, "{}", pace.max_tiles());
        assert_eq!(pace.timeout(500), Duration::MAX);
        assert_eq!(Pace::seldom(MS).expecting(Duration::ZERO).max_tiles(), u64::MAX / 4 * 4);
    }

    #[test]
    fn tiles_that_take_no_measurable_time_are_no_problem() {
        let runs = runs(&mut Pace::new(MS), Duration::ZERO, US);
        assert_eq!(runs[29], 1 << 58, "each run is four times as long as the last");
    }

    #[test]
    fn losses_make_runs_shorter_and_answers_make_them_longer_again() {
        let mut pace = Pace::new(MS);
        let near = |pace: &Pace, tiles: u64| {
            assert!(pace.max_tiles().abs_diff(tiles) <= 1, "{} for {tiles}", pace.max_tiles());
        };
        runs(&mut pace, MS, MS);
        near(&pace, 100);
        pace.on_loss();
        near(&pace, 50);
        pace.on_loss();
        near(&pace, 25);
        pace.on_answer(25, 26 * MS, 25 * MS);
        near(&pace, 31);
        (0..100).for_each(|_| pace.on_loss());
        assert_eq!(pace.max_tiles(), 1);
        runs(&mut pace, MS, MS);
        runs(&mut pace, MS, MS);
        near(&pace, 100);
    }

    #[test]
    fn the_timeout_of_a_run_is_twenty_times_its_expected_time_and_never_below_the_minimum() {
        let mut pace = Pace::new(50 * MS);
        assert_eq!((pace.expected(1000), pace.timeout(1000)), (Duration::ZERO, 50 * MS));
        pace.on_answer(10, 11 * MS, 10 * MS);
        assert_eq!((pace.expected(2), pace.timeout(2), pace.timeout(100)), (2 * MS, 50 * MS, 2000 * MS));
        assert!(pace.timeout(u64::MAX) > Duration::from_secs(1 << 50));
    }
}
