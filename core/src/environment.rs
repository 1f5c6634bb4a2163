//! Reads values from environment variables.

use std::env;
use std::fmt::Display;

use crate::Error;

/// Reads and parses an environment variable. Returns `None` if it is unset or empty.
///
/// # Errors
/// [`Error::BadVariable`] if `parse` rejects the value.
pub fn variable<T, E: Display>(
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Error> {
    let value = env::var_os(name).unwrap_or_default().to_string_lossy().into_owned();
    if value.is_empty() {
        return Ok(None);
    }
    let refused = |error: E, value| Error::BadVariable { variable: name.into(), value, reason: error.to_string() };
    parse(&value).map(Some).map_err(|error| refused(error, value))
}
