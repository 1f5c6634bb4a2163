//! The input of the writers of recordings.

use primelanes_backends::global_lock::trace::Recording;

#[cfg(test)]
pub(super) mod driven;

/// The recording of one run at one lock, with its title.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// A title that identifies the run, in one line.
    pub(crate) title: String,
    /// What happened.
    pub(crate) recording: Recording,
}
