//! Runs tiles on workers that only the program around it can reach, such as those of a cluster.
//!
//! A [`Relay`] is a lane that writes runs of tiles as bytes, and reads their results from bytes. The program carries the
//! bytes. On the other side, a [`Worker`] turns requests into answers:
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::sync::mpsc;
//! use primelanes_backends::relay::{Relay, Size, Worker};
//! use primelanes_backends::{Algorithm, Control, Crew, Error, PrimeCounter, Query};
//!
//! let two = NonZeroUsize::new(2).unwrap();
//! let (news, wait) = mpsc::channel();
//! let relay = Relay::new("pigeons", Crew::apart(two), move || news.send(()).unwrap_or_default());
//! relay.resize(Size { workers: 1, threads: 2 });
//!
//! let program = relay.clone();
//! std::thread::spawn(move || {
//!     let worker = Worker::new(two)?;
//!     for () in wait {
//!         for request in program.take_requests() {
//!             program.answer(request.id, &worker.run(&request.bytes, &Control::new()));
//!         }
//!     }
//!     Ok::<(), Error>(())
//! });
//! let query = Query::up_to(10_000_000).algorithm(Algorithm::Sieve);
//! assert_eq!(relay.count(&query), Ok(664_579));
//! ```

mod sample;
mod slots;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use primelanes_core::{Backend, Control, Crew, Error, Kernel, Watch, guard};

use self::slots::Slots;
use self::state::Shared;
pub use self::state::{Rejection, Request, Size};
pub use self::worker::Worker;
use crate::remote::dispatch::Dispatch;
use crate::remote::pace::Pace;
use crate::remote::parcel;
use crate::remote::wire::Outcome;
use crate::{Ledger, remote};

/// Returns the partial result in an answer, or `None` if the answer is malformed or an error. Two workers give the same
/// result for the same request.
#[must_use]
pub fn partial(answer: &[u8]) -> Option<Vec<u8>> {
    match parcel::open_answer(answer) {
        Ok((_, Outcome::Partial(partial), _)) => Some(partial),
        _ => None,
    }
}

/// The time that a run should take on a worker.
const RUN_TIME: Duration = Duration::from_secs(1);

/// With many workers, a run takes this time for each of them, so that whatever hands out the runs can keep up.
const RUN_TIME_PER_WORKER: Duration = Duration::from_millis(8);

/// The shortest time of a run, except for the last one. Carrying a run takes some milliseconds of processor time.
const LEAST_RUN_TIME: Duration = Duration::from_millis(100);

/// Runs tiles on workers that the program around it reaches. Clones share everything.
///
/// The program calls the methods of this type, from any thread. It takes requests and carries them to [workers](Worker). It
/// passes each answer back, or says that the run failed. It decides how many runs are under way at once by setting the
/// [size](Relay::resize) of its cluster. Nothing times out: the program must notice by itself that a worker is gone.
///
/// A request that fails, or whose answer is malformed, is sent again in shorter pieces. If that happens to the same tiles three
/// times, the count ends with [`Error::WorkersLost`].
#[derive(Clone)]
pub struct Relay {
    label: &'static str,
    crew: Crew,
    shared: Arc<Shared>,
}

impl Relay {
    /// Creates a relay that has no workers yet.
    ///
    /// Reports and errors use `label`. The memory of this machine must be enough for `crew`, so it should be the workers of
    /// one machine: by default, a count takes a sixteenth of the memory of the machine that it is started on. `notify` is
    /// called, on any thread, whenever there are requests or rejections to take. It must not call this relay.
    pub fn new(label: &'static str, crew: Crew, notify: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label, crew, shared: Arc::new(Shared::new(Box::new(notify))) }
    }

    /// Sets the current size of the cluster. Two runs per worker are under way at once.
    pub fn resize(&self, size: Size) {
        self.shared.resize(size);
    }

    /// Takes the requests that are to be carried to workers.
    #[must_use]
    pub fn take_requests(&self) -> Vec<Request> {
        self.shared.take_requests()
    }

    /// Takes the answers that were rejected because they are malformed. Their runs are sent again, with new IDs.
    #[must_use]
    pub fn take_rejections(&self) -> Vec<Rejection> {
        self.shared.take_rejections()
    }

    /// Passes an answer to the request with this ID. It is ignored if nobody waits for it, because it is a duplicate or too
    /// late.
    pub fn answer(&self, id: u64, bytes: &[u8]) {
        self.shared.answer(id, bytes);
    }

    /// Says why the request with this ID will not be answered. It is ignored if nobody waits for an answer.
    pub fn fail(&self, id: u64, reason: impl Into<String>) {
        self.shared.fail(id, reason.into());
    }

    /// Prepares the fold of these tiles for the current workers.
    fn plan<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        watch: &Watch<'_>,
    ) -> Result<(Ledger<K::Partial>, Pace), Error> {
        let size = self.shared.size();
        let workers = NonZeroUsize::new(size.workers).unwrap_or(NonZeroUsize::MIN);
        let pace = Pace::seldom(RUN_TIME.max(RUN_TIME_PER_WORKER.saturating_mul(workers.get() as u32)));
        // Without a spec, the fold fails and needs no estimate.
        let alone = if kernel.spec().is_some() { sample::tile_time(kernel, &tiles, watch)? } else { None };
        // Claims are twice as long as those of threads, since each costs more.
        let claimants = NonZeroUsize::new(workers.get().div_ceil(2)).unwrap_or(workers);
        let Some(alone) = alone else { return Ok((Ledger::new(tiles, claimants, kernel.grain()), pace)) };
        let tile = alone.div_f64((size.threads as f64 / workers.get() as f64).max(1.0));
        // Each worker gets tiles, even if there are few.
        let most = (tiles.end.saturating_sub(tiles.start) / workers.get() as u64).max(1);
        let least = LEAST_RUN_TIME.as_nanos() / tile.as_nanos().max(1);
        let grain = kernel.grain().max(most.min(least as u64));
        Ok((Ledger::new(tiles, claimants, grain), pace.expecting(tile)))
    }
}

impl Backend for Relay {
    fn label(&self) -> &str {
        self.label
    }

    fn workers(&self) -> NonZeroUsize {
        self.crew.workers()
    }

    fn crew(&self) -> Crew {
        self.crew
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        guard(kernel.phase(), || {
            let (ledger, pace) = self.plan(kernel, tiles, &watch)?;
            Dispatch::new(self.label, kernel, ledger, Slots::new(&self.shared), pace, &watch)?.run()
        })
    }

    fn fold_run_beside<K: Kernel>(
        &self,
        kernel: &K,
        tiles: Range<u64>,
        control: &Control<'_>,
        beside: &mut dyn FnMut(),
    ) -> Result<K::Partial, Error> {
        remote::serve_beside(self.label, || self.fold_run(kernel, tiles, control), beside)
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("label", &self.label).field("crew", &self.crew).finish_non_exhaustive()
    }
}
