//! What the writers of recordings are given.

use primelanes_backends::global_lock::trace::Recording;

#[cfg(test)]
pub(super) mod driven;

/// One run at one lock, with what is to be written over it.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// Says which run it is, in a line.
    pub(crate) title: String,
    /// What happened.
    pub(crate) recording: Recording,
}
