//! What the folds of a relay and the program around it share.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use primelanes_core::Error;

use crate::remote::dispatch::Event;
use crate::remote::parcel::{self, ParcelError};
use crate::remote::wire::Outcome;

/// How many runs are under way per worker. The second one is ready when the first one ends.
const RUNS_PER_WORKER: usize = 2;

/// The size of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the program creates it")]
pub struct Size {
    /// The number of workers. It may be 0, and the count then waits.
    pub workers: usize,
    /// The number of threads of all workers together.
    pub threads: usize,
}

/// A run of tiles for a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The ID of this request. No other request of the relay has it.
    pub id: u64,
    /// The tiles, for error messages.
    pub tiles: Range<u64>,
    /// The bytes to pass to [`Worker::run`](super::Worker::run).
    pub bytes: Vec<u8>,
}

/// An answer that was malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The ID of the request.
    pub id: u64,
    /// What is wrong with the answer.
    pub reason: String,
}

pub(super) struct Shared {
    state: Mutex<State>,
    /// The state has changed.
    changed: Condvar,
    notify: Box<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) size: Size,
    /// The ID of the last request.
    last: u64,
    outbox: Vec<Request>,
    /// The requests of all folds that are under way, by ID, with how they ended, if they did.
    under_way: BTreeMap<u64, Option<Event>>,
    rejections: Vec<Rejection>,
}

impl Shared {
    pub(super) fn new(notify: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), notify }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // No code that runs under the mutex leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits at most `wait` while the condition holds.
    pub(super) fn wait_while(
        &self,
        wait: Duration,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_timeout_while(self.state(), wait, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn size(&self) -> Size {
        self.state().size
    }

    pub(super) fn resize(&self, size: Size) {
        self.state().size = size;
        self.changed.notify_all();
    }

    pub(super) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state().outbox)
    }

    pub(super) fn take_rejections(&self) -> Vec<Rejection> {
        std::mem::take(&mut self.state().rejections)
    }

    pub(super) fn send(&self, request: Request) {
        self.state().outbox.push(request);
        (self.notify)();
    }

    pub(super) fn reject(&self, id: u64, reason: String) {
        self.state().rejections.push(Rejection { id, reason });
        (self.notify)();
    }

    pub(super) fn answer(&self, id: u64, bytes: &[u8]) {
        if !self.state().waits_for(id) {
            return;
        }
        let event = match parcel::open_answer(bytes) {
            Ok((answered, outcome, busy)) if answered == id => Event::Answered { outcome, busy },
            Ok((answered, ..)) => return self.on_malformed(id, &format!("it is the answer to request {answered}")),
            Err(ParcelError::Malformed(reason)) => return self.on_malformed(id, &reason),
            Err(ParcelError::Version(reason)) => {
                let error = Error::Unavailable { what: "the worker".into(), reason };
                Event::Answered { outcome: Outcome::Failed(error), busy: Duration::ZERO }
            }
        };
        self.end(id, event);
    }

    pub(super) fn fail(&self, id: u64, reason: String) {
        self.end(id, Event::Lost(reason));
    }

    /// Forgets these requests, since nobody waits for them any more.
    pub(super) fn forget(&self, ids: &[u64]) {
        let mut state = self.state();
        state.under_way.retain(|id, _| !ids.contains(id));
        state.outbox.retain(|request| !ids.contains(&request.id));
        drop(state);
        self.changed.notify_all();
    }

    fn on_malformed(&self, id: u64, reason: &str) {
        let reason = format!("its answer is malformed: {reason}");
        self.end(id, Event::Lost(reason.clone()));
        self.reject(id, reason);
    }

    fn end(&self, id: u64, event: Event) {
        if let Some(end @ None) = self.state().under_way.get_mut(&id) {
            *end = Some(event);
        }
        self.changed.notify_all();
    }
}

impl State {
    pub(super) fn is_full(&self) -> bool {
        self.under_way.len() >= self.size.workers.saturating_mul(RUNS_PER_WORKER)
    }

    /// Creates the ID of a request.
    pub(super) fn add(&mut self) -> u64 {
        self.last += 1;
        self.under_way.insert(self.last, None);
        self.last
    }

    pub(super) fn has_ended(&self, id: u64) -> bool {
        self.under_way.get(&id).is_some_and(Option::is_some)
    }

    /// Takes a request that has ended.
    pub(super) fn take_ended(&mut self, id: u64) -> Option<Event> {
        if self.has_ended(id) { self.under_way.remove(&id).flatten() } else { None }
    }

    fn waits_for(&self, id: u64) -> bool {
        self.under_way.get(&id).is_some_and(Option::is_none)
    }
}
