//! The other side of a relay: it turns the bytes of a request into the bytes of an answer.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use primelanes_core::job::{Heartbeat, SharedJob};
use primelanes_core::{Backend, Control, Error, JobSpec, guard};

use crate::Rayon;
use crate::remote::parcel::{self, ParcelError};
use crate::remote::wire::Outcome;

/// How many kernels a worker keeps. A count over a range may need two of them.
const KEPT: usize = 2;

/// Runs the tiles of requests on its own threads. Several threads can share it.
///
/// It keeps the last two kernels, with their tables, since the next request usually needs one of them.
pub struct Worker {
    lane: Rayon,
    kernels: Mutex<Vec<Arc<Kept>>>,
}

/// A kernel that is set up once, by the first request that needs it.
struct Kept {
    spec: JobSpec,
    job: OnceLock<Result<Box<dyn SharedJob>, Error>>,
}

impl Worker {
    /// Creates a worker with this many threads, which all requests share.
    ///
    /// # Errors
    /// The errors of [`Rayon::new`].
    pub fn new(threads: NonZeroUsize) -> Result<Self, Error> {
        Ok(Self { lane: Rayon::new(threads)?, kernels: Mutex::default() })
    }

    /// Returns the number of threads.
    #[must_use]
    pub fn threads(&self) -> NonZeroUsize {
        self.lane.workers()
    }

    /// Runs the tiles of a request and returns the answer. An error is also an answer, even [`Error::Cancelled`].
    #[must_use]
    pub fn run(&self, request: &[u8], control: &Control<'_>) -> Vec<u8> {
        let (id, spec, tiles) = match parcel::open_request(request) {
            Ok(request) => request,
            Err(ParcelError::Version(_)) => return parcel::answer_to_other_version(),
            Err(ParcelError::Malformed(reason)) => {
                // The ID is unknown. The relay rejects an answer with another ID, and sends the run again.
                let error = Error::Malformed { what: "request".into(), reason };
                return parcel::answer(0, Outcome::Failed(error), Duration::ZERO);
            }
        };
        let kept = self.kernel(&spec);
        let mut busy = Duration::ZERO;
        let result = kept.open(self.lane.clone()).and_then(|job| {
            let start = Instant::now();
            let result = guard("run", || run(job, tiles, control));
            busy = start.elapsed();
            result
        });
        if kept.has_failed() {
            // Another request may find memory.
            self.kernels().retain(|other| !Arc::ptr_eq(other, &kept));
        }
        parcel::answer(id, result.map_or_else(Outcome::Failed, Outcome::Partial), busy)
    }

    /// Returns the kernel of this spec, which may not be set up yet.
    fn kernel(&self, spec: &JobSpec) -> Arc<Kept> {
        let mut kernels = self.kernels();
        let kept = match kernels.iter().position(|kept| kept.spec == *spec) {
            Some(place) => kernels.remove(place),
            None => Arc::new(Kept { spec: spec.clone(), job: OnceLock::new() }),
        };
        if kernels.len() == KEPT {
            kernels.remove(0);
        }
        kernels.push(Arc::clone(&kept));
        kept
    }

    /// Returns the addresses of the kernels.
    #[cfg(test)]
    pub(super) fn kernels_for_tests(&self) -> Vec<*const ()> {
        self.kernels().iter().map(|kept| Arc::as_ptr(kept).cast()).collect()
    }

    fn kernels(&self) -> MutexGuard<'_, Vec<Arc<Kept>>> {
        // No code that runs under the mutex leaves the list half changed.
        self.kernels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn open(&self, lane: Rayon) -> Result<&dyn SharedJob, Error> {
        let open = || guard("set-up", || self.spec.open_on(&Heartbeat::new(), lane));
        self.job.get_or_init(open).as_deref().map_err(Clone::clone)
    }

    fn has_failed(&self) -> bool {
        self.job.get().is_some_and(Result::is_err)
    }
}

fn run(job: &dyn SharedJob, tiles: Range<u64>, control: &Control<'_>) -> Result<Vec<u8>, Error> {
    if tiles.end > job.tiles() {
        let reason = format!("the run ends at tile {}, but the kernel has {} tiles", tiles.end, job.tiles());
        return Err(Error::Malformed { what: "request".into(), reason });
    }
    job.run(tiles, control)
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kernels: Vec<_> = self.kernels().iter().map(|kept| kept.spec.clone()).collect();
        f.debug_struct("Worker").field("threads", &self.threads()).field("kernels", &kernels).finish()
    }
}
