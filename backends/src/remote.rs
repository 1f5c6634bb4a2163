//! Runs work outside this process: one dispatcher for all transports.
//!
//! A run of neighbouring tiles is plain data: a `JobSpec`, a first tile and an end. A worker rebuilds the kernel, runs
//! the tiles and answers with their folded partial result as bytes. All transports share [`dispatch`]. It splits the
//! work into runs, keeps at most one run in flight per worker, and deposits the answers in the
//! [`Ledger`](crate::Ledger). A transport implements the trait [`Workers`](dispatch::Workers). The transport below is that
//! of worker processes. The other one, [`relay`](crate::relay), leaves it to the program to carry the bytes.
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
//! - [`parcel`]: a message on its own, for a relay.
//! - [`worker`]: the worker's end of the connection.

use std::thread;
use std::time::Duration;

use primelanes_core::Error;

pub(crate) mod checkout;
pub(crate) mod dispatch;
mod frame;
mod log;
pub(crate) mod pace;
pub(crate) mod parcel;
pub(crate) mod pool;
mod process;
mod waiting_queue;
pub(crate) mod wire;
pub mod worker;

/// How long to spin before sleeping if an event is expected at once. On a virtual machine, waking up takes as long.
const SPIN_TIME: Duration = Duration::from_micros(50);

/// The longest sleep between two checks of the cancel flag.
const CANCEL_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Runs `serve`, which serves workers outside this process, on a thread of its own, and `beside` on the calling thread.
///
/// # Errors
/// [`Error::Spawn`] if the thread cannot be started, or the error of `serve`, which must not panic.
pub(crate) fn serve_beside<T: Send>(
    label: &'static str,
    serve: impl FnOnce() -> Result<T, Error> + Send,
    beside: &mut dyn FnMut(),
) -> Result<T, Error> {
    thread::scope(|scope| {
        let spawned = thread::Builder::new().name(label.to_owned()).spawn_scoped(scope, serve);
        let serving = spawned.map_err(|refusal| Error::Spawn {
            backend: label.into(),
            requested: 1,
            reason: refusal.to_string(),
        })?;
        beside();
        serving.join().expect("a fold is guarded and does not panic")
    })
}
