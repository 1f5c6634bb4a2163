//! The Python package `primelanes`.
//!
//! [`interruptible`] runs a count that the calling thread can interrupt; it does not depend on Python. The extension
//! module is behind the feature `extension`, which needs a Python interpreter to build. `pip install ./python` turns the
//! feature on.

#[cfg(feature = "extension")]
mod extension;
pub mod interruptible;
