//! The laws that every backend obeys, as tests for a backend of your own.
//!
//! One line in a test file makes a module of named tests, one a law:
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::ops::Range;
//! use primelanes_backends::{Backend, Control, Error, Kernel, Ledger};
//!
//! struct MyThreads(NonZeroUsize);
//!
//! impl Backend for MyThreads {
//!     // ..
//! #   fn label(&self) -> &str { "my-threads" }
//! #   fn workers(&self) -> NonZeroUsize { self.0 }
//! #   fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>)
//! #       -> Result<K::Partial, Error>
//! #   {
//! #       let watch = control.watch(kernel, &tiles);
//! #       let ledger = Ledger::new(tiles, self.workers(), kernel.grain());
//! #       std::thread::scope(|scope| {
//! #           for _ in 0..self.0.get() {
//! #               scope.spawn(|| ledger.work(kernel, &watch, &watch));
//! #           }
//! #       });
//! #       ledger.finish(&watch)
//! #   }
//! }
//!
//! primelanes_harness::conformance!(mine, |workers| MyThreads(workers));
//! # fn main() {
//! # use primelanes_harness::conformance::{Caps, check};
//! # let report = check(|workers| MyThreads(workers), Caps::full(), 1, 2);
//! # assert!(report.passed(), "{report}");
//! # }
//! ```
//!
//! A third argument says what the backend cannot do; it is printed, not silently skipped:
//! `conformance!(mine, |_| MyOneThread, Caps::full().at_most(1))`. The same laws at run time are [`check`], and
//! `primelanes verify` for the lanes that come with primelanes.
//!
//! Inputs are drawn at random. A failure names the law, the smallest input found, and the seed, which
//! `PRIMELANES_SEED` repeats; `PRIMELANES_CASES` sets how many inputs are drawn for a law. The tests of
//! [`conformance!`](crate::conformance!) also keep what failed in a file beside their source, and try it first from then
//! on.

mod broken;
mod caps;
mod law;
mod laws;
mod report;
mod subject;
mod suite;
mod watchdog;

pub use self::caps::{Ability, Caps};
pub use self::law::Law;
pub use self::report::{Finding, Report, Verdict};
pub use self::suite::{Suite, assert_law, check};

/// Makes a module of tests that hold a backend to every [`Law`](crate::conformance::Law).
///
/// `conformance!(module, factory)` or `conformance!(module, factory, caps)`: the factory makes a backend of so many
/// workers, `impl Fn(NonZeroUsize) -> impl Backend + Send + Sync + 'static`; the third argument is a
/// [`Caps`](crate::conformance::Caps). See the [module](mod@crate::conformance).
#[macro_export]
macro_rules! conformance {
    ($module:ident, $factory:expr $(,)?) => {
        $crate::conformance!($module, $factory, $crate::conformance::Caps::full());
    };
    ($module:ident, $factory:expr, $caps:expr $(,)?) => {
        $crate::conformance!(@tests $module, $factory, $caps,
            any_workers: AnyWorkers, each_tile_once: EachTileOnce, fold_order: FoldOrder, any_cut: AnyCut,
            no_tiles: NoTiles, one_scratch: OneScratch, at_most_workers: AtMostWorkers, agreement: Agreement,
            seams: Seams, additivity: Additivity, reuse: Reuse, counts_at_once: CountsAtOnce,
            inside_rayon: InsideRayon, cancel_before: CancelBefore, cancel_during: CancelDuring,
            cancel_after: CancelAfter, cancel_latency: CancelLatency, progress: Progress, tile_panics: TilePanics,
            scratch_panics: ScratchPanics, observer_panics: ObserverPanics,
        );
    };
    (@tests $module:ident, $factory:expr, $caps:expr, $($test:ident: $law:ident,)*) => {
        mod $module {
            #[allow(unused_imports, reason = "the factory may name what its surroundings have in scope")]
            use super::*;

            /// One test for each law, in the order of the laws.
            const _: () = {
                let tested = [$($crate::conformance::Law::$law),*];
                assert!(tested.len() == $crate::conformance::Law::ALL.len(), "a law has no test");
            };

            $(
                #[test]
                fn $test() {
                    $crate::conformance::assert_law($crate::conformance::Law::$law, $factory, $caps, file!());
                }
            )*
        }
    };
}
