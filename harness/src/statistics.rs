//! Estimates from a few noisy samples, with confidence intervals.
//!
//! Times are summarised by their median. Intervals are bootstrapped: rounds are drawn from the measured ones, with
//! replacement, and the figure is computed from each draw; 95 % of the results lie in the interval. With ten rounds or
//! so, it covers the true median in 90 to 95 % of all cases, and a ratio of medians in about 95 %. A round is drawn
//! with all its lanes, so that a slowdown of the whole round cancels in a ratio.
//!
//! Sources: B. Efron and R. Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13; A. Karp and H. Flatt,
//! "Measuring parallel processor performance", CACM 33 (1990); G. Amdahl, AFIPS 30 (1967).

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

/// The smallest number of samples that gives an interval. With fewer, not even the whole range from minimum to maximum
/// covers the true median in 95 % of all cases: it misses the median if all n samples lie on one side, which has
/// probability 2^(1-n).
pub(crate) const MIN_ROUNDS: usize = 6;

/// The number of draws per interval. With this many, the ends of the interval vary by a tenth of its width.
const DRAWS: usize = 4_000;

/// A figure with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Estimate {
    /// The figure of all samples.
    pub(crate) value: f64,
    /// The ends of the interval; `None` if there are too few samples.
    pub(crate) interval: Option<(f64, f64)>,
}

/// Estimates a figure over a number of rounds. `figure` computes it from the indices of the drawn rounds, in which an
/// index may occur several times. The draws are the same each time, so equal samples give equal estimates.
pub(crate) fn estimate(rounds: usize, figure: impl Fn(&[usize]) -> f64) -> Estimate {
    let all: Vec<usize> = (0..rounds).collect();
    let interval = (rounds >= MIN_ROUNDS).then(|| {
        let mut random = SmallRng::seed_from_u64(0);
        let mut drawn = vec![0; rounds];
        let mut figures: Vec<f64> = std::iter::repeat_with(|| {
            drawn.fill_with(|| random.random_range(0..rounds));
            figure(&drawn)
        })
        .take(DRAWS)
        .collect();
        figures.sort_by(f64::total_cmp);
        (figures[DRAWS / 40], figures[DRAWS - 1 - DRAWS / 40])
    });
    Estimate { value: figure(&all), interval }
}

/// Returns the middle value, or the mean of the two in the middle; NaN for no values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// Returns the interquartile range of the values relative to their median.
pub(crate) fn spread(values: &[f64]) -> f64 {
    let quartile = |part| quantile(values.iter().copied(), part);
    (quartile(0.75) - quartile(0.25)) / quartile(0.5)
}

/// Returns the value below which `part` of all values lie, interpolated linearly; NaN for no values.
pub(crate) fn quantile(values: impl IntoIterator<Item = f64>, part: f64) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let place = part * sorted.len().saturating_sub(1) as f64;
    match (sorted.get(place.floor() as usize), sorted.get(place.ceil() as usize)) {
        (Some(low), Some(high)) => low + (high - low) * place.fract(),
        _ => f64::NAN,
    }
}

/// Returns the serial fraction of the work, as the speed-up S of p workers suggests it: (1/S - 1/p) / (1 - 1/p). It is
/// negative if the speed-up exceeds the number of workers.
pub(crate) fn karp_flatt(speedup: f64, workers: usize) -> f64 {
    let share = 1.0 / workers as f64;
    (1.0 / speedup - share) / (1.0 - share)
}

/// Fits Amdahl's law, T(p) = a + b / p, to pairs (workers, seconds), with the least sum of squared relative errors.
/// Returns the serial fraction a / (a + b), and the largest remaining relative error.
///
/// The law has two parameters, so that only three points or more show whether it holds.
pub(crate) fn amdahl(points: &[(usize, f64)]) -> (f64, f64) {
    // T(p) / T = (a + b / p) / T should be 1: linear in a and b.
    let sum = |term: fn(f64, f64) -> f64| points.iter().map(|&(p, t)| term(1.0 / t, 1.0 / (p as f64 * t))).sum::<f64>();
    let (uu, uv, vv) = (sum(|u, _| u * u), sum(|u, v| u * v), sum(|_, v| v * v));
    let (u, v) = (sum(|u, _| u), sum(|_, v| v));
    let scale = uu * vv - uv * uv;
    let (serial, parallel) = ((u * vv - v * uv) / scale, (v * uu - u * uv) / scale);
    let error = |&(p, t): &(usize, f64)| ((serial + parallel / p as f64) / t - 1.0).abs();
    (serial / (serial + parallel), points.iter().map(error).fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!(near(median([3.0, 1.0, 2.0]), 2.0));
        assert!(near(median([4.0, 1.0, 2.0, 3.0]), 2.5));
        assert!(median([]).is_nan());
    }

    #[test]
    fn the_spread_is_that_of_the_middle_half() {
        assert!(near(spread(&[8.0, 9.0, 10.0, 11.0, 100.0]), 0.2));
        assert!(near(spread(&[5.0]), 0.0));
    }

    #[test]
    fn an_interval_holds_its_figure_and_needs_six_rounds() {
        let samples = [1.0, 1.1, 0.9, 1.05, 0.95, 1.3, 1.02];
        let of = |rounds: usize| estimate(rounds, |drawn| median(drawn.iter().map(|&round| samples[round])));
        let seven = of(7);
        let (low, high) = seven.interval.unwrap();
        assert!(near(seven.value, 1.02) && low < 1.02 && 1.02 < high, "{seven:?}");
        assert!((0.9..=1.3).contains(&low) && (0.9..=1.3).contains(&high), "{seven:?}");
        assert_eq!(seven, of(7), "the same samples, the same interval");
        assert!(of(6).interval.is_some() && of(5).interval.is_none());
    }

    #[test]
    fn the_interval_covers_the_true_median_as_often_as_it_says() {
        let mut random = SmallRng::seed_from_u64(1);
        let covered = (0..200)
            .filter(|_| {
                let samples: Vec<f64> = (0..15).map(|_| random.random_range(0.0..2.0)).collect();
                let of = estimate(samples.len(), |drawn| median(drawn.iter().map(|&round| samples[round])));
                of.interval.is_some_and(|(low, high)| low <= 1.0 && 1.0 <= high)
            })
            .count();
        // 95 % of 200, minus three standard deviations and the error of the bootstrap itself.
        assert!((176..=200).contains(&covered), "{covered} of 200");
    }

    #[test]
    fn what_slows_a_whole_round_cancels_in_a_ratio() {
        let drift = [1.0, 5.0, 2.0, 9.0, 4.0, 3.0, 7.0];
        let ratio = estimate(7, |drawn| {
            let of = |scale: f64| median(drawn.iter().map(|&round| scale * drift[round]));
            of(3.0) / of(1.5)
        });
        let (low, high) = ratio.interval.unwrap();
        assert!(near(ratio.value, 2.0) && near(low, 2.0) && near(high, 2.0), "{ratio:?}");
    }

    #[test]
    fn serial_fractions_are_found_again() {
        for serial in [0.0, 0.1, 0.5] {
            let seconds = |p: usize| 3.0 * (serial + (1.0 - serial) / p as f64);
            let points = [1, 2, 4, 8].map(|p| (p, seconds(p)));
            let (fraction, error) = amdahl(&points);
            assert!(near(fraction, serial) && near(error, 0.0));
            assert!(near(karp_flatt(seconds(1) / seconds(4), 4), serial));
        }
        assert!(karp_flatt(2.1, 2) < 0.0);
    }
}
