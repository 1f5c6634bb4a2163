//! The laws that every backend must obey, as tests for your own backend.
//!
//! One line in a test file creates a module with a test for each law:
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
//! A third argument declares what the backend cannot do: `conformance!(mine, |_| MyOneThread,
//! Caps::full().at_most(1))`. The tests print which laws they skip for this reason. The function [`check`] applies the
//! same laws at run time, and `primelanes verify` applies them to the lanes that come with primelanes.
//!
//! Inputs are random. A failure names the law, the smallest failing input found, and the seed. Set the environment
//! variable `PRIMELANES_SEED` to a seed to repeat its inputs. `PRIMELANES_CASES` sets the number of inputs per law. The
//! tests of [`conformance!`](crate::conformance!) also keep failing inputs in a file next to their source, and try
//! those first.

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

/// Creates a module of tests that check a backend against every [`Law`](crate::conformance::Law).
///
/// Called as `conformance!(module, factory)` or `conformance!(module, factory, caps)`. The factory creates a backend
/// with the given number of workers. It is an `impl Fn(NonZeroUsize) -> impl Backend + Send + Sync + 'static`. The
/// third argument is a [`Caps`](crate::conformance::Caps). See the [module](mod@crate::conformance) for an example.
#[macro_export]
macro_rules! conformance {
    ($module:ident, $factory:expr $(,)?) => {
        $crate::conformance!($module, $factory, $crate::conformance::Caps::full());
    };
    ($module:ident, $factory:expr, $caps:expr $(,)?) => {
        $crate::conformance!(@tests $module, $factory, $caps,
            any_workers: AnyWorkers, each_tile_once: EachTileOnce, fold_order: FoldOrder, any_cut: AnyCut,
            no_tiles: NoTiles, one_scratch: OneScratch, at_most_workers: AtMostWorkers, agreement: Agreement,
            seams: Seams, additivity: Additivity, nth_prime: NthPrime, list: List, reuse: Reuse,
            counts_at_once: CountsAtOnce, inside_rayon: InsideRayon, cancel_before: CancelBefore,
            cancel_during: CancelDuring, cancel_after: CancelAfter, cancel_latency: CancelLatency,
            progress: Progress, observer_ends: ObserverEnds, recording: Recording,
            tile_panics: TilePanics, scratch_panics: ScratchPanics, observer_panics: ObserverPanics,
        );
    };
    (@tests $module:ident, $factory:expr, $caps:expr, $($test:ident: $law:ident,)*) => {
        mod $module {
            #[allow(unused_imports, reason = "the factory may use names from the scope of the macro call")]
            use super::*;

            /// Every law has a test.
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
