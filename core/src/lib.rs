//! **What** is computed: the contract that joins algorithms and backends, and the prime-counting kernels.
//!
//! An algorithm is one or more *phases*; each phase is a [`Kernel`]: work cut into independent *tiles*, whose
//! partial results form a [`Monoid`]. A [`Backend`] says **how** the tiles are run and folds the partial results in
//! tile order. Neither knows the other, so every algorithm runs on every backend. Users hold the door in front of
//! both, [`PrimeCounter`].
//!
//! This crate starts no thread and does no input or output, but for one look at the sizes of the caches. The backends live in `primelanes-backends`, which
//! re-exports everything here.
//!
//! ```
//! use primelanes_core::{Control, Kernel, TrialDivision, fold_tiles};
//!
//! // The smallest driver there is: all tiles of a kernel, in order, with one scratch.
//! let kernel = TrialDivision::new(0..=100);
//! let mut scratch = kernel.scratch();
//! let count = fold_tiles(&kernel, 0..kernel.tiles(), &mut scratch, &Control::new());
//! assert_eq!(count, Ok(25));
//! ```

mod algorithm;
mod backend;
mod control;
mod counter;
mod error;
mod guard;
mod job;
mod kernel;
mod machine;
mod partial;
mod probe;
mod query;
mod tiling;

pub use algorithm::{Algorithm, Plan, Sieve, SieveAndTest, SimpleSieve, TrialDivision, Tuning};
pub use backend::Backend;
pub use control::{Control, Progress, Watch};
pub use counter::PrimeCounter;
pub use error::Error;
pub use guard::guard;
pub use job::{Heartbeat, Job, JobSpec};
pub use kernel::{Kernel, Pulse, Stopped, fold_tiles};
pub use machine::{Caches, Cpu};
pub use partial::{Monoid, Wire};
#[doc(hidden)]
pub use probe::{Probe, ProbeScratch, Trouble, Visit};
pub use query::Query;
pub use tiling::Tiling;
