//! Lanes by name.

use std::num::NonZeroUsize;

use primelanes_backends::BackendKind;
use pyo3::prelude::*;

use super::exceptions::exception;

/// The lane with this name and its number of workers: those that were asked for, or as many of the default as it takes.
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
