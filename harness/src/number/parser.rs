//! The parser: one function for each rule of the grammar.

use ethnum::I256;

use super::Problem;

/// How many brackets may be open at once, so that no text overflows the stack.
pub(super) const MAX_DEPTH: usize = 100;

/// What is wrong, and at which byte.
type Parsed<T> = Result<T, (usize, Problem)>;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// The number of brackets that are open.
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Evaluates the whole text.
    pub(super) fn number(&mut self) -> Parsed<I256> {
        let value = self.sum()?;
        if self.rest().is_empty() { Ok(value) } else { Err(self.expected("a digit, an operator or the end")) }
    }

    fn sum(&mut self) -> Parsed<I256> {
        let negative = self.eat("-");
        let first = self.product()?;
        let mut sum = if negative { -first } else { first };
        loop {
            let at = self.at;
            let result = if self.eat("+") {
                sum.checked_add(self.product()?)
            } else if self.eat("-") {
                sum.checked_sub(self.product()?)
            } else {
                return Ok(sum);
            };
            sum = result.ok_or((at, Problem::TooLarge))?;
        }
    }

    fn product(&mut self) -> Parsed<I256> {
        let mut product = self.power()?;
        loop {
            let at = self.at;
            let operation: fn(I256, I256) -> Option<I256> = if self.eat("*") {
                I256::checked_mul
            } else if self.eat("/") {
                I256::checked_div
            } else if self.eat("%") {
                I256::checked_rem
            } else {
                return Ok(product);
            };
            let is_division = self.text[..self.at].ends_with(['/', '%']);
            let operand = self.power()?;
            let problem = if is_division && operand == 0 { Problem::DivisionByZero } else { Problem::TooLarge };
            product = operation(product, operand).ok_or((at, problem))?;
        }
    }

    fn power(&mut self) -> Parsed<I256> {
        self.skip_spaces();
        let start = self.at;
        let mut tower = vec![self.operand()?];
        while self.eat("^") || self.eat("**") {
            tower.push(self.operand()?);
        }
        let power = |exponent: I256, base: I256| {
            if exponent < 0 {
                return Err((start, Problem::NegativeExponent));
            }
            // An exponent above 2^32 leaves 0, 1 and -1 as one with the same parity does, and is out of range for any
            // other base.
            let exponent = u32::try_from(exponent).unwrap_or(u32::MAX - u32::from(exponent % 2 == 0));
            base.checked_pow(exponent).ok_or((start, Problem::TooLarge))
        };
        tower.into_iter().rev().try_fold(I256::ONE, power)
    }

    /// Skips the spaces on both sides.
    fn operand(&mut self) -> Parsed<I256> {
        self.skip_spaces();
        let value = if self.eat("(") { self.brackets()? } else { self.literal()? };
        self.skip_spaces();
        Ok(value)
    }

    /// What follows an opening bracket.
    fn brackets(&mut self) -> Parsed<I256> {
        if self.depth == MAX_DEPTH {
            return Err((self.at - 1, Problem::TooDeep));
        }
        self.depth += 1;
        self.skip_spaces();
        let value = self.sum()?;
        self.depth -= 1;
        if self.eat(")") { Ok(value) } else { Err(self.expected("a digit, an operator or ')'")) }
    }

    fn literal(&mut self) -> Parsed<I256> {
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
            return Err((start, Problem::NotWhole));
        }
        scaled(whole, exponent.saturating_sub(fraction_digits)).ok_or((start, Problem::TooLarge))
    }

    /// At least one digit. Skips `_` between digits.
    fn digits(&mut self) -> Parsed<String> {
        let mut digits = String::new();
        loop {
            match self.rest().chars().next() {
                Some(digit @ '0'..='9') => digits.push(digit),
                Some('_') if !digits.is_empty() && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => {}
                _ if digits.is_empty() => return Err(self.expected("a digit")),
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

    fn expected(&self, what: &'static str) -> (usize, Problem) {
        (self.at, Problem::Expected(what))
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
