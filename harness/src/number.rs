//! Whole numbers as people write them: `1_000_000`, `1e9`, `1.5e9`, `10**9`, `2^32`, `2^64-1`, evaluated exactly.
//!
//! ```text
//! sum     = "-"? power (("+" | "-") power)*
//! power   = literal (("^" | "**") literal)*                      from the right: 2^2^3 is 2^8
//! literal = digits ("." digits)? (("e" | "E") "+"? digits)?      whole in the end
//! digits  = digit ("_"? digit)*
//! ```
//!
//! Spaces may surround an operator. Results lie in 0 to 2^128-1. Intermediate values are exact up to 2^255-1, so that
//! `2^128-1` works.

use std::fmt;

use ethnum::I256;

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
    let mut parser = Parser { text, at: 0, bits };
    let value = parser.sum()?;
    let fits = u128::try_from(value).ok().filter(|&value| value <= max(bits));
    fits.ok_or_else(|| parser.error(0, Problem::OutOfRange(value)))
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
            (Problem::OutOfRange(value), _) if *value < 0 => write!(f, "'{text}' is {value}, which is below 0"),
            (Problem::OutOfRange(value), _) => {
                write!(f, "'{text}' is {value}, which is above 2^{bits}-1 = {}", max(*bits))
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    bits: u32,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<I256, NumberError> {
        let negative = self.eat("-");
        let first = self.power()?;
        let mut sum = if negative { -first } else { first };
        loop {
            self.skip_spaces();
            let at = self.at;
            let result = if self.eat("+") {
                sum.checked_add(self.power()?)
            } else if self.eat("-") {
                sum.checked_sub(self.power()?)
            } else if self.rest().is_empty() {
                return Ok(sum);
            } else {
                return Err(self.error(at, Problem::Expected("a digit, + - ^ ** or the end")));
            };
            sum = result.ok_or_else(|| self.error(at, Problem::TooLarge))?;
        }
    }

    fn power(&mut self) -> Result<I256, NumberError> {
        self.skip_spaces();
        let start = self.at;
        let mut tower = vec![self.literal()?];
        self.skip_spaces();
        while self.eat("^") || self.eat("**") {
            self.skip_spaces();
            tower.push(self.literal()?);
            self.skip_spaces();
        }
        tower
            .into_iter()
            // An exponent above 2^32 leaves 0 and 1 as they are and is out of range for any other base.
            .rev()
            .try_fold(I256::ONE, |exponent, base| base.checked_pow(u32::try_from(exponent).unwrap_or(u32::MAX)))
            .ok_or_else(|| self.error(start, Problem::TooLarge))
    }

    fn literal(&mut self) -> Result<I256, NumberError> {
        let start = self.at;
        let mut digits = self.digits()?;
        let mut fraction_digits = 0;
        if self.eat(".") {
            let fraction = self.digits()?;
            fraction_digits = fraction.len();
            digits.push_str(&fraction);
        }
        let mut exponent = 0;
        if self.eat("e") || self.eat("E") {
            self.eat("+");
            // An exponent that does not fit is too large for anything but 0, and so is 10^(2^32).
            exponent = self.digits()?.parse::<u32>().unwrap_or(u32::MAX) as usize;
        }
        // The digits of the fraction that the exponent does not reach must be zeros.
        let (whole, dropped) = digits.split_at(digits.len() - fraction_digits.saturating_sub(exponent));
        if dropped.bytes().any(|digit| digit != b'0') {
            return Err(self.error(start, Problem::NotWhole));
        }
        scaled(whole, exponent.saturating_sub(fraction_digits)).ok_or_else(|| self.error(start, Problem::TooLarge))
    }

    /// At least one digit. Skips `_` between digits.
    fn digits(&mut self) -> Result<String, NumberError> {
        let mut digits = String::new();
        loop {
            match self.rest().chars().next() {
                Some(digit @ '0'..='9') => digits.push(digit),
                Some('_') if !digits.is_empty() && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => {}
                _ if digits.is_empty() => return Err(self.error(self.at, Problem::Expected("a digit"))),
                _ => return Ok(digits),
            }
            self.at += 1;
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(' ').len();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, at: usize, problem: Problem) -> NumberError {
        NumberError { text: self.text.to_owned(), at, bits: self.bits, problem }
    }
}

/// Returns the value of `digits` followed by this many zeros; `None` if it is too large.
fn scaled(digits: &str, zeros: usize) -> Option<I256> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(I256::ZERO);
    }
    let factor = I256::new(10).checked_pow(u32::try_from(zeros).unwrap_or(u32::MAX))?;
    digits.parse::<I256>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (text, value) in [
            ("0", 0),
            ("007", 7),
            ("1_000_000", 1_000_000),
            ("1e9", 1_000_000_000),
            ("1E+9", 1_000_000_000),
            ("1.5e9", 1_500_000_000),
            ("1.50e1", 15),
            ("2.0", 2),
            ("0e999999999999", 0),
            ("10**9", 1_000_000_000),
            ("2^32", 1 << 32),
            ("2^2^3", 256),
            ("1^99999999999999999999", 1),
            ("0**0", 1),
            ("1e3^2", 1_000_000),
            ("2^64-1", u64::MAX.into()),
            ("2^128-1", u128::MAX),
            ("2^128 - 60", u128::MAX - 59),
            ("2^254 - 2^254 + 5", 5),
            ("2^64 - 60", u128::from(u64::MAX) - 59),
            ("10 ** 3 + 7 - 3", 1004),
            ("-5+6", 1),
            ("-0", 0),
            ("340282366920938463463374607431768211455", u128::MAX),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
            assert_eq!(parse_u64(text).ok(), u64::try_from(value).ok(), "{text}");
        }
    }

    #[test]
    fn an_error_is_one_line_that_points_at_the_character() {
        for (text, message) in [
            ("", "expected a digit, found nothing"),
            ("-1", "'-1' is -1, which is below 0"),
            ("--1", "expected a digit instead of '-' at character 2 of '--1'"),
            ("1e", "expected a digit at the end of '1e'"),
            ("1.5", "not a whole number at character 1 of '1.5'"),
            ("7+1.25e1", "not a whole number at character 3 of '7+1.25e1'"),
            ("0x10", "expected a digit, + - ^ ** or the end instead of 'x' at character 2 of '0x10'"),
            ("nan", "expected a digit instead of 'n' at character 1 of 'nan'"),
            ("1_", "expected a digit, + - ^ ** or the end instead of '_' at character 2 of '1_'"),
            ("1__0", "expected a digit, + - ^ ** or the end instead of '_' at character 2 of '1__0'"),
            ("2^", "expected a digit at the end of '2^'"),
            ("ä", "expected a digit instead of 'ä' at character 1 of 'ä'"),
            ("1+ä", "expected a digit instead of 'ä' at character 3 of '1+ä'"),
            ("1 2", "expected a digit, + - ^ ** or the end instead of '2' at character 3 of '1 2'"),
            ("2^64", "'2^64' is 18446744073709551616, which is above 2^64-1 = 18446744073709551615"),
            ("1e30", "'1e30' is 1000000000000000000000000000000, which is above 2^64-1 = 18446744073709551615"),
            ("3-5", "'3-5' is -2, which is below 0"),
            ("1e99", "the value is above 2^64-1 = 18446744073709551615 at character 1 of '1e99'"),
            ("5+2^300", "the value is above 2^64-1 = 18446744073709551615 at character 3 of '5+2^300'"),
        ] {
            assert_eq!(parse_u64(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn an_error_names_the_bound_of_its_type() {
        let max = "2^128-1 = 340282366920938463463374607431768211455";
        for (text, message) in [
            ("2^128", format!("'2^128' is 340282366920938463463374607431768211456, which is above {max}")),
            ("1e40", format!("'1e40' is 1{}, which is above {max}", "0".repeat(40))),
            ("2^255", format!("the value is above {max} at character 1 of '2^255'")),
            ("1+1e99999999999", format!("the value is above {max} at character 3 of '1+1e99999999999'")),
            ("0-2^254-2^254-1", format!("the value is above {max} at character 14 of '0-2^254-2^254-1'")),
            ("2^64-2^65", "'2^64-2^65' is -18446744073709551616, which is below 0".to_owned()),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_an_error_in_one_line(text in "[0-9eE_.+*^ -]{0,12}|.{0,8}") {
            if let Err(error) = parse(&text) {
                prop_assert!(text.contains(['\n', '\r']) || error.to_string().lines().count() == 1);
            }
        }

        #[test]
        fn what_is_printed_is_read(value: u128, other: u64) {
            prop_assert_eq!(parse(&value.to_string()), Ok(value));
            prop_assert_eq!(parse(&format!("{value}-{value}+{other}")), Ok(u128::from(other)));
        }

        #[test]
        fn a_long_text_is_read_in_no_time(length in 100..20_000_usize) {
            prop_assert!(parse(&"2^".repeat(length)).is_err());
            prop_assert_eq!(parse(&format!("{}1", "1^".repeat(length))), Ok(1));
            let nines = "9".repeat(length);
            prop_assert!(parse(&nines).is_err() && parse(&("1.".to_owned() + &nines)).is_err());
            prop_assert_eq!(parse(&format!("{}7.{}", "0".repeat(length), "0".repeat(length))), Ok(7));
        }
    }
}
