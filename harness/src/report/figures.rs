//! How the page writes numbers.

use super::data::Measured;
use crate::statistics::Estimate;

/// What stands where there is no figure.
pub(super) const NONE: &str = "-";

/// A number to three significant digits, without an exponent.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    // Rounding may add a digit before the point.
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    let digits = if rounded == 0.0 { 0.0 } else { 2.0 - rounded.abs().log10().floor() };
    format!("{value:.0$}", digits.clamp(0.0, 3.0) as usize)
}

/// A time in seconds or milliseconds.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { milliseconds(1e3 * seconds) } else { format!("{} s", number(seconds)) }
}

/// A time in milliseconds.
pub(super) fn milliseconds(milliseconds: f64) -> String {
    format!("{} ms", number(milliseconds))
}

/// The range of some times, in the unit of the longest.
pub(super) fn range((low, high): (f64, f64)) -> String {
    let (scale, unit) = if high < 1.0 { (1e3, "ms") } else { (1.0, "s") };
    format!("{} .. {} {unit}", number(scale * low), number(scale * high))
}

/// A ratio with two decimals.
pub(super) fn ratio(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { NONE.to_owned() }
}

/// A ratio with its confidence interval, if it has one: `1.96 (1.93 .. 1.98)`.
pub(super) fn estimate(Estimate { value, interval }: Estimate) -> String {
    match interval {
        Some((low, high)) => format!("{} ({} .. {})", ratio(value), ratio(low), ratio(high)),
        None => ratio(value),
    }
}

/// A figure and the range of its rounds, if it has any: `5.09 ms [5.02 .. 5.17]`.
pub(super) fn measured(measured: &Measured, write: fn(f64) -> String, unit: &str) -> String {
    let value = format!("{} {unit}", write(measured.value));
    match measured.range() {
        Some((low, high)) => format!("{value} [{} .. {}]", write(low), write(high)),
        None => value,
    }
}

/// A percentage.
pub(super) fn percent(percent: f64) -> String {
    format!("{} %", of_a_hundred(percent))
}

/// A percentage without its sign. A small one does not look like none.
pub(super) fn of_a_hundred(percent: f64) -> String {
    if percent > 0.0 && percent < 0.001 { "less than 0.001".to_owned() } else { number(percent) }
}

/// A percentage without decimals.
pub(super) fn whole_percent(percent: f64) -> String {
    format!("{percent:.0} %")
}

/// A large number in groups of three digits.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            // A line does not break at this space.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits() {
        let written = [0.0, 0.012_34, 0.5, 5.094, 9.996, 12.34, 251.02, 1234.5].map(number);
        assert_eq!(written, ["0", "0.012", "0.500", "5.09", "10.0", "12.3", "251", "1234"]);
        assert_eq!((number(f64::NAN), ratio(f64::INFINITY)), ("-".to_owned(), "-".to_owned()));
    }

    #[test]
    fn times_have_a_unit_that_suits_them() {
        assert_eq!([0.000_08, 0.0123, 0.748, 6.458].map(seconds), ["0.080 ms", "12.3 ms", "748 ms", "6.46 s"]);
        assert_eq!([range((0.98, 1.25)), range((0.01, 0.0125))], ["0.980 .. 1.25 s", "10.0 .. 12.5 ms"]);
    }

    #[test]
    fn a_ratio_shows_its_interval() {
        let shown = |interval| estimate(Estimate { value: 1.957, interval });
        assert_eq!([shown(None), shown(Some((1.9, 2.014)))], ["1.96", "1.96 (1.90 .. 2.01)"]);
    }

    #[test]
    fn a_figure_shows_the_range_of_its_rounds() {
        let shown = |rounds| measured(&Measured { value: 5.094, rounds }, number, "ms");
        assert_eq!([shown(vec![]), shown(vec![5.1, 5.02, 5.17])], ["5.09 ms", "5.09 ms [5.02 .. 5.17]"]);
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
        let percents = [0.0, 3e-7, 0.04, 9.96, 39.2].map(percent);
        assert_eq!(percents, ["0 %", "less than 0.001 %", "0.040 %", "9.96 %", "39.2 %"]);
    }
}
