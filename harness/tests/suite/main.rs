//! All integration tests in one binary, so that the slow ones run beside the others.

#![allow(clippy::unwrap_used, reason = "in a test, what cannot be had fails it")]

mod agreement;
mod broken_backends;
mod command;
mod conformance;
mod gil;
mod guides;
mod python;
mod third_party;
