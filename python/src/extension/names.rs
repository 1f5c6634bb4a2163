//! Lanes by name.

use std::num::NonZeroUsize;

use primelanes_backends::BackendKind;
use pyo3::prelude::*;

use super::exceptions::exception;

/// Returns the backend with this name and its number of workers. By default that is `default`, or the backend's maximum if
/// that is smaller.
pub(super) fn lane(
    name: &str,
    workers: Option<NonZeroUsize>,
    default: NonZeroUsize,
) -> PyResult<(BackendKind, NonZeroUsize)> {
    let kind: BackendKind = name.parse().map_err(exception)?;
    let workers = workers.unwrap_or_else(|| default.min(kind.max_workers()));
    kind.check(workers).map_err(exception)?;
    Ok((kind, workers))
}
