//! How long the parts of a report take.

use std::num::NonZeroUsize;

/// How often the experiments on the lock measure each case.
const LOCK_ROUNDS: f64 = 7.0;

/// About how long a script of an experiment on the lock takes to start, in seconds.
const SCRIPT_START: f64 = 0.06;

/// About how long the requests through a socket take, alone and beside a computing thread.
const REQUESTS: f64 = 0.3;

/// About how long the operating system's costs and the simulations take.
pub(super) const CALIBRATION: f64 = 1.0;
pub(super) const SIMULATIONS: f64 = 3.0;

/// How long the parts of a report take. All lengths are in seconds; those of the experiments on the lock are for each
/// case and column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(super) quick: bool,
    /// Each count goes up to this number.
    pub(super) native_limit: u64,
    pub(super) python_limit: u64,
    /// The number of rounds of the counts. Confidence intervals need six.
    pub(super) rounds: NonZeroUsize,
    /// About how long a round takes in native code, and in an interpreter.
    native_round: f64,
    python_round: f64,
    pub(super) compute: f64,
    pub(super) add: f64,
    pub(super) convoy: f64,
    /// The switch intervals of the convoy, in milliseconds. The first is CPython's.
    pub(super) intervals_ms: &'static [u64],
    /// The length of the native call.
    pub(super) call: f64,
    /// The length of each sleep.
    pub(super) sleep: f64,
    pub(super) race_stop: u64,
    pub(super) race_rounds: NonZeroUsize,
    /// About how long a run of the race takes.
    race_run: f64,
    /// The virtual time of each simulated case.
    pub(super) simulated: f64,
}

impl Settings {
    /// About two minutes with one interpreter, and a minute more for each further one.
    pub(crate) const FULL: Self = Self {
        quick: false,
        native_limit: 2_000_000,
        python_limit: 200_000,
        rounds: NonZeroUsize::new(9).unwrap(),
        native_round: 2.4,
        python_round: 2.2,
        compute: 2.0,
        add: 1.0,
        convoy: 1.5,
        intervals_ms: &[5, 1, 20],
        call: 0.25,
        sleep: 0.1,
        race_stop: 1_000_000_000,
        race_rounds: NonZeroUsize::new(15).unwrap(),
        race_run: 0.08,
        simulated: 1.0,
    };

    /// About half a minute with one interpreter.
    pub(crate) const QUICK: Self = Self {
        quick: true,
        native_limit: 500_000,
        python_limit: 100_000,
        rounds: NonZeroUsize::new(6).unwrap(),
        native_round: 0.35,
        python_round: 0.8,
        compute: 0.4,
        add: 0.25,
        convoy: 0.4,
        intervals_ms: &[5, 1],
        call: 0.05,
        sleep: 0.05,
        race_stop: 100_000_000,
        race_rounds: NonZeroUsize::new(6).unwrap(),
        race_run: 0.01,
        simulated: 0.3,
    };

    /// As short as possible, for tests of everything but the figures.
    pub(crate) const TRIAL: Self = Self {
        native_limit: 20_000,
        python_limit: 5_000,
        native_round: 0.03,
        python_round: 0.3,
        compute: 0.15,
        add: 0.07,
        convoy: 0.15,
        intervals_ms: &[5],
        call: 0.02,
        sleep: 0.01,
        race_stop: 100_000,
        race_run: 0.005,
        simulated: 0.1,
        ..Self::QUICK
    };

    /// About how long all parts take together.
    pub(super) fn seconds(&self, interpreters: usize, race_lanes: usize) -> f64 {
        let on_the_lock = [self.compute_seconds(), self.add_seconds(), self.convoy_seconds(), self.stall_seconds()];
        CALIBRATION
            + self.native_seconds()
            + interpreters as f64 * self.python_seconds()
            + on_the_lock.into_iter().chain([self.wait_seconds()]).map(|part| part.seconds(interpreters)).sum::<f64>()
            + SIMULATIONS
            + self.race_seconds(race_lanes)
    }

    pub(super) fn native_seconds(&self) -> f64 {
        self.native_round * self.rounds.get() as f64
    }

    pub(super) fn python_seconds(&self) -> f64 {
        self.python_round * self.rounds.get() as f64
    }

    /// Each run of all threads comes after a run of one thread.
    pub(super) fn compute_seconds(&self) -> OnTheLock {
        OnTheLock::alike(2.0 * self.compute, 2.0)
    }

    /// One thread and several, without a lock, with atomic increments and with the lock.
    pub(super) fn add_seconds(&self) -> OnTheLock {
        OnTheLock { lock: 6.0 * self.add, python: 2.0 * self.add, scripts: 2.0 }
    }

    /// The sleeper alone, and beside a computing thread at each interval.
    pub(super) fn convoy_seconds(&self) -> OnTheLock {
        let cases = 1.0 + self.intervals_ms.len() as f64;
        OnTheLock::alike(cases * self.convoy, cases)
    }

    /// A call that stays attached, and one that is detached, each with a pause of 50 ms before and after it. In Python,
    /// the same again, with a ticker that collects garbage.
    pub(super) fn stall_seconds(&self) -> OnTheLock {
        let lock = LOCK_ROUNDS * 2.0 * (self.call + 0.1);
        OnTheLock { lock, python: 2.0 * lock, scripts: 4.0 }
    }

    pub(super) fn wait_seconds(&self) -> OnTheLock {
        OnTheLock::alike(LOCK_ROUNDS * (self.sleep + REQUESTS), 3.0)
    }

    pub(super) fn race_seconds(&self, lanes: usize) -> f64 {
        self.race_run * (lanes * (self.race_rounds.get() + 1)) as f64
    }
}

/// How long an experiment on the lock takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnTheLock {
    /// The seconds of the column of our lock.
    lock: f64,
    /// Those of an interpreter, without the start of its scripts.
    python: f64,
    /// The number of scripts in each round of an interpreter.
    scripts: f64,
}

impl OnTheLock {
    /// All columns take this many seconds.
    const fn alike(seconds: f64, scripts: f64) -> Self {
        Self { lock: seconds, python: seconds, scripts }
    }

    /// The seconds of all columns together.
    pub(super) fn seconds(self, interpreters: usize) -> f64 {
        let python = self.python + LOCK_ROUNDS * self.scripts * SCRIPT_START;
        self.lock + interpreters as f64 * python
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_takes_two_minutes_and_a_quick_one_half_a_minute() {
        // On two cores, nine lanes race.
        let seconds = |settings: Settings| [0, 1].map(|interpreters| settings.seconds(interpreters, 9));
        let [native, python] = seconds(Settings::FULL);
        assert!(native > 60.0 && python < 140.0, "{native} s, {python} s");
        let [native, python] = seconds(Settings::QUICK);
        assert!(native > 10.0 && python < 40.0, "{native} s, {python} s");
    }
}
