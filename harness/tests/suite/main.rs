//! All integration tests in one binary, so that the slow ones run beside the others.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod agreement;
mod broken_backends;
mod command;
mod conformance;
mod documented;
mod double_check;
mod gil;
mod guides;
#[cfg(target_os = "linux")]
mod hostile;
mod lists;
mod pi;
mod python;
mod third_party;
