//! The Python package `primelanes`.
//!
//! [`attended`] is how a count is interrupted; it knows no Python. The extension module is behind the feature `extension`,
//! which needs a Python interpreter to build; `pip install ./python` turns it on.

pub mod attended;
#[cfg(feature = "extension")]
mod extension;
