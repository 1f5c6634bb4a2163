//! Single primes. The answers take microseconds, so they keep the lock.

use primelanes_backends::{is_prime_u128, next_prime_u128, previous_prime_u128};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::failure::invalid;
use super::numbers::Number;

/// Return whether a number is prime.
///
/// The answer is certain. Numbers up to 3317044064679887385961980 can be tested; a larger one raises `OverflowError`. A
/// negative number is not prime.
///
/// >>> import primelanes
/// >>> primelanes.is_prime(2**61 - 1)
/// True
#[pyfunction]
pub(super) fn is_prime(number: Number) -> PyResult<bool> {
    number.value().map_or(Ok(false), |number| is_prime_u128(number).map_err(invalid))
}

/// Return the smallest prime above a number.
///
/// If it is above 3317044064679887385961980, this raises `OverflowError`.
///
/// >>> import primelanes
/// >>> primelanes.next_prime(90)
/// 97
#[pyfunction]
pub(super) fn next_prime(number: Number) -> PyResult<u128> {
    next_prime_u128(number.value().unwrap_or(0)).map_err(invalid)
}

/// Return the largest prime below a number.
///
/// If there is none, this raises `ValueError`, and for numbers above 3317044064679887385961980 `OverflowError`.
///
/// >>> import primelanes
/// >>> primelanes.previous_prime(97)
/// 89
#[pyfunction]
pub(super) fn previous_prime(number: Number) -> PyResult<u128> {
    let below = |number: &str| PyValueError::new_err(format!("there is no prime below {number}"));
    let number = number.value().ok_or_else(|| below("a negative number"))?;
    previous_prime_u128(number).map_err(invalid)?.ok_or_else(|| below(&number.to_string()))
}
