//! What an experiment measured.

use std::num::NonZeroUsize;

use serde::Serialize;

use super::Lane;
use crate::statistics::median;

/// One run of all tasks in one lane.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Wall time.
    pub(super) seconds: f64,
    /// Processor time of the process, or of the interpreter and its workers, over wall time.
    pub(super) cores_used: f64,
    /// How often the lock went from one thread to another; `None` in a lane without one, or without a way to ask.
    pub(super) handovers: Option<u64>,
    /// Seconds that it took to start the worker processes, before the clock; `None` in a lane without any.
    pub(super) start_up: Option<f64>,
    /// What each task counted.
    pub(super) counts: Vec<u128>,
}

/// An experiment's result, as it stands in the JSON; displayed as a table and a sentence.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Each task counted the primes up to here.
    pub(crate) limit: u64,
    /// Tasks in each lane and round.
    pub(crate) tasks: usize,
    /// What runs the lanes of [`Lane::PYTHON`], as `CPython 3.11.7`; not in the JSON if nothing was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interpreter: Option<String>,
    /// One report a lane.
    pub(crate) lanes: Vec<LaneReport>,
    /// What the oracle counts.
    #[serde(skip)]
    pub(super) expected: u128,
}

/// What came of one lane over all rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LaneReport {
    /// Which lane.
    pub(crate) lane: Lane,
    /// Wall seconds of each round.
    pub(crate) seconds: Vec<f64>,
    /// Median of the lane's [baseline](Lane::baseline) over this one's; `None` if that was not run. So native lanes are
    /// measured by native code, and an interpreter's by the interpreter.
    pub(crate) speedup: Option<f64>,
    /// Median over the rounds.
    pub(crate) cores_used: f64,
    /// Median over the rounds; `None` in a lane without a lock, and in an interpreter's, which does not tell.
    pub(crate) handovers: Option<u64>,
    /// Seconds before the clock that it took to start the worker processes, median over the rounds; not in the JSON of a
    /// lane without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_up: Option<f64>,
    /// What each task counted, in the first round that has a wrong count, or else in the first.
    pub(crate) counts: Vec<u128>,
    /// Whether every count of every round equals the oracle's.
    pub(crate) verified: bool,
}

impl Report {
    pub(super) fn new(
        limit: u64,
        tasks: NonZeroUsize,
        expected: u128,
        measured: impl Iterator<Item = (Lane, Vec<Sample>)>,
    ) -> Self {
        let mut lanes: Vec<_> = measured.map(|(lane, samples)| LaneReport::new(lane, &samples, expected)).collect();
        for baseline in [Lane::Sequential, Lane::PythonSequential] {
            if let Some(sequential) = median_of(&lanes, baseline) {
                for report in lanes.iter_mut().filter(|report| report.lane.baseline() == baseline) {
                    report.speedup = Some(sequential / report.median());
                }
            }
        }
        Self { limit, tasks: tasks.get(), interpreter: None, lanes, expected }
    }

    /// Median wall seconds of a lane that was run.
    pub(super) fn median_of(&self, lane: Lane) -> Option<f64> {
        median_of(&self.lanes, lane)
    }

    /// Whether every count equals the oracle's.
    pub(crate) fn verified(&self) -> bool {
        self.lanes.iter().all(|lane| lane.verified)
    }
}

impl LaneReport {
    fn new(lane: Lane, samples: &[Sample], expected: u128) -> Self {
        let is_wrong = |sample: &&Sample| sample.counts.iter().any(|&count| count != expected);
        let wrong = samples.iter().find(is_wrong);
        let start_ups: Option<Vec<f64>> = samples.iter().map(|sample| sample.start_up).collect();
        let handovers: Option<Vec<f64>> = samples.iter().map(|sample| sample.handovers.map(|n| n as f64)).collect();
        Self {
            lane,
            seconds: samples.iter().map(|sample| sample.seconds).collect(),
            speedup: None,
            cores_used: median(samples.iter().map(|sample| sample.cores_used)),
            handovers: handovers.map(|counts| median(counts) as u64),
            start_up: start_ups.map(median),
            counts: wrong.unwrap_or(&samples[0]).counts.clone(),
            verified: wrong.is_none(),
        }
    }

    /// Median wall seconds.
    pub(crate) fn median(&self) -> f64 {
        median(self.seconds.iter().copied())
    }

    /// Least and most wall seconds.
    pub(crate) fn range(&self) -> (f64, f64) {
        let seconds = || self.seconds.iter().copied();
        (seconds().fold(f64::INFINITY, f64::min), seconds().fold(0.0, f64::max))
    }
}

fn median_of(lanes: &[LaneReport], lane: Lane) -> Option<f64> {
    lanes.iter().find(|report| report.lane == lane).map(LaneReport::median)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: f64, counts: &[u128]) -> Sample {
        Sample { seconds, cores_used: 1.0, handovers: None, start_up: None, counts: counts.to_vec() }
    }

    #[test]
    fn one_wrong_count_in_one_round_is_shown() {
        let rounds = vec![sample(1.0, &[4, 4]), sample(3.0, &[4, 5]), sample(2.0, &[4, 4])];
        let report = Report::new(10, NonZeroUsize::MIN, 4, [(Lane::Rayon, rounds)].into_iter());
        assert!(!report.verified());
        assert_eq!(report.lanes[0].counts, [4, 5]);
        assert_eq!(report.lanes[0].speedup, None);
        assert_eq!(report.lanes[0].range(), (1.0, 3.0));
    }

    #[test]
    fn speed_up_is_over_the_sequential_median() {
        let lanes = [(Lane::Rayon, vec![sample(1.0, &[4])]), (Lane::Sequential, vec![sample(2.0, &[4])])];
        let report = Report::new(10, NonZeroUsize::MIN, 4, lanes.into_iter());
        assert_eq!(report.lanes.iter().map(|lane| lane.speedup).collect::<Vec<_>>(), [Some(2.0), Some(1.0)]);
        assert!(report.verified());
    }

    #[test]
    fn each_language_has_its_own_baseline() {
        let seconds = [
            (Lane::Sequential, 2.0),
            (Lane::Rayon, 1.0),
            (Lane::PythonSequential, 60.0),
            (Lane::PythonThreads, 80.0),
            (Lane::PythonProcesses, 30.0),
        ];
        let speedups = |lanes: &[(Lane, f64)]| {
            let measured = lanes.iter().map(|&(lane, seconds)| (lane, vec![sample(seconds, &[4])]));
            let report = Report::new(10, NonZeroUsize::MIN, 4, measured);
            report.lanes.iter().map(|lane| lane.speedup).collect::<Vec<_>>()
        };
        assert_eq!(speedups(&seconds), [Some(1.0), Some(2.0), Some(1.0), Some(0.75), Some(2.0)]);
        assert_eq!(speedups(&seconds[3..]), [None, None]);
    }
}
