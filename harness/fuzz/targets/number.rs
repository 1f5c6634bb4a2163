//! The number parser against big integers: the exact value, or an error message.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use num_bigint::BigInt;
use primelanes_harness::command::{parse, parse_u64};

#[derive(Debug, Arbitrary)]
enum Input {
    /// Any text: it must not panic.
    Text(String),
    /// A text made from a value: it must give that value.
    Sum { negative: bool, first: Power, rest: Vec<(bool, Power)> },
    /// A text made from a formula: it must give the value of that formula.
    Formula(Formula),
}

#[derive(Debug, Arbitrary)]
enum Formula {
    Number(u64),
    Two(Box<Formula>, Operator, Box<Formula>),
}

#[derive(Debug, Arbitrary)]
enum Operator {
    Plus,
    Minus,
    Times,
    Divide,
    Remain,
}

impl Formula {
    /// The value, if all steps have one that fits.
    fn value(&self) -> Option<BigInt> {
        let (left, operator, right) = match self {
            Self::Number(number) => return Some(BigInt::from(*number)),
            Self::Two(left, operator, right) => (left.value()?, operator, right.value()?),
        };
        let value = match operator {
            Operator::Plus => left + right,
            Operator::Minus => left - right,
            Operator::Times => left * right,
            Operator::Divide => left.checked_div(&right)?,
            Operator::Remain if right == BigInt::ZERO => return None,
            Operator::Remain => left % right,
        };
        fits(&value).then_some(value)
    }

    /// The text, with brackets around both sides of an operator.
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Two(left, operator, right) => {
                let sign = match operator {
                    Operator::Plus => '+',
                    Operator::Minus => '-',
                    Operator::Times => '*',
                    Operator::Divide => '/',
                    Operator::Remain => '%',
                };
                format!("({}){sign}( {} )", left.text(), right.text())
            }
        }
    }

    /// The number of brackets inside each other.
    fn depth(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Two(left, _, right) => 1 + left.depth().max(right.depth()),
        }
    }
}

/// Returns whether a value fits in 256 bits with its sign.
fn fits(value: &BigInt) -> bool {
    let limit = BigInt::from(2).pow(255);
    -&limit <= *value && *value < limit
}

#[derive(Debug, Arbitrary)]
struct Power {
    base: u64,
    zeros: u8,
    exponent: Option<u8>,
    stars: bool,
    spaced: bool,
}

impl Power {
    fn literal(&self) -> BigInt {
        BigInt::from(self.base) * BigInt::from(10).pow(self.zeros.into())
    }

    fn value(&self) -> BigInt {
        self.literal().pow(self.exponent.unwrap_or(1).into())
    }

    fn text(&self) -> String {
        let space = if self.spaced { " " } else { "" };
        let sign = if self.stars { "**" } else { "^" };
        let exponent = self.exponent.map_or_else(String::new, |exponent| format!("{space}{sign}{space}{exponent}"));
        format!("{space}{}e{}{exponent}{space}", self.base, self.zeros)
    }
}

fuzz_target!(|input: Input| {
    match input {
        Input::Text(text) => match parse(&text) {
            Ok(value) if text.bytes().all(|byte| byte.is_ascii_digit()) => assert_eq!(text.parse(), Ok(value)),
            Ok(_) => {}
            Err(error) => assert!(!error.to_string().is_empty()),
        },
        Input::Sum { negative, first, rest } => {
            let sign = |minus: bool| if minus { "-" } else { "+" };
            let mut text = format!("{}{}", if negative { "-" } else { "" }, first.text());
            let mut steps = vec![first.literal(), first.value()];
            let mut sum = if negative { -first.value() } else { first.value() };
            for (minus, term) in &rest {
                text = format!("{text}{}{}", sign(*minus), term.text());
                steps.extend([term.literal(), term.value()]);
                sum = if *minus { sum - term.value() } else { sum + term.value() };
                steps.push(sum.clone());
            }
            // Every step must fit in 256 bits with its sign, the result in 128 or 64.
            let exact = steps.iter().all(fits);
            assert_eq!(parse(&text).ok(), u128::try_from(&sum).ok().filter(|_| exact), "{text:?}");
            assert_eq!(parse_u64(&text).ok(), u64::try_from(&sum).ok().filter(|_| exact), "{text:?}");
        }
        Input::Formula(formula) if formula.depth() > 100 => assert!(parse(&formula.text()).is_err()),
        Input::Formula(formula) => {
            let value = formula.value().and_then(|value| u128::try_from(value).ok());
            assert_eq!(parse(&formula.text()).ok(), value, "{}", formula.text());
        }
    }
});
