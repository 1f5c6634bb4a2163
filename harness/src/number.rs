//! Whole numbers as people write them: `1_000_000`, `1e9`, `1.5e9`, `10**9`, `5*10^9`, `2^64-1`, `(2^20+1)/3`, evaluated
//! exactly.
//!
//! ```text
//! sum     = "-"? product (("+" | "-") product)*
//! product = power (("*" | "/" | "%") power)*                     divisions round towards 0
//! power   = operand (("^" | "**") operand)*                      from the right: 2^2^3 is 2^8
//! operand = literal | "(" sum ")"
//! literal = digits ("." digits)? (("e" | "E") "+"? digits)?      whole in the end
//! digits  = digit ("_"? digit)*
//! ```
//!
//! Spaces may surround an operator or a bracket. Results are from 0 to 2^128-1. Intermediate values are exact up to
//! 2^255-1, so that `2^128-1` works.

mod parser;
#[cfg(test)]
mod tests;

use std::fmt;

use ethnum::I256;

use self::parser::Parser;

/// Evaluates a number in 0 to 2^128-1.
///
/// ```
/// use primelanes_harness::command::parse;
/// assert_eq!(parse("2^128 - 1"), Ok(u128::MAX));
/// assert_eq!(parse("1.5e9"), Ok(1_500_000_000));
/// assert_eq!(parse("1e").unwrap_err().to_string(), "expected a digit at the end of '1e'");
/// ```
///
/// # Errors
/// [`NumberError`], which says what is wrong, and at which character.
pub fn parse(text: &str) -> Result<u128, NumberError> {
    evaluate(text, u128::BITS)
}

/// Evaluates a number in 0 to 2^64-1.
///
/// # Errors
/// The same as [`parse`].
pub fn parse_u64(text: &str) -> Result<u64, NumberError> {
    evaluate(text, u64::BITS).map(|value| value as u64)
}

/// Evaluates a number that fits in this many bits.
fn evaluate(text: &str, bits: u32) -> Result<u128, NumberError> {
    let error = |at, problem| NumberError { text: text.to_owned(), at, bits, problem };
    let value = Parser::new(text).number().map_err(|(at, problem)| error(at, problem))?;
    let fits = u128::try_from(value).ok().filter(|&value| value <= max(bits));
    fits.ok_or_else(|| error(0, Problem::OutOfRange(value)))
}

const fn max(bits: u32) -> u128 {
    u128::MAX >> (u128::BITS - bits)
}

/// Why a text is not a number in the expected range; displayed as one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NumberError {
    text: String,
    /// Where the problem is, in bytes from the beginning.
    at: usize,
    /// The size of the expected number.
    bits: u32,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Expected(&'static str),
    NotWhole,
    TooLarge,
    DivisionByZero,
    NegativeExponent,
    TooDeep,
    OutOfRange(I256),
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, at, bits, problem } = self;
        let place = text[..*at].chars().count() + 1;
        match (problem, text[*at..].chars().next()) {
            (Problem::Expected(what), Some(found)) => {
                write!(f, "expected {what} instead of '{found}' at character {place} of '{text}'")
            }
            (Problem::Expected(what), None) if text.is_empty() => write!(f, "expected {what}, found nothing"),
            (Problem::Expected(what), None) => write!(f, "expected {what} at the end of '{text}'"),
            (Problem::NotWhole, _) => write!(f, "not a whole number at character {place} of '{text}'"),
            (Problem::TooLarge, _) => {
                write!(f, "the value is above 2^{bits}-1 = {} at character {place} of '{text}'", max(*bits))
            }
            (Problem::DivisionByZero, _) => write!(f, "division by zero at character {place} of '{text}'"),
            (Problem::NegativeExponent, _) => write!(f, "a negative exponent at character {place} of '{text}'"),
            (Problem::TooDeep, _) => {
                let max = parser::MAX_DEPTH;
                write!(f, "more than {max} brackets inside each other at character {place} of '{text}'")
            }
            (Problem::OutOfRange(value), _) if *value < 0 => write!(f, "'{text}' is {value}, which is below 0"),
            (Problem::OutOfRange(value), _) => {
                write!(f, "'{text}' is {value}, which is above 2^{bits}-1 = {}", max(*bits))
            }
        }
    }
}
