//! Defaults from environment variables. An empty one counts as not set.

use std::env;
use std::fmt::Display;

/// A variable that holds no such value.
#[derive(Debug, thiserror::Error)]
#[error("invalid value '{value}' for the environment variable {name}: {reason}")]
pub(crate) struct BadVariable {
    name: &'static str,
    value: String,
    reason: String,
}

/// The variable's value, if it has one.
///
/// # Errors
/// [`BadVariable`] if `parse` refuses it.
pub(crate) fn variable<T, E: Display>(
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, BadVariable> {
    let value = env::var_os(name).unwrap_or_default().to_string_lossy().into_owned();
    if value.is_empty() {
        return Ok(None);
    }
    parse(&value).map(Some).map_err(|error| BadVariable { name, value, reason: error.to_string() })
}
