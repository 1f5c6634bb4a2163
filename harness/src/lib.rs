//! Tests that prove that a lane of primelanes counts right, and the command `primelanes`.
//!
//! - [`conformance`](mod@conformance): the laws that every backend must obey, as tests for your own backend.
//! - [`oracle`]: counts to compare with, from code that is independent of primelanes.
//! - [`strategies`]: generators of numbers and ranges that reveal off-by-one errors.
//!
//! To test a backend, add this crate as a dev-dependency without the command. This leaves out most of its dependencies:
//!
//! ```toml
//! [dependencies]
//! primelanes-backends = "0.1"
//!
//! [dev-dependencies]
//! primelanes-harness = { version = "0.1", default-features = false }
//! ```
//!
//! # Features
//!
//! - `report` is the module `report`: one page that explains the global lock with figures from this machine.
//! - `command` (on by default) builds the command `primelanes`: counts, races, the experiments with a global lock, and the
//!   report. It adds nothing else to the public API.

// These macros panic if the stream is closed or full.
#![warn(clippy::print_stderr, clippy::print_stdout)]

pub mod conformance;
pub mod oracle;
pub mod strategies;

#[cfg(feature = "command")]
#[doc(hidden)]
pub mod command;
#[cfg(feature = "report")]
#[cfg_attr(not(feature = "command"), allow(dead_code, reason = "the report uses a part of it"))]
mod experiment;
#[cfg(feature = "report")]
#[cfg_attr(not(feature = "command"), allow(dead_code, reason = "the report uses a part of it"))]
mod gil;
#[cfg(feature = "command")]
mod number;
#[cfg(feature = "report")]
#[cfg_attr(not(feature = "command"), allow(dead_code, reason = "the report uses a part of it"))]
mod race;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "report")]
mod statistics;
#[cfg(feature = "report")]
mod stopwatch;
#[cfg(feature = "report")]
#[cfg_attr(not(feature = "command"), allow(dead_code, reason = "the report uses a part of it"))]
mod text;

/// Runs the Rust examples of the README and of the guides as tests.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../README.md")]
    mod readme {}

    #[doc = include_str!("../../docs/global-lock.md")]
    mod global_lock {}

    #[doc = include_str!("../../docs/journal.md")]
    mod journal {}

    #[doc = include_str!("../../docs/lanes.md")]
    mod lanes {}

    #[doc = include_str!("../../docs/pi.md")]
    mod pi {}

    #[doc = include_str!("../../docs/primes.md")]
    mod primes {}

    #[cfg(unix)]
    #[doc = include_str!("../../docs/processes.md")]
    mod processes {}

    #[doc = include_str!("../../docs/python.md")]
    mod python {}

    #[doc = include_str!("../../docs/race.md")]
    mod race {}

    #[doc = include_str!("../../docs/report.md")]
    mod report {}

    #[doc = include_str!("../../docs/sieve.md")]
    mod sieve {}

    #[doc = include_str!("../../docs/ways-out.md")]
    mod ways_out {}

    #[doc = include_str!("../../docs/your-own.md")]
    mod your_own {}
}
