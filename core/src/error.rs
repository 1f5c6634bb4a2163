//! The one error type, and the guard that turns a panic into one.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a count has no answer. Each variant carries the numbers or names that a user needs to act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cancel flag of the query's control was set.
    #[error("cancelled")]
    Cancelled,

    /// A tile, a scratch constructor or a progress observer panicked. The backend stays usable.
    #[error("{phase} panicked: {message}")]
    Panicked {
        /// The phase of the kernel, or `progress observer`.
        phase: &'static str,
        /// The text that the panic carried.
        message: String,
    },

    /// A backend was asked for more workers than it can have.
    #[error("{backend} takes at most {max} worker{}, not {requested}", if *.max == 1 { "" } else { "s" })]
    TooManyWorkers {
        /// The backend's label.
        backend: &'static str,
        /// The number asked for.
        requested: usize,
        /// The largest number that it takes.
        max: usize,
    },

    /// The system refused to start a worker.
    #[error("{backend} could not start {requested} worker{}: {reason}", if *.requested == 1 { "" } else { "s" })]
    Spawn {
        /// The backend's label.
        backend: &'static str,
        /// The number of workers that should have been started.
        requested: usize,
        /// What the system said.
        reason: String,
    },

    /// A name that nothing bears.
    #[error("unknown {what} '{given}': one of {known}")]
    UnknownName {
        /// The kind of thing that was named, as `backend`.
        what: &'static str,
        /// The name as given.
        given: String,
        /// The names that are known, separated by commas.
        known: String,
    },

    /// The backend runs its work outside this process, and the kernel has no [`JobSpec`](crate::JobSpec).
    #[error("{backend} runs work in other processes, and the phase '{phase}' cannot leave this one")]
    NotPortable {
        /// The backend's label.
        backend: &'static str,
        /// The phase of the kernel.
        phase: &'static str,
    },

    /// Something that this machine or this program lacks.
    #[error("{what} is not available: {reason}")]
    Unavailable {
        /// What was asked for.
        what: &'static str,
        /// Why it cannot be had.
        reason: String,
    },

    /// Workers outside this process were lost, one after the other, on the same tiles.
    #[error("{backend} lost {deaths} workers on the tiles {}..{}, the last one so: {reason}", .run.start, .run.end)]
    WorkersLost {
        /// The backend's label.
        backend: &'static str,
        /// The run that none of them answered.
        run: Range<u64>,
        /// How many workers it was given to.
        deaths: u32,
        /// How the last one was lost.
        reason: String,
    },

    /// The folded runs do not cover the tiles: a backend lost or invented work.
    #[error("{folded} of the tiles {}..{} were folded in {runs} separate runs", .tiles.start, .tiles.end)]
    Incomplete {
        /// The tiles that should have been folded.
        tiles: Range<u64>,
        /// How many tiles were.
        folded: u64,
        /// How many runs they form.
        runs: usize,
    },

    /// A run of tiles was answered that is not part of the work, or was answered before.
    #[error("the tiles {}..{} were answered twice or never asked for", .run.start, .run.end)]
    Overlap {
        /// The run that was answered.
        run: Range<u64>,
    },

    /// Bytes that do not decode to what was expected.
    #[error("malformed {what}: {reason}")]
    Malformed {
        /// What the bytes should have held.
        what: &'static str,
        /// What the decoder said.
        reason: String,
    },

    /// A thread that holds the global lock asked for it again.
    #[error("this thread already holds the global lock")]
    AlreadyAttached,
}

/// Runs `work` and turns a panic in it into [`Error::Panicked`].
///
/// What `work` borrows must not be used again after a panic, unless it is valid at every step; a scratch, say, is
/// thrown away.
///
/// # Errors
/// The error of `work`, or the panic.
pub fn guard<T>(phase: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(Error::Panicked { phase, message: message_of(payload) }))
}

fn message_of(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other.downcast_ref::<&str>().map_or("(no text)", |text| text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_panic_names_its_phase_and_text() {
        let formatted = guard::<()>("sums", || panic!("tile {}", 7));
        assert_eq!(formatted, Err(Error::Panicked { phase: "sums", message: "tile 7".into() }));
        let literal = guard::<()>("sums", || panic!("plain"));
        assert_eq!(literal, Err(Error::Panicked { phase: "sums", message: "plain".into() }));
        let other = guard::<()>("sums", || std::panic::panic_any(3_u8));
        assert_eq!(other, Err(Error::Panicked { phase: "sums", message: "(no text)".into() }));
        assert_eq!(guard("sums", || Ok(1)), Ok(1));
    }

    #[test]
    fn messages_carry_the_numbers() {
        let one = Error::TooManyWorkers { backend: "single-thread", requested: 2, max: 1 };
        assert_eq!(one.to_string(), "single-thread takes at most 1 worker, not 2");
        let more = Error::TooManyWorkers { backend: "rayon", requested: 70_000, max: 65_535 };
        assert_eq!(more.to_string(), "rayon takes at most 65535 workers, not 70000");
    }
}
