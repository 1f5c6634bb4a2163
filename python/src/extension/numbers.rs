//! Python integers.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// An error message spells an integer out only if it is not longer than this. Above 4,300 digits, the interpreter refuses to.
const MAX_SPELLED_BITS: u64 = 256;

/// The number of primes below 2^64.
const MAX_PLACE: u128 = 425_656_284_035_217_743;

/// An integer, or any object with `__index__`; `None` if it is negative.
#[derive(Clone, Copy)]
pub(super) struct Number(Option<u128>);

impl Number {
    /// Converts to a number of bytes.
    pub(super) fn bytes(self) -> PyResult<u64> {
        let bytes = self.0.ok_or_else(|| PyValueError::new_err("memory must be at least 0, not a negative number"))?;
        Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// Returns the value, or `None` if it is negative.
    pub(super) const fn value(self) -> Option<u128> {
        self.0
    }

    /// Converts to the n of an nth prime.
    pub(super) fn place(self) -> PyResult<u64> {
        let must = format!("n must be from 1 to {MAX_PLACE} for an nth prime below 2^64, not");
        match self.0 {
            None => Err(PyValueError::new_err(format!("{must} a negative number"))),
            Some(0) => Err(PyValueError::new_err(format!("{must} 0"))),
            Some(n) if n > MAX_PLACE => Err(PyOverflowError::new_err(format!("{must} {n}"))),
            Some(n) => Ok(n as u64),
        }
    }

    /// Converts to a number of workers.
    pub(super) fn workers(self) -> PyResult<NonZeroUsize> {
        let workers = usize::try_from(self.0.unwrap_or(0)).unwrap_or(usize::MAX);
        NonZeroUsize::new(workers).ok_or_else(|| {
            let value = if self.0.is_some() { "0" } else { "a negative number" };
            PyValueError::new_err(format!("workers must be at least 1, not {value}"))
        })
    }
}

/// Returns the range from `start` to `limit`. No prime is negative, so a negative start becomes 0, and a range with a
/// negative limit is empty.
pub(super) fn range(start: Number, limit: Number) -> RangeInclusive<u128> {
    limit.0.map_or(RangeInclusive::new(1, 0), |limit| start.0.unwrap_or(0)..=limit)
}

/// Returns the range from `start` to `stop` if its primes fit in 64 bits.
pub(super) fn range_u64(start: Number, stop: Number) -> PyResult<RangeInclusive<u64>> {
    let range = range(start, stop);
    if range.is_empty() {
        return Ok(RangeInclusive::new(1, 0));
    }
    let end = u64::try_from(*range.end()).map_err(|_| {
        let (max, end) = (u64::MAX, range.end());
        PyOverflowError::new_err(format!("primes are listed up to {max}, but the range ends at {end}"))
    })?;
    // The start is no larger.
    Ok(*range.start() as u64..=end)
}

impl FromPyObject<'_, '_> for Number {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = u128::INPUT_TYPE;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        let integer = match object.cast::<PyInt>() {
            Ok(integer) => integer.to_owned(),
            // Called once only, because a second call might return another integer.
            Err(_) => py.import("operator")?.call_method1("index", (object,))?.cast_into()?,
        };
        match integer.extract() {
            Ok(number) => Ok(Self(Some(number))),
            Err(error) if error.is_instance_of::<PyOverflowError>(py) => negative_or_too_large(&integer),
            Err(error) => Err(error),
        }
    }
}

/// Handles an integer that does not fit a `u128`. A negative one is valid, and its value does not matter.
///
/// The methods are those of `int` itself, because a subclass may override them.
fn negative_or_too_large(integer: &Bound<'_, PyInt>) -> PyResult<Number> {
    let int = integer.py().get_type::<PyInt>();
    if int.call_method1("__lt__", (integer, 0))?.extract()? {
        return Ok(Number(None));
    }
    let bits: u64 = int.call_method1("bit_length", (integer,))?.extract()?;
    let value = if bits > MAX_SPELLED_BITS {
        format!("an integer of {bits} bits")
    } else {
        int.call_method1("__repr__", (integer,))?.extract()?
    };
    Err(PyOverflowError::new_err(format!("{value} is above {}, the largest 128-bit number", u128::MAX)))
}
