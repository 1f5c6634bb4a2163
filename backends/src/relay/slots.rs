//! The requests of one fold. To the dispatcher, each is a worker of its own.

use std::ops::Range;
use std::time::{Duration, Instant};

use primelanes_core::{Error, JobSpec};

use super::state::{Request, Shared};
use crate::remote::dispatch::{Event, WorkerId, Workers};
use crate::remote::parcel;

/// The requests of one fold that are under way. Dropping it forgets them.
pub(super) struct Slots<'a> {
    shared: &'a Shared,
    ids: Vec<u64>,
    start: Instant,
}

impl<'a> Slots<'a> {
    pub(super) fn new(shared: &'a Shared) -> Self {
        Self { shared, ids: Vec::new(), start: Instant::now() }
    }
}

impl Workers for Slots<'_> {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn check_out(&mut self, wait: Duration) -> Result<Option<WorkerId>, Error> {
        let mut state = self.shared.wait_while(wait, |state| state.is_full());
        Ok((!state.is_full()).then(|| {
            let id = state.add();
            self.ids.push(id);
            id as WorkerId
        }))
    }

    fn send(&mut self, worker: WorkerId, spec: &JobSpec, run: &Range<u64>) -> Result<Duration, String> {
        let id = worker as u64;
        match parcel::request(id, spec, run) {
            Ok(bytes) => self.shared.send(Request { id, tiles: run.clone(), bytes }),
            Err(reason) => {
                self.give_up(worker);
                return Err(reason);
            }
        }
        Ok(Duration::ZERO)
    }

    fn poll(&mut self, wait: Duration, _soon: bool) -> Vec<(WorkerId, Event)> {
        let ids = &self.ids;
        let mut state = self.shared.wait_while(wait, |state| !ids.iter().any(|&id| state.has_ended(id)));
        let mut events = Vec::new();
        self.ids.retain(|&id| {
            let event = state.take_ended(id);
            let has_ended = event.is_some();
            events.extend(event.map(|event| (id as WorkerId, event)));
            !has_ended
        });
        events
    }

    fn reject(&mut self, worker: WorkerId, error: Error) -> Result<String, Error> {
        let reason = format!("its answer is malformed: {error}");
        self.shared.reject(worker as u64, reason.clone());
        Ok(reason)
    }

    fn give_up(&mut self, worker: WorkerId) {
        let id = worker as u64;
        self.ids.retain(|&other| other != id);
        self.shared.forget(&[id]);
    }
}

impl Drop for Slots<'_> {
    fn drop(&mut self) {
        self.shared.forget(&self.ids);
    }
}
