//! Work that leaves the process: one body, whatever carries it.
//!
//! A run of neighbouring tiles is plain data: a `JobSpec`, a first tile, an end. A worker anywhere rebuilds the kernel,
//! runs the tiles and answers with their folded partial result as bytes. What is common to all transports is
//! [`dispatch`]: it cuts the work into runs, has one in flight with each worker, and deposits the answers in the
//! [`Ledger`](crate::Ledger). What a transport has to offer it is the trait [`Crew`](dispatch::Crew).
//!
//! ```text
//!   fold ──► dispatch ──► Crew: pool ──► process ══ pipes ══► worker::serve ──► Job::run
//!               │ pace                       └────── wire ──────┘
//!               ▼
//!            Ledger
//! ```
//!
//! - [`pace`]: how long a run is to be, and when a worker is to be given up.
//! - [`pool`], [`lease`], [`process`]: worker processes, and how several folds share them.
//! - [`wire`]: what crosses a pipe, byte by byte.
//! - [`worker`]: the other end.

use std::time::Duration;

pub(crate) mod dispatch;
pub(crate) mod lease;
mod pace;
pub(crate) mod pool;
mod process;
mod wire;
pub mod worker;

/// How long to stay awake for what is due at once: on a virtual machine it takes as long to be woken up.
const AWAKE: Duration = Duration::from_micros(50);
