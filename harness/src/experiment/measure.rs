//! What an experiment measured.

use std::num::NonZeroUsize;

use serde::Serialize;

use super::Lane;
use crate::gil::interpreter::Label;
use crate::statistics::median;

/// A lane that was run, with the name of its interpreter if it is one of Python.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entrant {
    /// The lane.
    pub(crate) lane: Lane,
    /// The name of the interpreter. A native lane has none, and it is not in the JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interpreter: Option<String>,
}

impl Entrant {
    pub(super) fn new(lane: Lane, interpreter: Option<&str>) -> Self {
        Self { lane, interpreter: interpreter.map(str::to_owned) }
    }

    /// Returns what the speed-up is relative to.
    fn baseline(&self) -> Self {
        Self { lane: self.lane.baseline(), interpreter: self.interpreter.clone() }
    }
}

/// One run of all tasks on one lane.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Wall-clock time.
    pub(super) seconds: f64,
    /// The processor time of this process and its workers, or of the interpreter and its workers, divided by the
    /// wall-clock time.
    pub(super) cores_used: f64,
    /// How often the lock was handed over. `None` for a lane without a lock, and in Python, which does not report it.
    pub(super) handovers: Option<u64>,
    /// The seconds to start the worker processes, before the clock starts. `None` for a lane without worker processes.
    pub(super) start_up: Option<f64>,
    /// The count of each task.
    pub(super) counts: Vec<u128>,
}

/// The result of an experiment. Its fields are those of the JSON; it is displayed as a table and sentences.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Each task counted the primes in 0..=limit.
    pub(crate) limit: u64,
    /// The number of tasks on each lane in each round.
    pub(crate) tasks: usize,
    /// The interpreters of the Python lanes. Without one, they are not in the JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) interpreters: Vec<Label>,
    /// A report for each lane.
    pub(crate) lanes: Vec<LaneReport>,
    /// The right count.
    #[serde(skip)]
    pub(super) expected: u128,
}

/// The results of a lane over all rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LaneReport {
    /// The lane and its interpreter.
    #[serde(flatten)]
    pub(crate) entrant: Entrant,
    /// Wall-clock seconds of each round.
    pub(crate) seconds: Vec<f64>,
    /// The median time of the lane's [baseline](Lane::baseline) divided by the median time of this lane. `None` if the
    /// baseline did not run.
    pub(crate) speedup: Option<f64>,
    /// The number of cores used; the median over the rounds.
    pub(crate) cores_used: f64,
    /// The number of hand-overs of the lock; the median over the rounds. `None` for a lane without a lock, and in
    /// Python.
    pub(crate) handovers: Option<u64>,
    /// The seconds to start the worker processes, before the clock starts; the median over the rounds. It is not in the
    /// JSON of a lane without worker processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_up: Option<f64>,
    /// The counts of the first round with a wrong count, or of the first round if all are right.
    pub(crate) counts: Vec<u128>,
    /// Whether every count of every round equals the oracle's.
    pub(crate) verified: bool,
}

impl Report {
    pub(super) fn new(
        limit: u64,
        tasks: NonZeroUsize,
        expected: u128,
        measured: impl Iterator<Item = (Entrant, Vec<Sample>)>,
    ) -> Self {
        let lanes = measured.map(|(entrant, samples)| LaneReport::new(entrant, &samples, expected)).collect();
        let mut report = Self { limit, tasks: tasks.get(), interpreters: Vec::new(), lanes, expected };
        let speedup = |lane: &LaneReport| Some(report.find(&lane.entrant.baseline())?.median() / lane.median());
        let speedups: Vec<_> = report.lanes.iter().map(speedup).collect();
        for (lane, speedup) in report.lanes.iter_mut().zip(speedups) {
            lane.speedup = speedup;
        }
        report
    }

    /// Returns the results of a lane, if it ran.
    pub(crate) fn find(&self, entrant: &Entrant) -> Option<&LaneReport> {
        self.lanes.iter().find(|report| report.entrant == *entrant)
    }

    /// Returns whether every count equals the oracle's.
    pub(crate) fn verified(&self) -> bool {
        self.lanes.iter().all(|lane| lane.verified)
    }
}

impl LaneReport {
    fn new(entrant: Entrant, samples: &[Sample], expected: u128) -> Self {
        let is_wrong = |sample: &&Sample| sample.counts.iter().any(|&count| count != expected);
        let wrong = samples.iter().find(is_wrong);
        let start_ups: Option<Vec<f64>> = samples.iter().map(|sample| sample.start_up).collect();
        let handovers: Option<Vec<f64>> = samples.iter().map(|sample| sample.handovers.map(|n| n as f64)).collect();
        Self {
            entrant,
            seconds: samples.iter().map(|sample| sample.seconds).collect(),
            speedup: None,
            cores_used: median(samples.iter().map(|sample| sample.cores_used)),
            handovers: handovers.map(|counts| median(counts) as u64),
            start_up: start_ups.map(median),
            counts: wrong.unwrap_or(&samples[0]).counts.clone(),
            verified: wrong.is_none(),
        }
    }

    /// Median wall-clock seconds.
    pub(crate) fn median(&self) -> f64 {
        median(self.seconds.iter().copied())
    }

    /// Returns the minimum and the maximum of the wall-clock seconds.
    pub(crate) fn range(&self) -> (f64, f64) {
        let seconds = || self.seconds.iter().copied();
        (seconds().fold(f64::INFINITY, f64::min), seconds().fold(0.0, f64::max))
    }
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
        let report = Report::new(10, NonZeroUsize::MIN, 4, [(Entrant::new(Lane::Rayon, None), rounds)].into_iter());
        assert!(!report.verified());
        assert_eq!(report.lanes[0].counts, [4, 5]);
        assert_eq!(report.lanes[0].speedup, None);
        assert_eq!(report.lanes[0].range(), (1.0, 3.0));
    }

    #[test]
    fn speed_up_is_over_the_sequential_median() {
        let lanes = [(Lane::Rayon, 1.0), (Lane::Sequential, 2.0)];
        let measured = lanes.map(|(lane, seconds)| (Entrant::new(lane, None), vec![sample(seconds, &[4])]));
        let report = Report::new(10, NonZeroUsize::MIN, 4, measured.into_iter());
        assert_eq!(report.lanes.iter().map(|lane| lane.speedup).collect::<Vec<_>>(), [Some(2.0), Some(1.0)]);
        assert!(report.verified());
    }

    #[test]
    fn each_language_and_each_interpreter_has_its_own_baseline() {
        let python = |lane, seconds| (Entrant::new(lane, Some("CPython 3.11.7")), seconds);
        let free = |lane, seconds| (Entrant::new(lane, Some("CPython 3.14.7 (free-threaded)")), seconds);
        let seconds = [
            (Entrant::new(Lane::Sequential, None), 2.0),
            (Entrant::new(Lane::Rayon, None), 1.0),
            python(Lane::PythonSequential, 60.0),
            python(Lane::PythonThreads, 80.0),
            python(Lane::PythonProcesses, 30.0),
            free(Lane::PythonThreads, 40.0),
            free(Lane::PythonSequential, 80.0),
        ];
        let speedups = |lanes: &[(Entrant, f64)]| {
            let measured = lanes.iter().cloned().map(|(entrant, seconds)| (entrant, vec![sample(seconds, &[4])]));
            let report = Report::new(10, NonZeroUsize::MIN, 4, measured);
            report.lanes.iter().map(|lane| lane.speedup).collect::<Vec<_>>()
        };
        let both = [Some(1.0), Some(2.0), Some(1.0), Some(0.75), Some(2.0), Some(2.0), Some(1.0)];
        assert_eq!(speedups(&seconds), both);
        assert_eq!(speedups(&seconds[3..6]), [None, None, None]);
    }
}
