//! The Python package `primelanes`.
//!
//! [`running`] runs work on a thread that nobody has to wait for; it does not depend on Python. The extension module is
//! behind the feature `extension`, which needs a Python interpreter to build. `pip install ./python` turns the feature on.

#[cfg(feature = "extension")]
mod extension;
pub mod running;
