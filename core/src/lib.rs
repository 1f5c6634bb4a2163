//! The contract that joins algorithms and backends, and the prime-counting kernels: **what** is computed.
//!
//! An algorithm is one or more *phases*. Each phase is a [`Kernel`]: work that is split into independent *tiles*, whose
//! partial results form a [`Monoid`]. A [`Backend`] says **how** the tiles are run, and folds the partial results in
//! tile order. Neither knows about the other, so every algorithm runs on every backend. Users reach both through one
//! interface, [`PrimeCounter`].
//!
//! This crate starts no thread. It does no input or output, except that it reads the sizes of the caches and one
//! environment variable once. The backends live in `primelanes-backends`, which re-exports everything here.
//!
//! The root holds the contract, and functions for single primes: [`is_prime`], [`next_prime`], [`previous_prime`], and the
//! same for numbers beyond 64 bits. The modules hold the rest, which is not needed for simple usage: the kernels
//! ([`algorithm`]), the instruction sets and caches ([`machine`]), and descriptions of work as plain data ([`job`]).
//!
//! ```
//! use primelanes_core::algorithm::TrialDivision;
//! use primelanes_core::{Control, Kernel, fold_tiles};
//!
//! // The smallest driver: all tiles of a kernel, in order, with one scratch.
//! let kernel = TrialDivision::new(0..=100);
//! let mut scratch = kernel.scratch();
//! let count = fold_tiles(&kernel, 0..kernel.tiles(), &mut scratch, &Control::new());
//! assert_eq!(count, Ok(25));
//! ```

pub mod algorithm;
mod allocation;
mod backend;
mod control;
mod counter;
mod crew;
#[doc(hidden)]
pub mod environment;
mod error;
mod guard;
pub mod job;
mod kernel;
pub mod machine;
mod partial;
mod primes;
#[doc(hidden)]
pub mod probe;
mod query;
mod tiling;

pub use algorithm::{
    Algorithm, Plan, is_prime, is_prime_u128, next_prime, next_prime_u128, previous_prime, previous_prime_u128,
};
pub use backend::Backend;
pub use control::{Control, Observer, Progress, Recorder, Watch};
pub use counter::PrimeCounter;
pub use crew::Crew;
pub use error::Error;
pub use guard::guard;
pub use job::JobSpec;
pub use kernel::{Kernel, Pulse, Stopped, fold_tiles};
pub use partial::{Monoid, Wire};
pub use primes::{Primes, primes, primes_from};
pub use query::Query;
pub use tiling::Tiling;
