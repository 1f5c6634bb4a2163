//! Work as plain data, for workers outside this process.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Error, Kernel, Probe, Pulse, Sieve, Stopped, TrialDivision, Wire, fold_tiles, guard};

/// A kernel as plain data: enough to rebuild it anywhere.
///
/// A closed list, since both sides of a wire must know every kernel on it; [`JobSpec::VERSION`] changes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum JobSpec {
    /// [`TrialDivision`] of a range, both ends counted.
    TrialDivision {
        /// The first number.
        start: u64,
        /// The last number.
        stop: u64,
    },
    /// [`Sieve`] over a range, both ends counted.
    Sieve {
        /// The first number.
        start: u64,
        /// The last number.
        stop: u64,
    },
    /// The conformance suite's kernel.
    #[doc(hidden)]
    Probe(Probe),
}

impl JobSpec {
    /// The version of this list and of the kernels' tilings; both sides of a wire must agree on it.
    pub const VERSION: u32 = 3;

    /// Rebuilds the kernel, beating the pulse while that takes long. The one place that knows all kernels.
    ///
    /// # Errors
    /// Cancellation by the pulse, or another fault while the kernel is set up.
    pub fn open(&self, pulse: &dyn Pulse) -> Result<Box<dyn Job>, Error> {
        Ok(match *self {
            Self::Probe(ref probe) => Box::new(Opened::new(probe.clone())),
            Self::TrialDivision { start, stop } => Box::new(Opened::new(TrialDivision::new(start..=stop))),
            Self::Sieve { start, stop } => {
                let sieve = Sieve::new(start..=stop, &pulse).map_err(|Stopped| Error::Cancelled)?;
                Box::new(Opened::new(sieve))
            }
        })
    }
}

/// A rebuilt kernel with its scratch: runs tiles, answers in bytes.
pub trait Job {
    /// How many tiles the kernel has.
    fn tiles(&self) -> u64;

    /// Runs neighbouring tiles; gives their folded partial result as [`Wire`] bytes.
    ///
    /// # Errors
    /// Cancellation by the pulse, or a panic in a tile; the job stays usable.
    fn run(&mut self, tiles: Range<u64>, pulse: &dyn Pulse) -> Result<Vec<u8>, Error>;
}

struct Opened<K: Kernel> {
    kernel: K,
    scratch: Option<K::Scratch>,
}

impl<K: Kernel> Opened<K> {
    const fn new(kernel: K) -> Self {
        Self { kernel, scratch: None }
    }
}

impl<K: Kernel> Job for Opened<K> {
    fn tiles(&self) -> u64 {
        self.kernel.tiles()
    }

    fn run(&mut self, tiles: Range<u64>, pulse: &dyn Pulse) -> Result<Vec<u8>, Error> {
        guard(self.kernel.phase(), || {
            // Taken out, so that a scratch in which a tile panicked is not used again.
            let mut scratch = self.scratch.take().unwrap_or_else(|| self.kernel.scratch());
            let folded = fold_tiles(&self.kernel, tiles, &mut scratch, &pulse).map_err(|Stopped| Error::Cancelled)?;
            self.scratch = Some(scratch);
            folded.encode()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::Control;

    #[test]
    fn a_job_that_crossed_a_wire_counts_as_its_kernel() {
        for kernel_spec in
            [TrialDivision::new(90..=70_000).spec(), Sieve::new(90..=70_000, &Control::new()).unwrap().spec()]
        {
            let bytes = kernel_spec.unwrap().encode().unwrap();
            let mut job = JobSpec::decode(&bytes).unwrap().open(&Control::new()).unwrap();
            let (middle, end) = (job.tiles() / 2, job.tiles());
            let mut runs = [middle..end, 0..middle].map(|run| job.run(run, &Control::new()).unwrap());
            runs.reverse();
            let count: u64 = runs.iter().map(|bytes| u64::decode(bytes).unwrap()).sum();
            assert_eq!(count, 6935 - 24);
        }
    }

    #[test]
    fn a_job_is_cancelled_and_goes_on() {
        let mut job = JobSpec::TrialDivision { start: 0, stop: 100 }.open(&Control::new()).unwrap();
        let stop = AtomicBool::new(true);
        let long = JobSpec::Sieve { start: 0, stop: u64::MAX };
        assert_eq!(long.open(&Control::new().cancel(&stop)).err(), Some(Error::Cancelled));
        assert_eq!(job.run(0..1, &Control::new().cancel(&stop)), Err(Error::Cancelled));
        let bytes = job.run(0..job.tiles(), &Control::new()).unwrap();
        assert_eq!(u64::decode(&bytes), Ok(25));
    }
}
