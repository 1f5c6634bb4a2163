//! The kernel that lists a range. The result of a tile is its primes, so tiles that are folded in order give all primes
//! in order.

use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Direction;
use super::bits::Batch;
use super::form::Form;
use super::lister::{Lister, Tile};
use crate::algorithm::sieve::Tuning;
use crate::machine::Cpu;
use crate::{Error, JobSpec, Kernel, Pulse, Stopped};

/// Primes are added to the result in batches of a few microseconds. The pulse is beaten once for each of these.
const BATCHES_PER_BEAT: usize = 16;

pub(super) const PHASE: &str = "list";

/// A range whose primes are listed, and how they are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSpec {
    pub(super) start: u64,
    pub(super) stop: u64,
    /// The tuning of the sieve. Without one, small primes are crossed off, and each number that is left is tested.
    pub(super) tuning: Option<Tuning>,
}

/// Lists the primes of a range in some form.
#[derive(Debug)]
pub(crate) struct Listing<F: Form> {
    spec: ListSpec,
    form: F,
    lister: Lister,
    /// Lists that were passed on, whose memory is used again. The system takes longer to provide new memory than the
    /// sieve takes to fill it.
    spare: Mutex<Vec<Vec<F::Item>>>,
}

impl<F: Form> Listing<F> {
    /// Creates the kernel. The range of the spec must not be empty.
    pub(crate) fn new<P: Pulse>(spec: ListSpec, form: F, pulse: &P) -> Result<Self, Error> {
        let (range, cpu) = (spec.range(), Cpu::chosen()?);
        let lister = match spec.tuning {
            Some(tuning) => Lister::sieve(range, tuning, cpu, pulse)?,
            None => Lister::test(range, cpu),
        };
        Ok(Self { spec, form, lister, spare: Mutex::default() })
    }

    /// Takes back the memory of a list.
    pub(super) fn reuse(&self, list: Vec<F::Item>) {
        self.spare().push(list);
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<F::Item>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ListSpec {
    pub(super) const fn range(&self) -> RangeInclusive<u64> {
        self.start..=self.stop
    }
}

/// The memory of a worker.
#[derive(Debug)]
pub(crate) struct ListScratch {
    tile: Tile,
    batch: Batch,
}

impl<F: Form> Kernel for Listing<F> {
    type Scratch = ListScratch;
    /// A list for each tile, so that lists are joined without a copy.
    type Partial = Vec<Vec<F::Item>>;

    fn phase(&self) -> &'static str {
        PHASE
    }

    fn tiles(&self) -> u64 {
        // The primes without bits go with the first tile.
        self.lister.tiles().max(1)
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(self.form.job(self.spec.clone()))
    }

    fn scratch(&self) -> ListScratch {
        ListScratch { tile: self.lister.tile(), batch: Batch::default() }
    }

    fn tile<P: Pulse>(&self, index: u64, scratch: &mut ListScratch, pulse: &P) -> Result<Self::Partial, Stopped> {
        assert!(index < self.tiles(), "tile {index} of {}", self.tiles());
        let ListScratch { tile, batch } = scratch;
        let mut list = self.spare().pop().unwrap_or_default();
        list.clear();
        if index == 0 {
            self.form.append(self.lister.own(), &mut list);
        }
        if index < self.lister.tiles() {
            self.lister.find(index, tile, pulse)?;
            let mut batches = 0_usize;
            while self.lister.next(tile, Direction::Ascending, batch) {
                if batches.is_multiple_of(BATCHES_PER_BEAT) {
                    pulse.beat()?;
                }
                batches += 1;
                self.form.append(batch.numbers(), &mut list);
            }
        }
        Ok(vec![list])
    }
}
