//! Lists a range on a backend, window by window. While one window is listed, the caller receives the window before.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::atomic::{AtomicBool, Ordering};

use super::form::{Form, Numbers, Text};
use super::kernel::{ListSpec, Listing, PHASE};
use super::stream::{tested_first, tests_are_cheaper};
use crate::algorithm::sieve::Tuning;
use crate::crew::{Memory, largest_that};
use crate::machine::default_memory;
use crate::tiling::ends;
use crate::{Backend, Control, Crew, Error, Kernel, Progress, guard};

/// A function that receives what is listed. [`ControlFlow::Break`] ends the listing without an error.
pub type Sink<'a, T> = dyn FnMut(&[T]) -> ControlFlow<()> + 'a;

/// The number of tiles per worker in a window.
const TILES_PER_WORKER: u64 = 2;

/// The sizes of segments in bytes per class, if there is memory enough. With half of the smallest, the sieve takes 1.7 times
/// as long; with twice as much, the lists of two windows take 100 MB on two workers (Zen 3, up to 1e9).
const SEGMENTS: RangeInclusive<u32> = 1 << 13..=1 << 18;

/// The smallest segment, however little memory there is.
const LEAST_SEGMENT: u32 = 1 << 10;

/// Workers that are processes send what they list. A message can be 64 MiB long, and has a few tiles.
const LARGEST_SENT: f64 = 16e6;

/// The approximate fraction of the time of a stretch that its set-up takes.
const SET_UP_SHARE: f64 = 0.01;

/// The range is cut into stretches that end at twice the number at which they begin, so that the first primes do not wait
/// for the sieving primes of the last ones. The first stretch ends here, or later.
const FIRST_STRETCH: u64 = 1 << 32;

/// Passes the primes of a range to `sink`, in ascending order, as decimal text with a separator after each prime. The
/// workers of the backend find the primes and write the text. See [`PrimeCounter::list`](crate::PrimeCounter::list).
///
/// ```
/// # use std::num::NonZeroUsize;
/// # use std::ops::Range;
/// # use primelanes_core::{Backend, Error, Kernel, guard};
/// # struct SingleThread;
/// # impl Backend for SingleThread {
/// #     fn label(&self) -> &str { "single-thread" }
/// #     fn workers(&self) -> NonZeroUsize { NonZeroUsize::MIN }
/// #     fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>)
/// #         -> Result<K::Partial, Error>
/// #     {
/// #         let watch = control.watch(kernel, &tiles);
/// #         let folded = watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch)?;
/// #         watch.finish().map(|()| folded)
/// #     }
/// # }
/// use std::ops::ControlFlow;
/// use primelanes_core::Control;
/// use primelanes_core::algorithm::list_text;
///
/// let mut text = Vec::new();
/// list_text(&SingleThread, 10..=30, b' ', &Control::new(), &mut |more| {
///     text.extend_from_slice(more);
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(text, b"11 13 17 19 23 29 ");
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// The errors of [`PrimeCounter::list`](crate::PrimeCounter::list).
pub fn list_text<B: Backend>(
    backend: &B,
    range: RangeInclusive<u64>,
    separator: u8,
    control: &Control<'_>,
    sink: &mut Sink<'_, u8>,
) -> Result<(), Error> {
    list_as(backend, range, Text(separator), control, sink)
}

/// Passes the primes of a range to `sink`, in ascending order.
pub(crate) fn list_on<B: Backend>(
    backend: &B,
    range: RangeInclusive<u64>,
    control: &Control<'_>,
    sink: &mut Sink<'_, u64>,
) -> Result<(), Error> {
    list_as(backend, range, Numbers, control, sink)
}

fn list_as<B: Backend, F: Form>(
    backend: &B,
    range: RangeInclusive<u64>,
    form: F,
    control: &Control<'_>,
    sink: &mut Sink<'_, F::Item>,
) -> Result<(), Error> {
    let is_enough = AtomicBool::new(false);
    let observer = |progress: Progress| {
        if is_enough.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { control.observe(progress) }
    };
    let mut output = Output { sink, is_enough: &is_enough, fault: None, ready: Vec::new() };
    let listed = list_stretches(backend, &range, form, &control.progress(&observer), &mut output);
    // What was found before a failure is not lost.
    output.pass(drop);
    if let Some(fault) = output.fault {
        return Err(fault);
    }
    if is_enough.load(Ordering::Relaxed) { Ok(()) } else { listed }
}

/// Where the lists go.
struct Output<'a, T> {
    sink: &'a mut dyn FnMut(&[T]) -> ControlFlow<()>,
    is_enough: &'a AtomicBool,
    /// The panic of the sink.
    fault: Option<Error>,
    /// The lists that are not passed on yet.
    ready: Vec<Vec<T>>,
}

impl<T> Output<'_, T> {
    /// Passes on what is ready, and then gives each list to `reuse`. A sink that panics receives nothing more.
    fn pass(&mut self, reuse: impl Fn(Vec<T>)) {
        for list in self.ready.drain(..) {
            if !self.is_enough.load(Ordering::Relaxed) && !list.is_empty() {
                let passed = guard("sink", || Ok((self.sink)(&list)));
                if passed != Ok(ControlFlow::Continue(())) {
                    self.is_enough.store(true, Ordering::Relaxed);
                }
                self.fault = passed.err();
            }
            reuse(list);
        }
    }
}

/// Lists stretch by stretch. Leaves the last window in the output.
fn list_stretches<B: Backend, F: Form>(
    backend: &B,
    range: &RangeInclusive<u64>,
    form: F,
    control: &Control<'_>,
    output: &mut Output<'_, F::Item>,
) -> Result<(), Error> {
    let (start, stop) = ends(range);
    let progress_at = |number: u64| number.saturating_sub(start) as f64 / (stop.saturating_sub(start) as f64).max(1.0);
    let mut left = Some(range.clone()).filter(|range| !range.is_empty());
    if left.is_none() {
        return control.report_step(PHASE);
    }
    while let Some(rest) = left {
        let from = *rest.start();
        let to = stop.min(from.saturating_mul(2).max(FIRST_STRETCH));
        let (to, is_tested) = if tests_are_cheaper(&rest, to) {
            (stop, true)
        } else if from == start {
            (to.min(from.saturating_add(tested_first(to))), true)
        } else {
            (to, false)
        };
        let part = control.part(progress_at(from), if to == stop { 1.0 } else { progress_at(to) });
        let tuning = (!is_tested).then(|| tuning(&(from..=to), F::BYTES, backend.crew()));
        let spec = ListSpec { start: from, stop: to, tuning };
        let (kernel, part) = part.set_up(SET_UP_SHARE, |watch| Listing::new(spec, form, watch))?;
        list_windows(backend, &kernel, &part, output)?;
        if output.is_enough.load(Ordering::Relaxed) {
            break;
        }
        left = to.checked_add(1).map(|next| next..=stop).filter(|rest| !rest.is_empty());
    }
    Ok(())
}

/// Lists the tiles of a kernel. While a window is listed, the one before is passed on.
fn list_windows<B: Backend, F: Form>(
    backend: &B,
    kernel: &Listing<F>,
    control: &Control<'_>,
    output: &mut Output<'_, F::Item>,
) -> Result<(), Error> {
    let (tiles, window) = (kernel.tiles(), TILES_PER_WORKER * backend.workers().get() as u64);
    for first in (0..tiles).step_by(window as usize) {
        let next = first..tiles.min(first + window);
        let [from, to] = [next.start, next.end].map(|tile| tile as f64 / tiles as f64);
        let listed = backend.fold_run_beside(kernel, next, &control.part(from, to), &mut || {
            output.pass(|list| kernel.reuse(list));
        })?;
        if output.is_enough.load(Ordering::Relaxed) {
            break;
        }
        output.ready = listed;
    }
    Ok(())
}

/// Returns the tuning for a range, given the usual number of bytes that a listed prime takes.
fn tuning(range: &RangeInclusive<u64>, bytes_per_prime: f64, crew: Crew) -> Tuning {
    let (least, most) = SEGMENTS.into_inner();
    let within = |most: u64| Tuning::for_primes(range, least.min(64 * most as u32)..=64 * most as u32);
    let fits = |most: u64| {
        let tuning = within(most);
        // A byte of each class stands for 1680 numbers.
        let primes = 1680.0 * f64::from(tuning.segment) / (*range.end() as f64).max(3.0).ln();
        let tile = primes * bytes_per_prime;
        // Two windows are in memory at a time, and each worker has the bits of the 48 classes.
        let lists =
            Memory { kernel: 0.0, scratch: (2 * TILES_PER_WORKER) as f64 * tile + 48.0 * f64::from(tuning.segment) };
        let needed = tuning.memory(range).of(crew).saturating_add(lists.of(crew));
        needed <= default_memory() && (crew.shares_memory() || tile <= LARGEST_SENT)
    };
    within(largest_that(fits, u64::from(LEAST_SEGMENT / 64)..=u64::from(most / 64)))
}

#[cfg(test)]
mod tests;
