//! Code as third parties wrote it against the traits before ranges had 128 bits. It compiles and counts right after one
//! change: the type that `count` returns. The guide to your own lane checks such backends against the laws.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::thread;

use primelanes_backends::probe::{Probe, Trouble};
use primelanes_backends::{
    Algorithm, Backend, Control, Error, Kernel, Ledger, Monoid, PrimeCounter, Pulse, Query, Stopped, fold_tiles, guard,
};

/// A backend without a ledger.
struct Plain;

impl Backend for Plain {
    fn label(&self) -> &'static str {
        "plain"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let folded = guard(kernel.phase(), || watch.fold_tiles(kernel, tiles, &mut kernel.scratch(), &watch))?;
        watch.finish().map(|()| folded)
    }
}

/// A backend on its own threads, with a label that is made at run time.
struct Threads {
    label: String,
    workers: NonZeroUsize,
}

impl Backend for Threads {
    fn label(&self) -> &str {
        &self.label
    }

    fn workers(&self) -> NonZeroUsize {
        self.workers
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles, self.workers(), kernel.grain());
        thread::scope(|scope| {
            for _ in 0..ledger.threads() {
                scope.spawn(|| ledger.work(kernel, &watch, &watch));
            }
        });
        ledger.finish(&watch)
    }
}

#[test]
fn backends_count_and_name_what_panics() {
    fn assert_sound(lane: &impl Backend) {
        assert_eq!((lane.count_primes(1_000_000), lane.count_range(1_000..=2_000)), (Ok(78_498), Ok(135)));
        // The other algorithms look so small a range up in a table.
        assert_eq!(lane.count(&Query::range(1_000..=2_000).algorithm(Algorithm::Sieve)), Ok(135));
        let probe = Probe { trouble: Some(Trouble::PanicInTile(4)), ..Probe::new(9) };
        let panicked = Error::Panicked { phase: "probe".into(), message: Probe::panic_of_tile(4) };
        assert_eq!(lane.fold(&probe, &Control::new()), Err(panicked));
    }
    assert_sound(&Plain);
    assert_sound(&Threads { label: "my threads".to_owned(), workers: NonZeroUsize::new(2).unwrap() });
}

/// A counter that is not a backend.
struct Table;

impl PrimeCounter for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn count(&self, query: &Query<'_>) -> Result<u128, Error> {
        #[expect(deprecated, reason = "code that is older than `get_control` calls it")]
        if query.control().is_cancelled() {
            return Err(Error::Cancelled);
        }
        let range = query.get_range();
        Ok([2, 3, 5, 7].into_iter().filter(|prime| range.contains(prime)).count() as u128)
    }
}

#[test]
fn a_counter_counts_and_lists_in_boxes_and_by_reference() {
    let boxed: Box<dyn PrimeCounter> = Box::new(Table);
    assert_eq!((boxed.name(), boxed.count_primes(6), boxed.count_range(3..=7)), ("table", Ok(3), Ok(3)));
    let mut listed = Vec::new();
    let ended = boxed.list(20..=30, &Control::new(), &mut |more| {
        listed.extend_from_slice(more);
        ControlFlow::Continue(())
    });
    assert_eq!((ended, listed), (Ok(()), vec![23, 29]));
}

/// A kernel: the sum of the squares below a limit, a thousand numbers per tile.
struct Squares(u64);

impl Kernel for Squares {
    type Scratch = ();
    type Partial = u64;

    fn phase(&self) -> &'static str {
        "squares"
    }

    fn tiles(&self) -> u64 {
        self.0.div_ceil(1000)
    }

    fn scratch(&self) {}

    fn tile<P: Pulse>(&self, index: u64, (): &mut (), pulse: &P) -> Result<u64, Stopped> {
        pulse.beat()?;
        Ok((index * 1000..self.0.min((index + 1) * 1000)).map(|n| n * n).sum())
    }
}

#[test]
fn a_kernel_runs_on_every_backend() {
    let (kernel, sum) = (Squares(12_345), (0..12_345).map(|n| n * n).sum());
    assert_eq!(fold_tiles(&kernel, 0..kernel.tiles(), &mut (), &Control::new()), Ok(sum));
    assert_eq!(Plain.fold(&kernel, &Control::new()), Ok(sum));
    let threads = Threads { label: "mine".to_owned(), workers: NonZeroUsize::new(3).unwrap() };
    assert_eq!(threads.fold(&kernel, &Control::new()), Ok(sum));
    assert_eq!(u64::identity().combine(7), 7);
}

#[test]
fn a_label_that_was_made_up_fits_in_an_error() {
    let threads = Threads { label: "mine".to_owned(), workers: NonZeroUsize::MIN };
    let error = Error::NotPortable { backend: threads.label().to_owned().into(), phase: "squares".into() };
    assert_eq!(
        error.to_string(),
        "mine runs work in other processes, but the phase 'squares' can only run in this one"
    );
}
