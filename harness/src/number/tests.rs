//! Tests of the grammar, and of the messages.

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
        ("5*10^9", 5_000_000_000),
        ("(2^20)", 1 << 20),
        ("( 2 ^ 20 + 1 ) / 3", 349_525),
        ("2*3**2*2", 36),
        ("7/2*2", 6),
        ("100%7%3", 2),
        ("1+2*3-4/2", 5),
        ("2^(1+2)", 8),
        ("(2^2)^3", 64),
        ("0-(0-7)/2", 3),
        ("8+(0-7)%4", 5),
        ("(0-1)^(2^40)", 1),
        ("2+(0-1)^(2^40+1)", 1),
        ("((((((((1))))))))", 1),
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
        ("0x10", "expected a digit, an operator or the end instead of 'x' at character 2 of '0x10'"),
        ("nan", "expected a digit instead of 'n' at character 1 of 'nan'"),
        ("1_", "expected a digit, an operator or the end instead of '_' at character 2 of '1_'"),
        ("1__0", "expected a digit, an operator or the end instead of '_' at character 2 of '1__0'"),
        ("2^", "expected a digit at the end of '2^'"),
        ("ä", "expected a digit instead of 'ä' at character 1 of 'ä'"),
        ("1+ä", "expected a digit instead of 'ä' at character 3 of '1+ä'"),
        ("1 2", "expected a digit, an operator or the end instead of '2' at character 3 of '1 2'"),
        ("2^64", "'2^64' is 18446744073709551616, which is above 2^64-1 = 18446744073709551615"),
        ("1e30", "'1e30' is 1000000000000000000000000000000, which is above 2^64-1 = 18446744073709551615"),
        ("3-5", "'3-5' is -2, which is below 0"),
        ("1e99", "the value is above 2^64-1 = 18446744073709551615 at character 1 of '1e99'"),
        ("", "expected a digit, found nothing"),
        ("(1+2", "expected a digit, an operator or ')' at the end of '(1+2'"),
        ("(1+2]", "expected a digit, an operator or ')' instead of ']' at character 5 of '(1+2]'"),
        ("1+2)", "expected a digit, an operator or the end instead of ')' at character 4 of '1+2)'"),
        ("()", "expected a digit instead of ')' at character 2 of '()'"),
        ("5*", "expected a digit at the end of '5*'"),
        ("5*-1", "expected a digit instead of '-' at character 3 of '5*-1'"),
        ("(1)(2)", "expected a digit, an operator or the end instead of '(' at character 4 of '(1)(2)'"),
        ("7/0", "division by zero at character 2 of '7/0'"),
        ("7%(1-1)", "division by zero at character 2 of '7%(1-1)'"),
        ("2^(1-2)", "a negative exponent at character 1 of '2^(1-2)'"),
        ("3*(0-1)", "'3*(0-1)' is -3, which is below 0"),
        ("1+2^200*2^200", "the value is above 2^64-1 = 18446744073709551615 at character 8 of '1+2^200*2^200'"),
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

#[test]
fn brackets_have_a_depth() {
    let nested = |depth: usize| parse(&format!("{}7{}", "(".repeat(depth), ")".repeat(depth)));
    assert_eq!(nested(100), Ok(7));
    let error = nested(101).unwrap_err().to_string();
    assert!(error.starts_with("more than 100 brackets inside each other at character 101 of '((("), "{error}");
    assert!(parse(&"(".repeat(1_000_000)).is_err());
}

/// A formula and how it is written.
#[derive(Clone, Debug)]
enum Formula {
    Number(u64),
    Brackets(Box<Formula>),
    Two(Box<Formula>, char, Box<Formula>),
}

impl Formula {
    /// The value by the plain rules of arithmetic; `None` if it has none, or if a step does not fit.
    fn value(&self) -> Option<I256> {
        match self {
            Self::Number(number) => Some(I256::from(*number)),
            Self::Brackets(formula) => formula.value(),
            Self::Two(left, operator, right) => {
                let (left, right) = (left.value()?, right.value()?);
                match operator {
                    '+' => left.checked_add(right),
                    '-' => left.checked_sub(right),
                    '*' => left.checked_mul(right),
                    '/' => left.checked_div(right),
                    '%' => left.checked_rem(right),
                    _ => left.checked_pow(u32::try_from(right).ok()?),
                }
            }
        }
    }

    /// How tightly the formula holds together: a number, a power, a product or a sum.
    fn rank(&self) -> u8 {
        match self {
            Self::Two(_, '+' | '-', _) => 0,
            Self::Two(_, '*' | '/' | '%', _) => 1,
            Self::Two(..) => 2,
            _ => 3,
        }
    }

    /// The text, with the brackets that it needs.
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Brackets(formula) => format!("( {} )", formula.text()),
            Self::Two(left, operator, right) => {
                let within = |formula: &Self, least| {
                    if formula.rank() < least { format!("({})", formula.text()) } else { formula.text() }
                };
                // Powers group from the right, all others from the left.
                let is_power = self.rank() == 2;
                let (least_left, least_right) = (self.rank() + u8::from(is_power), self.rank() + u8::from(!is_power));
                format!("{}{operator}{}", within(left, least_left), within(right, least_right))
            }
        }
    }
}

fn formulas() -> impl Strategy<Value = Formula> {
    let number = prop_oneof![(0..10_u64).prop_map(Formula::Number), any::<u64>().prop_map(Formula::Number)];
    number.prop_recursive(5, 32, 2, |inner| {
        let operator = prop::sample::select(vec!['+', '-', '*', '/', '%', '^']);
        prop_oneof![
            inner.clone().prop_map(|formula| Formula::Brackets(Box::new(formula))),
            (inner.clone(), operator, inner).prop_map(|(l, o, r)| Formula::Two(Box::new(l), o, Box::new(r))),
        ]
    })
}

proptest! {
    #[test]
    fn a_formula_has_the_value_that_arithmetic_gives_it(formula in formulas()) {
        let text = formula.text();
        let value = formula.value().and_then(|value| u128::try_from(value).ok());
        // An exponent above 2^32 is fine for some bases.
        if !text.contains('^') || value.is_some() {
            prop_assert_eq!(parse(&text).ok(), value, "{}", text);
        }
    }

    #[test]
    fn any_text_is_a_number_or_an_error_in_one_line(text in "[0-9eE_.+*/%^() -]{0,12}|.{0,8}") {
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
