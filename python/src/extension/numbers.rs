//! Integers of Python.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// Integers longer than this are not spelled out: the interpreter refuses to from 4,300 digits on.
const LONGEST_SPELLED: u64 = 256;

/// An integer, or whatever can stand for one by its `__index__`; `None` if it is negative.
#[derive(Clone, Copy)]
pub(super) struct Number(Option<u128>);

impl Number {
    pub(super) const ZERO: Self = Self(Some(0));

    /// As a number of workers.
    pub(super) fn workers(self) -> PyResult<NonZeroUsize> {
        let asked = usize::try_from(self.0.unwrap_or(0)).unwrap_or(usize::MAX);
        NonZeroUsize::new(asked).ok_or_else(|| {
            let asked = if self.0.is_some() { "0" } else { "a negative number" };
            PyValueError::new_err(format!("a count takes at least 1 worker, not {asked}"))
        })
    }
}

/// The numbers from `start` to `limit`. No prime is negative: a range that begins below 0 may as well begin there, and
/// one that ends below holds none.
pub(super) fn range(start: Number, limit: Number) -> RangeInclusive<u128> {
    limit.0.map_or(RangeInclusive::new(1, 0), |limit| start.0.unwrap_or(0)..=limit)
}

impl FromPyObject<'_, '_> for Number {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = u128::INPUT_TYPE;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let py = given.py();
        let integer = match given.cast::<PyInt>() {
            Ok(integer) => integer.to_owned(),
            // Once, for the next time it may be another.
            Err(_) => py.import("operator")?.call_method1("index", (given,))?.cast_into()?,
        };
        match integer.extract() {
            Ok(number) => Ok(Self(Some(number))),
            Err(refusal) if refusal.is_instance_of::<PyOverflowError>(py) => beyond(&integer),
            Err(refusal) => Err(refusal),
        }
    }
}

/// What to make of an integer that does not fit: nothing is lost of a negative one.
///
/// Asks the methods of `int`, and not those that a class derived from it may have.
fn beyond(integer: &Bound<'_, PyInt>) -> PyResult<Number> {
    let int = integer.py().get_type::<PyInt>();
    if int.call_method1("__lt__", (integer, 0))?.extract()? {
        return Ok(Number(None));
    }
    let bits: u64 = int.call_method1("bit_length", (integer,))?.extract()?;
    let value = if bits > LONGEST_SPELLED {
        format!("an integer of {bits} bits")
    } else {
        int.call_method1("__repr__", (integer,))?.extract()?
    };
    Err(PyOverflowError::new_err(format!("{value} is above {}, the largest number of 128 bits", u128::MAX)))
}
