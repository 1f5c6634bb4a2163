//! The result of a race in words.

use super::Report;
use crate::statistics::{Estimate, MIN_ROUNDS, spread};

/// A lane is noisy if the interquartile range of its times exceeds this part of their median.
const NOISY_SPREAD: f64 = 0.05;

/// A machine is noisy if other processes keep more than this many cores busy.
const NOISY_LOAD: f64 = 0.1;

/// The length of a short run, in seconds. A shorter run consists mostly of overhead.
const SHORT_RUN: f64 = 1e-3;

impl Report {
    /// Reasons to doubt the figures.
    pub(super) fn doubts(&self) -> Vec<String> {
        let cores = self.cores;
        let when = [("before", self.busy_before), ("during", self.busy_beside)];
        let loads = when.into_iter().filter_map(|(when, busy)| {
            let busy = busy.filter(|&busy| busy > NOISY_LOAD)?;
            Some(format!("other processes kept {busy:.1} of {cores} cores busy {when} the race"))
        });
        let spreads = self.lanes.iter().map(|lane| (spread(&lane.seconds), lane.name()));
        let widest = spreads.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(spread, _)| *spread > NOISY_SPREAD);
        let spread = widest.map(|(spread, lane)| {
            format!("times vary: the interquartile range of {lane} is {:.0} % of its median", 100.0 * spread)
        });
        let few = (self.rounds < MIN_ROUNDS)
            .then(|| format!("fewer than {MIN_ROUNDS} rounds give no intervals, so a tie looks like a win"));
        let fastest = self.lanes.iter().map(|lane| lane.median.value).fold(f64::INFINITY, f64::min);
        let short = (fastest < SHORT_RUN)
            .then(|| "runs of less than a millisecond measure the overhead, not the counting".to_owned());
        loads.chain(spread).chain(few).chain(short).collect()
    }

    /// Compares the fastest lane with the baseline and the second.
    pub(super) fn sentence(&self) -> String {
        for lane in &self.lanes {
            if let Some(wrong) = lane.counts.iter().find(|&&count| count != self.expected) {
                return format!("WRONG: {} counts {wrong} primes, not {}.", lane.name(), self.expected);
            }
        }
        let mut ranking: Vec<usize> = (0..self.lanes.len()).collect();
        ranking.sort_by(|&a, &b| self.lanes[a].median.value.total_cmp(&self.lanes[b].median.value));
        let Some((&winner, losers)) = ranking.split_first() else { return String::new() };
        let baseline = self.baseline.filter(|&baseline| baseline != winner);
        let second = losers.first().copied().filter(|&second| Some(second) != baseline);
        let clauses: Vec<_> = baseline.into_iter().chain(second).map(|other| self.clause(winner, other)).collect();
        let winner = self.lanes[winner].name();
        if clauses.is_empty() {
            return format!("{winner} ran alone; every count is right.");
        }
        format!("{winner} ran {}; every count is right.", clauses.join(" and "))
    }

    fn clause(&self, winner: usize, other: usize) -> String {
        let ratio = self.ratio(other, winner);
        let tied = ratio.interval.is_some_and(|(low, high)| low <= 1.0 && 1.0 <= high);
        let (times, other) = (with_interval(ratio), self.lanes[other].name());
        format!("{times} times as fast as {other}{}", if tied { " (a tie)" } else { "" })
    }
}

/// `1.95 (1.93 .. 1.97)`, or the value alone.
pub(super) fn with_interval(estimate: Estimate) -> String {
    let Estimate { value, interval } = estimate;
    interval.map_or_else(|| format!("{value:.2}"), |(low, high)| format!("{value:.2} ({low:.2} .. {high:.2})"))
}
