//! A race's result in words.

use super::Report;
use crate::statistics::{Estimate, FEWEST_ROUNDS, spread};

/// A lane whose middle half of times is wider than this part of the median is noisy.
const NOISY_SPREAD: f64 = 0.05;

/// More than so many cores busy with something else make a noisy machine.
const NOISY_LOAD: f64 = 0.1;

/// Seconds in which there is more starting and ending than counting.
const SHORT_RUN: f64 = 1e-3;

impl Report {
    /// What makes the figures doubtful.
    pub(super) fn doubts(&self) -> Vec<String> {
        let cores = self.cores;
        let when = [("before", self.busy_before), ("during", self.busy_beside)];
        let loads = when.into_iter().filter_map(|(when, busy)| {
            let busy = busy.filter(|&busy| busy > NOISY_LOAD)?;
            Some(format!("others kept {busy:.1} of {cores} cores busy {when} the race"))
        });
        let spreads = self.lanes.iter().map(|lane| (spread(&lane.seconds), lane.name()));
        let widest = spreads.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(spread, _)| *spread > NOISY_SPREAD);
        let spread = widest.map(|(spread, lane)| {
            format!("times waver: the middle half of {lane}'s is {:.0} % of their median wide", 100.0 * spread)
        });
        let few = (self.rounds < FEWEST_ROUNDS)
            .then(|| format!("fewer than {FEWEST_ROUNDS} rounds give no intervals: a tie cannot be told from a win"));
        let fastest = self.lanes.iter().map(|lane| lane.median.value).fold(f64::INFINITY, f64::min);
        let short = (fastest < SHORT_RUN).then(|| {
            "runs of less than a millisecond show what it costs to begin, not what it costs to count".to_owned()
        });
        loads.chain(spread).chain(few).chain(short).collect()
    }

    /// The fastest lane beside the baseline and the second, in the manner of hyperfine.
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
