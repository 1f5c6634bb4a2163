//! Counts twice, in different ways, and checks whether the count is odd or even in a third.

use std::ops::RangeInclusive;

use super::cost::cost_of_parity;
use super::{Difference, Parameters, Parity, Plan, Tuning, run};
use crate::{Backend, Control, Crew, Error, Query};

/// Counts what a query asks for by a plan, and checks the result.
///
/// # Errors
/// - [`Error::CountsDiffer`], [`Error::ParityDiffers`] or [`Error::ParityFailed`] if a check fails.
/// - [`Error::MemoryBound`] if the second count needs more memory than the query allows.
pub(super) fn count<B: Backend>(backend: &B, plan: &Plan, query: &Query<'_>) -> Result<u128, Error> {
    if *plan == Plan::Empty {
        return Ok(0);
    }
    let (range, control) = (&query.get_range(), query.get_control());
    // No prime is below 2.
    let ends = [Some(*range.end()), range.start().checked_sub(1)].map(|x| x.filter(|&x| x >= 2));
    let [parity_to_end, parity_before] = ends.map(|x| x.map_or(0.0, cost_of_parity));
    let other = plan.other(range, backend.crew(), query.get_memory())?;
    let other = Plan::for_query(&query.clone().plan(other), backend.crew())?;
    let [first, second, third, fourth] =
        control.split([plan.cost(range), other.cost(range), parity_to_end, parity_before]);

    let count = run(backend, plan, range, &first)?;
    let again = run(backend, &other, range, &second)?;
    if count != again {
        return Err(Error::CountsDiffer { first: count, second: again });
    }
    let mut is_odd = false;
    for (x, control) in ends.into_iter().zip([third, fourth]) {
        is_odd ^= x.map_or(Ok(false), |x| is_pi_odd(backend, x, &control))?;
    }
    if is_odd == (count % 2 == 1) { Ok(count) } else { Err(Error::ParityDiffers { count }) }
}

/// Finds whether pi(x) is odd, without counting up to x.
fn is_pi_odd<B: Backend>(backend: &B, x: u128, control: &Control<'_>) -> Result<bool, Error> {
    let (kernel, control) = control.set_up(0.0, |watch| Parity::new(x, watch))?;
    // Compared with the sum, it takes no time to count up to the roots.
    let [roots, sum] = control.split([0.0, 1.0]);
    let mut pi_of_roots = 0;
    for root in kernel.roots() {
        let query = Query::up_to(root.into());
        let plan = Plan::for_query(&query, backend.crew())?;
        pi_of_roots += run(backend, &plan, &query.get_range(), &roots)?;
    }
    let sum = backend.fold(&kernel, &sum)?;
    kernel.is_pi_odd(sum, pi_of_roots as u64).ok_or(Error::ParityFailed { x })
}

/// A sieve of a range up to this width is checked by testing numbers, which takes at most 0.3 seconds.
const TESTED_WIDTH: u64 = 10_000_000;

impl Plan {
    /// Returns a plan that counts the same range in a different way: by another algorithm if that is fast, or with other
    /// parameters. A sieve is planned for the memory, if that suffices.
    fn other(&self, range: &RangeInclusive<u128>, crew: Crew, memory: Option<u64>) -> Result<Self, Error> {
        Ok(match self {
            Self::Empty => Self::Empty,
            // Only the combinatorial method reaches this far too.
            Self::SieveAndTest if *range.end() > u64::MAX.into() => Self::combinatorial(range, crew, memory)?,
            Self::Table | Self::TrialDivision | Self::SieveAndTest => Self::sieve(&self.narrowed(range)?, crew, memory),
            Self::Sieve(tuning) => {
                let range = self.narrowed(range)?;
                let is_narrow = range.end() - range.start() <= TESTED_WIDTH;
                if is_narrow { Self::SieveAndTest } else { Self::Sieve(tuning.other(range.end().isqrt())) }
            }
            Self::Combinatorial(parameters) => Self::Combinatorial(parameters.other(*range.end())),
            Self::Difference(plans) => Self::Difference(Box::new(Difference {
                stop: plans.stop.other(&(0..=*range.end()), crew, memory)?,
                before: plans.before.other(&(0..=range.start() - 1), crew, memory)?,
            })),
        })
    }
}

impl Tuning {
    /// Returns a tuning with other values for a range whose end has this square root.
    fn other(self, root: u64) -> Self {
        let has_buckets = u64::from(self.buckets_from) <= root;
        Self {
            // Buckets need a wheel of 210.
            wheel: if has_buckets || self.wheel != 210 { 210 } else { 2310 },
            chunk: half(self.chunk, 64),
            segment: half(self.segment, 64),
            groups_to: self.groups_to / 2,
            chunks_to: self.chunks_to / 2,
            buckets_from: if has_buckets { (self.buckets_from / 2).max(1 << 16) } else { self.buckets_from },
        }
    }
}

impl Parameters {
    /// Returns other parameters for x.
    fn other(self, x: u128) -> Self {
        let alpha = self.alpha(x);
        // A smaller y takes less memory, but it may be at its lower bound.
        let [smaller, larger] = [1.0 / 1.3, 1.3].map(|factor| self.with_alpha(x, factor * alpha));
        Self {
            y: if smaller.y == self.y { larger.y } else { smaller.y },
            segment: if self.segment == 512 { 1024 } else { half(self.segment, 512) },
            window: if self.window == 64 { 128 } else { half(self.window, 64) },
            tiles: self.tiles.saturating_add(self.tiles / 2 + 1),
        }
    }
}

/// Returns half of a size in bytes as a multiple of `unit`, and at least one unit.
fn half(bytes: u32, unit: u32) -> u32 {
    (bytes / 2 / unit * unit).max(unit)
}

#[cfg(test)]
mod tests;
