//! Tells a broken law from an environment in which no lane can work.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, Builder};
use std::time::Duration;

use anyhow::Context;
use primelanes_backends::machine::Cpu;
use primelanes_backends::{AnyBackend, Backend, BackendKind, Control, Crew, Error, Kernel};

/// The largest number of threads that a law needs at once.
const THREADS: usize = 64;

/// The address space that the threads and their lanes need, with the stack of 2 MiB that each thread has by default.
const ADDRESS_SPACE: usize = (THREADS * 2 + 64) << 20;

/// The environment of the lanes under test. It remembers the first failure that is its own fault.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment(Arc<OnceLock<Error>>);

impl Environment {
    /// Checks what all laws need.
    ///
    /// # Errors
    /// What is wrong with the environment.
    pub(super) fn check() -> anyhow::Result<()> {
        Cpu::chosen()?;
        // A thread that starts when hardly any memory is left could end the process.
        let what = "the threads that the laws need";
        // The compiler must not leave out the reservation.
        black_box(&mut Vec::<u8>::new())
            .try_reserve_exact(ADDRESS_SPACE)
            .map_err(|_| Error::OutOfMemory { what: what.into(), bytes: ADDRESS_SPACE as u64 })?;
        let hold = Mutex::new(());
        thread::scope(|scope| {
            // The threads wait for each other, and end when the guard is dropped.
            let _guard = hold.lock().unwrap_or_else(PoisonError::into_inner);
            (0..THREADS).try_for_each(|_| Builder::new().spawn_scoped(scope, || drop(hold.lock())).map(drop))
        })
        .with_context(|| format!("cannot start {THREADS} threads, which the laws need"))
    }

    /// Returns a factory of lanes that report to this environment.
    pub(super) fn factory(&self, kind: BackendKind) -> impl Fn(NonZeroUsize) -> Lane + Send + Sync + use<> {
        let environment = self.clone();
        move |workers| match kind.open(workers) {
            Ok(backend) => Lane { backend, environment: environment.clone() },
            Err(error) => {
                let message = error.to_string();
                environment.blame(&error);
                // Ends the check of this law without a message, since the error will be reported.
                resume_unwind(Box::new(message))
            }
        }
    }

    /// Returns the first failure that is the environment's fault, as an error.
    pub(super) fn fault(&self) -> Result<(), Error> {
        self.0.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    fn blame(&self, error: &Error) {
        if let Error::Spawn { .. } | Error::Unavailable { .. } | Error::OutOfMemory { .. } | Error::BadVariable { .. } =
            error
        {
            self.0.get_or_init(|| error.clone());
        }
    }
}

/// A lane that reports failures that are the environment's fault.
#[derive(Debug)]
pub(super) struct Lane {
    backend: AnyBackend,
    environment: Environment,
}

impl Backend for Lane {
    fn label(&self) -> &str {
        self.backend.label()
    }

    fn workers(&self) -> NonZeroUsize {
        self.backend.workers()
    }

    fn crew(&self) -> Crew {
        self.backend.crew()
    }

    fn time_elsewhere(&self) -> Duration {
        self.backend.time_elsewhere()
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        self.backend.fold_run(kernel, tiles, control).inspect_err(|error| self.environment.blame(error))
    }
}
