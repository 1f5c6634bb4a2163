//! What callers may say, and what they are told when they may not.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use primelanes_backends::{BackendKind, Error as Fault, Progress};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::exceptions::exception;

/// Integers longer than this are not spelled out: the interpreter refuses to from 4,300 digits on.
const LONGEST_SPELLED: u64 = 256;

/// The lane for who does not care.
const AUTO: &str = "auto";

/// An integer, or whatever can stand for one by its `__index__`; `None` if it is negative.
#[derive(Clone, Copy)]
pub(super) struct Number(Option<u64>);

impl Number {
    pub(super) const ZERO: Self = Self(Some(0));
}

impl FromPyObject<'_, '_> for Number {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = u64::INPUT_TYPE;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let refusal = match given.extract() {
            Ok(number) => return Ok(Self(Some(number))),
            Err(refusal) => refusal,
        };
        let py = given.py();
        if !refusal.is_instance_of::<PyOverflowError>(py) {
            return Err(refusal);
        }
        let integer = py.import("operator")?.call_method1("index", (given,))?;
        if integer.lt(0)? {
            return Ok(Self(None));
        }
        let bits: u64 = integer.call_method0("bit_length")?.extract()?;
        let value = if bits > LONGEST_SPELLED { format!("an integer of {bits} bits") } else { integer.to_string() };
        Err(PyOverflowError::new_err(format!("{value} is above {}, the largest number of 64 bits", u64::MAX)))
    }
}

/// Somebody to tell of progress.
pub(super) struct Callback(Py<PyAny>);

impl FromPyObject<'_, '_> for Callback {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = {
        use pyo3::inspect::PyStaticExpr;
        use pyo3::{type_hint_identifier, type_hint_subscript};
        const TOLD: PyStaticExpr =
            PyStaticExpr::List { elts: &[type_hint_identifier!("primelanes._types", "Progress")] };
        type_hint_subscript!(
            type_hint_identifier!("collections.abc", "Callable"),
            TOLD,
            type_hint_identifier!("builtins", "object")
        )
    };

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if given.is_callable() {
            Ok(Self(given.to_owned().unbind()))
        } else {
            let class = given.get_type().name()?;
            Err(PyTypeError::new_err(format!("progress takes something to call, not an '{class}' object")))
        }
    }
}

impl Callback {
    /// Calls back.
    pub(super) fn tell(&self, py: Python<'_>, Progress { phase, done, total }: Progress) -> PyResult<()> {
        let progress = py.import("primelanes._types")?.getattr("Progress")?.call1((phase, done, total))?;
        self.0.call1(py, (progress,)).map(drop)
    }
}

/// The numbers from `start` to `limit`. No prime is negative: a range that begins below 0 may as well begin there, and
/// one that ends below holds none.
pub(super) fn range(start: Number, limit: Number) -> RangeInclusive<u64> {
    limit.0.map_or(RangeInclusive::new(1, 0), |limit| start.0.unwrap_or(0)..=limit)
}

/// The lane of a name, with the workers that were asked for; if none were, with so many of the default as it takes.
pub(super) fn lane(
    name: &str,
    workers: Option<Number>,
    default: NonZeroUsize,
) -> PyResult<(BackendKind, NonZeroUsize)> {
    let kind =
        if name == AUTO { BackendKind::auto() } else { name.parse().map_err(|fault| exception(or_auto(fault)))? };
    let workers = match workers {
        None => default.min(kind.max_workers()),
        Some(Number(asked)) => asked
            .and_then(|asked| NonZeroUsize::new(usize::try_from(asked).unwrap_or(usize::MAX)))
            .ok_or_else(|| too_few(asked))?,
    };
    kind.check(workers).map_err(exception)?;
    Ok((kind, workers))
}

/// Lists `auto` among the lanes that are known.
fn or_auto(mut fault: Fault) -> Fault {
    if let Fault::UnknownName { known, .. } = &mut fault {
        known.insert_str(0, &format!("{AUTO}, "));
    }
    fault
}

fn too_few(asked: Option<u64>) -> PyErr {
    let asked = asked.map_or("a negative number of them".to_owned(), |asked| asked.to_string());
    PyValueError::new_err(format!("a count takes at least 1 worker, not {asked}"))
}
