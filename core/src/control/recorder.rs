//! Recorders: they receive the partial results of a fold while it runs.

use std::ops::Range;

use crate::Error;

/// Receives the partial results of one fold as they come in, for example for a journal. See [`Control::record`].
///
/// [`Control::record`]: crate::Control::record
pub trait Recorder: Sync {
    /// Takes the folded partial result of a run of neighbouring tiles, as [`Wire`](crate::Wire) bytes. Runs arrive in any
    /// order, and from any thread. No tile arrives twice.
    ///
    /// # Errors
    /// The reason why the fold must end.
    fn record(&self, run: Range<u64>, partial: &[u8]) -> Result<(), Error>;
}
