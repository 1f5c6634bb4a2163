//! Runs work outside this process: one dispatcher for all transports.
//!
//! A run of neighbouring tiles is plain data: a `JobSpec`, a first tile and an end. A worker rebuilds the kernel, runs
//! the tiles and answers with their folded partial result as bytes. All transports share [`dispatch`]. It splits the
//! work into runs, keeps at most one run in flight per worker, and deposits the answers in the
//! [`Ledger`](crate::Ledger). A transport implements the trait [`Workers`](dispatch::Workers).
//!
//! ```text
//!   fold ──► dispatch ──► Workers: pool ──► process ══ socket ══► worker::serve ──► Job::run
//!               │ pace                         └────── wire ───────┘
//!               ▼
//!            Ledger
//! ```
//!
//! - [`pace`]: how long a run should be, and how long a worker may be silent.
//! - [`pool`], [`process`], [`checkout`], [`waiting_queue`]: worker processes, and how several folds share them.
//! - [`log`]: what a worker writes to its standard output and standard error.
//! - [`wire`], [`frame`]: the messages between the two processes, and their bytes.
//! - [`worker`]: the worker's end of the connection.

use std::time::Duration;

pub(crate) mod checkout;
pub(crate) mod dispatch;
mod frame;
mod log;
mod pace;
pub(crate) mod pool;
mod process;
mod waiting_queue;
mod wire;
pub mod worker;

/// How long to spin before sleeping if an event is expected at once. On a virtual machine, waking up takes as long.
const SPIN_TIME: Duration = Duration::from_micros(50);

/// The longest sleep between two checks of the cancel flag.
const CANCEL_CHECK_INTERVAL: Duration = Duration::from_millis(10);
