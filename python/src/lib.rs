//! The Python package `primelanes`.
//!
//! [`running`] runs work on a thread that nobody has to wait for, and [`estimate`] says how many primes a range contains.
//! They do not depend on Python. The extension module is behind the feature `extension`, which needs a Python interpreter
//! to build. `pip install ./python` turns the feature on.

pub mod estimate;
#[cfg(feature = "extension")]
mod extension;
pub mod running;
