//! The **proof**: an oracle that shares no code with what it judges, the laws that every backend obeys, the article's
//! experiment, the global lock beside CPython's, and the parts of the command `primelanes`.

pub mod conformance;
pub mod experiment;
pub mod gil;
pub mod number;
pub mod oracle;
pub mod race;
pub mod statistics;
mod stopwatch;
pub mod strategies;
mod text;

/// The Rust examples of the README and of the guides are tests.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../README.md")]
    mod readme {}

    #[doc = include_str!("../../docs/global-lock.md")]
    mod global_lock {}

    #[doc = include_str!("../../docs/lanes.md")]
    mod lanes {}

    #[cfg(unix)]
    #[doc = include_str!("../../docs/processes.md")]
    mod processes {}

    #[doc = include_str!("../../docs/python.md")]
    mod python {}

    #[doc = include_str!("../../docs/race.md")]
    mod race {}

    #[doc = include_str!("../../docs/sieve.md")]
    mod sieve {}

    #[doc = include_str!("../../docs/ways-out.md")]
    mod ways_out {}

    #[doc = include_str!("../../docs/your-own.md")]
    mod your_own {}
}
