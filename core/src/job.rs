//! Descriptions of work as plain data, for workers outside this process. Not needed for simple usage.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::algorithm::{
    Combinatorial, ListSpec, Listing, Numbers, Parameters, Parity, Sieve, SieveAndTest, Text, TrialDivision, Tuning,
};
use crate::machine::Cpu;
use crate::probe::Probe;
use crate::{Backend, Control, Error, Kernel, Pulse, Stopped, Wire, fold_tiles, guard};

/// A kernel as plain data, which is enough to rebuild it anywhere.
///
/// The list of kernels is closed, since both sides of a connection must know all of them. [`JobSpec::VERSION`] changes
/// with the list, or if a kernel with the same description is cut into other tiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum JobSpec {
    /// [`TrialDivision`] over a range, both ends included.
    TrialDivision {
        /// The first number.
        start: u64,
        /// The last number.
        stop: u64,
    },
    /// [`Sieve`] over a range, both ends included.
    Sieve {
        /// The first number.
        start: u64,
        /// The last number.
        stop: u64,
        /// How the range is split. The machine that asks decides this, so that both sides split it alike.
        tuning: Tuning,
    },
    /// [`SieveAndTest`] over a range, both ends included.
    SieveAndTest {
        /// The first number.
        start: u128,
        /// The last number.
        stop: u128,
    },
    /// [`Combinatorial`] up to a number.
    Combinatorial {
        /// The last number.
        x: u128,
        /// How the work is split.
        parameters: Parameters,
    },
    /// The primes of a range as numbers; see [`PrimeCounter::list`](crate::PrimeCounter::list).
    List(ListSpec),
    /// The primes of a range as text; see [`list_text`](crate::algorithm::list_text).
    ListText {
        /// The range, and how its primes are found.
        spec: ListSpec,
        /// The byte after each prime.
        separator: u8,
    },
    /// [`Parity`] of the number of primes up to `x`.
    Parity {
        /// The last number.
        x: u128,
    },
    /// The conformance suite's kernel.
    #[doc(hidden)]
    Probe(Probe),
}

impl JobSpec {
    /// The version of this list and of the kernels' tilings. Both sides of a connection must agree on it.
    pub const VERSION: u32 = 9;

    /// Rebuilds the kernel, to run its tiles on one thread. If that takes long, it beats the pulse.
    ///
    /// # Errors
    /// The errors of [`open_with`](JobSpec::open_with).
    pub fn open(&self, pulse: &Heartbeat) -> Result<Box<dyn Job>, Error> {
        self.open_with(pulse, OnOneThread)
    }

    /// Rebuilds the kernel, to run its tiles on a backend. If that takes long, it beats the pulse.
    ///
    /// # Errors
    /// The errors of [`open_with`](JobSpec::open_with).
    pub fn open_on<B: Backend + 'static>(&self, pulse: &Heartbeat, backend: B) -> Result<Box<dyn SharedJob>, Error> {
        self.open_with(pulse, OnBackend(backend))
    }

    /// Rebuilds the kernel and passes it to `visitor`. This is the only place that knows all kernels. If a kernel takes
    /// long to rebuild, it beats the pulse.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the pulse was stopped, or any other error that occurs while the kernel is set up.
    pub fn open_with<V: Visitor>(&self, pulse: &Heartbeat, visitor: V) -> Result<V::Output, Error> {
        Ok(match *self {
            Self::Probe(ref probe) => visitor.visit(probe.clone()),
            Self::TrialDivision { start, stop } => visitor.visit(TrialDivision::new(start..=stop)),
            Self::SieveAndTest { start, stop } => visitor.visit(SieveAndTest::new_u128(start..=stop)?),
            Self::Parity { x } => visitor.visit(Parity::new(x, pulse)?),
            Self::Sieve { start, stop, tuning } => {
                visitor.visit(Sieve::with(start..=stop, tuning, Cpu::chosen()?, pulse)?)
            }
            Self::List(ref spec) => visitor.visit(Listing::new(spec.clone(), Numbers, pulse)?),
            Self::ListText { ref spec, separator } => {
                visitor.visit(Listing::new(spec.clone(), Text(separator), pulse)?)
            }
            Self::Combinatorial { x, parameters } => {
                visitor.visit(Combinatorial::with(x, parameters, Cpu::chosen()?, pulse)?)
            }
        })
    }
}

/// What to do with a kernel whose type is known only when its [`JobSpec`] is opened.
pub trait Visitor {
    /// The result, which is the same for all kernels.
    type Output;

    /// Takes the kernel.
    fn visit<K: Kernel + Send + 'static>(self, kernel: K) -> Self::Output;
}

/// A rebuilt kernel with its scratch. It runs tiles and returns their results as bytes.
pub trait Job {
    /// Returns the number of tiles of the kernel.
    fn tiles(&self) -> u64;

    /// Runs neighbouring tiles and returns their folded partial result as [`Wire`] bytes.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the pulse was stopped, [`Error::Panicked`] if a tile panicked, or [`Error::Malformed`]
    /// if the result cannot be encoded. The job stays usable.
    fn run(&mut self, tiles: Range<u64>, pulse: &Heartbeat) -> Result<Vec<u8>, Error>;
}

/// A rebuilt kernel that runs on a backend. Several threads can run tiles at once.
pub trait SharedJob: Send + Sync {
    /// Returns the number of tiles of the kernel.
    fn tiles(&self) -> u64;

    /// Runs neighbouring tiles on the backend and returns their folded partial result as [`Wire`] bytes.
    ///
    /// # Errors
    /// The errors of [`Backend::fold_run`], or [`Error::Malformed`] if the result cannot be encoded. The job stays usable.
    fn run(&self, tiles: Range<u64>, control: &Control<'_>) -> Result<Vec<u8>, Error>;
}

/// The pulse of a job. It shows whether the job is still working, and it can stop the job.
///
/// All jobs share this one type, since a pulse behind a pointer made the sieve 7 % slower.
#[derive(Debug, Default)]
pub struct Heartbeat {
    beaten: AtomicBool,
    stopped: AtomicBool,
}

impl Heartbeat {
    /// Creates a pulse that is not stopped.
    #[must_use]
    pub const fn new() -> Self {
        Self { beaten: AtomicBool::new(false), stopped: AtomicBool::new(false) }
    }

    /// Stops the job. Its next beat, and every later one, returns [`Stopped`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Returns whether [`stop`](Heartbeat::stop) was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Returns whether the job has beaten the pulse since the last call.
    pub fn take_beat(&self) -> bool {
        self.beaten.swap(false, Ordering::Relaxed)
    }
}

impl Pulse for Heartbeat {
    fn beat(&self) -> Result<(), Stopped> {
        self.beaten.store(true, Ordering::Relaxed);
        if self.is_stopped() { Err(Stopped) } else { Ok(()) }
    }
}

/// Makes a [`Job`] of a kernel.
struct OnOneThread;

impl Visitor for OnOneThread {
    type Output = Box<dyn Job>;

    fn visit<K: Kernel + Send + 'static>(self, kernel: K) -> Box<dyn Job> {
        Box::new(Opened { kernel, scratch: None })
    }
}

/// Makes a [`SharedJob`] of a kernel.
struct OnBackend<B>(B);

impl<B: Backend + 'static> Visitor for OnBackend<B> {
    type Output = Box<dyn SharedJob>;

    fn visit<K: Kernel + Send + 'static>(self, kernel: K) -> Box<dyn SharedJob> {
        Box::new(Shared { kernel, backend: self.0 })
    }
}

struct Shared<K, B> {
    kernel: K,
    backend: B,
}

impl<K: Kernel + Send, B: Backend> SharedJob for Shared<K, B> {
    fn tiles(&self) -> u64 {
        self.kernel.tiles()
    }

    fn run(&self, tiles: Range<u64>, control: &Control<'_>) -> Result<Vec<u8>, Error> {
        self.backend.fold_run(&self.kernel, tiles, control)?.encode()
    }
}

struct Opened<K: Kernel> {
    kernel: K,
    scratch: Option<K::Scratch>,
}

impl<K: Kernel> Job for Opened<K> {
    fn tiles(&self) -> u64 {
        self.kernel.tiles()
    }

    fn run(&mut self, tiles: Range<u64>, pulse: &Heartbeat) -> Result<Vec<u8>, Error> {
        guard(self.kernel.phase(), || {
            // Take the scratch out, so that it is not used again if a tile panics.
            let mut scratch = self.scratch.take().unwrap_or_else(|| self.kernel.scratch());
            let folded = fold_tiles(&self.kernel, tiles, &mut scratch, pulse).map_err(|Stopped| Error::Cancelled)?;
            self.scratch = Some(scratch);
            folded.encode()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::Monoid;
    use crate::algorithm::SumModulo4;

    #[test]
    fn a_job_that_crossed_a_wire_counts_as_its_kernel() {
        let range = 90..=70_000;
        let sieve = Sieve::new(range.clone(), &Control::new()).unwrap();
        for kernel_spec in
            [TrialDivision::new(range.clone()).spec(), SieveAndTest::new(range.clone()).spec(), sieve.spec()]
        {
            let bytes = kernel_spec.unwrap().encode().unwrap();
            let mut job = JobSpec::decode(&bytes).unwrap().open(&Heartbeat::new()).unwrap();
            let (middle, end) = (job.tiles() / 2, job.tiles());
            let mut runs = [middle..end, 0..middle].map(|run| job.run(run, &Heartbeat::new()).unwrap());
            runs.reverse();
            let count: u64 = runs.iter().map(|bytes| u64::decode(bytes).unwrap()).sum();
            assert_eq!(count, 6935 - 24);
        }
    }

    #[test]
    fn a_job_above_64_bits_that_crossed_a_wire_counts_as_its_kernel() {
        let start = 10_u128.pow(20);
        let spec = SieveAndTest::new_u128(start..=start + 100_000).unwrap().spec().unwrap();
        let mut job = JobSpec::decode(&spec.encode().unwrap()).unwrap().open(&Heartbeat::new()).unwrap();
        let bytes = job.run(0..job.tiles(), &Heartbeat::new()).unwrap();
        // PARI/GP: forprime(p=10^20, 10^20+10^5, n++)
        assert_eq!(u64::decode(&bytes), Ok(2_115));
        let end = u128::MAX;
        let refused = JobSpec::SieveAndTest { start: end, stop: end }.open(&Heartbeat::new()).err();
        let max = 3_317_044_064_679_887_385_961_980;
        assert_eq!(refused, Some(Error::OutOfRange { algorithm: "sieve".into(), max, end }));
    }

    #[test]
    fn a_parity_job_that_crossed_a_wire_sums_as_its_kernel() {
        let kernel = Parity::new(123_456_789_012, &Control::new()).unwrap();
        let sum = fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &Control::new());
        let bytes = kernel.spec().unwrap().encode().unwrap();
        let mut job = JobSpec::decode(&bytes).unwrap().open(&Heartbeat::new()).unwrap();
        assert_eq!(job.tiles(), kernel.tiles());
        let (middle, end) = (job.tiles() / 2, job.tiles());
        let [low, high] =
            [0..middle, middle..end].map(|run| SumModulo4::decode(&job.run(run, &Heartbeat::new()).unwrap()).unwrap());
        assert_eq!(Ok(low.combine(high)), sum);
    }

    /// Runs tiles on the calling thread.
    struct Plain;

    impl Backend for Plain {
        fn label(&self) -> &'static str {
            "plain"
        }

        fn workers(&self) -> NonZeroUsize {
            NonZeroUsize::MIN
        }

        fn fold_run<K: Kernel>(&self, kernel: &K, run: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
            let watch = control.watch(kernel, &run);
            guard(kernel.phase(), || watch.fold_tiles(kernel, run, &mut kernel.scratch(), &watch))
        }
    }

    #[test]
    fn a_shared_job_runs_on_its_backend_from_several_threads() {
        let sieve = Sieve::new(90..=70_000, &Control::new()).unwrap();
        let job = sieve.spec().unwrap().open_on(&Heartbeat::new(), Plain).unwrap();
        let (middle, end) = (job.tiles() / 2, job.tiles());
        let count = |run| u64::decode(&job.run(run, &Control::new()).unwrap()).unwrap();
        let [low, high] = std::thread::scope(|scope| {
            [0..middle, middle..end].map(|run| scope.spawn(|| count(run))).map(|thread| thread.join().unwrap())
        });
        assert_eq!(low + high, 6935 - 24);
        let stop = AtomicBool::new(true);
        assert_eq!(job.run(0..1, &Control::new().cancel(&stop)), Err(Error::Cancelled));
    }

    #[test]
    fn a_job_is_cancelled_and_goes_on() {
        let mut job = JobSpec::TrialDivision { start: 0, stop: 100 }.open(&Heartbeat::new()).unwrap();
        let stopped = Heartbeat::new();
        assert!(!stopped.take_beat() && !stopped.is_stopped());
        stopped.stop();
        let long =
            JobSpec::Sieve { start: 0, stop: u64::MAX, tuning: Tuning::for_range(&(0..=u64::MAX), NonZeroUsize::MIN) };
        assert_eq!(long.open(&stopped).err(), Some(Error::Cancelled));
        assert_eq!(job.run(0..1, &stopped), Err(Error::Cancelled));
        assert_eq!([stopped.take_beat(), stopped.take_beat()], [true, false]);
        let bytes = job.run(0..job.tiles(), &Heartbeat::new()).unwrap();
        assert_eq!(u64::decode(&bytes), Ok(25));
    }
}
