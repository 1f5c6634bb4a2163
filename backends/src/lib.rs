//! The lanes of primelanes, behind one contract: **how** work is run. A lane is a backend together with its workers.
//!
//! | lane | type | workers |
//! |---|---|---|
//! | `single-thread` | [`SingleThread`] | the calling thread |
//! | `scoped-threads` | [`ScopedThreads`] | threads that live as long as the count |
//! | `rayon` | [`Rayon`] | a rayon pool: its own, the current one, or a given one |
//! | `global-lock` | [`GlobalLock`] | threads, one of which may run at a time, as under CPython's GIL |
//! | `processes` | [`Processes`] | worker processes |
//!
//! The contract of `primelanes-core` is re-exported, so this is the only crate that a user needs. The root holds the
//! contract and the lanes. The modules hold what simple usage does not need.
//!
//! ```
//! use primelanes_backends::{BackendKind, PrimeCounter, ScopedThreads, available_workers};
//!
//! // By type ..
//! assert_eq!(ScopedThreads::new(available_workers()).count_primes(1_000_000)?, 78_498);
//! // .. or by a name that arrives at run time.
//! let counter = "rayon".parse::<BackendKind>()?.build(available_workers())?;
//! assert_eq!(counter.count_range(1_000..=2_000)?, 135);
//! # Ok::<(), primelanes_backends::Error>(())
//! ```

pub mod global_lock;
mod journal;
mod kind;
mod ledger;
#[cfg(unix)]
mod processes;
mod rayon;
#[cfg(unix)]
pub mod relay;
#[cfg(unix)]
mod remote;
mod scoped_threads;
mod single_thread;
mod team;
#[cfg(test)]
mod tests;

pub use primelanes_core::*;

pub use self::global_lock::{Attached, Gil, GlobalLock, LockMode};
pub use self::journal::{Journal, Journaled, Phase};
pub use self::kind::{AnyBackend, BackendKind, available_workers};
pub use self::ledger::Ledger;
#[cfg(unix)]
pub use self::processes::Processes;
pub use self::rayon::Rayon;
#[cfg(unix)]
pub use self::relay::Relay;
#[cfg(unix)]
pub use self::remote::worker;
pub use self::scoped_threads::ScopedThreads;
pub use self::single_thread::SingleThread;
