//! Lanes by name.

use std::num::NonZeroUsize;

use primelanes_backends::{BackendKind, Error as Fault};
use pyo3::prelude::*;

use super::exceptions::exception;

/// The name of the default lane.
const AUTO: &str = "auto";

/// The lane of a name, with the workers that were asked for; if none were, with so many of the default as it takes.
pub(super) fn lane(
    name: &str,
    workers: Option<NonZeroUsize>,
    default: NonZeroUsize,
) -> PyResult<(BackendKind, NonZeroUsize)> {
    let kind =
        if name == AUTO { BackendKind::auto() } else { name.parse().map_err(|fault| exception(or_auto(fault)))? };
    let workers = workers.unwrap_or_else(|| default.min(kind.max_workers()));
    kind.check(workers).map_err(exception)?;
    Ok((kind, workers))
}

/// Lists `auto` among the names that are known.
fn or_auto(mut fault: Fault) -> Fault {
    if let Fault::UnknownName { known, .. } = &mut fault {
        known.insert_str(0, &format!("{AUTO}, "));
    }
    fault
}
