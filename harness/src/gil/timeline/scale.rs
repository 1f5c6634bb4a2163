//! The time axis.

use std::fmt::{self, Display};
use std::ops::Range;
use std::time::Duration;

use super::element::{Px, Svg};

/// The largest number of labels. More would overlap.
const MAX_TICKS: u64 = 11;

/// The width of a letter below the axis, in pixels.
const LETTER: f64 = 7.0;

/// A window of time, and the pixels that it is mapped to.
pub(super) struct Scale {
    /// The window, in nanoseconds.
    window: Range<u64>,
    left: f64,
    right: f64,
}

impl Scale {
    /// Maps `window` to the pixels from `left` to `right`. An empty window becomes a nanosecond long.
    pub(super) fn new(window: Range<Duration>, left: u32, right: u32) -> Self {
        // The maximum is five hundred years.
        let ns = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1).min(u64::MAX - 1);
        let from = ns(window.start);
        Self { window: from..ns(window.end).max(from + 1), left: left.into(), right: right.into() }
    }

    /// Returns the pixels from edge to edge.
    pub(super) const fn pixels(&self) -> Range<f64> {
        self.left..self.right
    }

    /// Returns the x coordinate of a time. Times outside of the window lie beyond the edges.
    pub(super) fn x(&self, at: Duration) -> f64 {
        let part = (at.as_nanos() as f64 - self.window.start as f64) / (self.window.end - self.window.start) as f64;
        self.left + part * (self.right - self.left)
    }

    /// Returns whether a time lies in the window.
    pub(super) fn shows(&self, at: Duration) -> bool {
        (self.left..=self.right).contains(&self.x(at))
    }

    /// Returns the pixels of a stretch of time, cut off at the edges. `None` if the stretch lies outside the window. A
    /// stretch without length in the window counts as visible.
    pub(super) fn stretch(&self, from: Duration, to: Duration) -> Option<Range<f64>> {
        let seen = if from == to { self.shows(from) } else { self.x(from) < self.right && self.x(to) > self.left };
        seen.then(|| self.x(from).max(self.left)..self.x(to).min(self.right))
    }

    /// Draws a line at each tick.
    pub(super) fn draw_grid(&self, svg: &mut Svg, top: f64, bottom: f64) {
        for (at, _) in self.ticks() {
            let x = self.x(Duration::from_nanos(at));
            svg.path("grid", &format!("M{} {}V{}", Px(x), Px(top), Px(bottom + 4.0)), None);
        }
    }

    /// Draws the axis at a height, with the times below it. No time reaches beyond the edge of the picture.
    pub(super) fn draw_axis(&self, svg: &mut Svg, y: f64, edge: f64) {
        svg.path("axis", &format!("M{} {}H{}", Px(self.left), Px(y), Px(self.right)), None);
        for (at, label) in self.ticks() {
            let x = self.x(Duration::from_nanos(at));
            let wide = x + LETTER / 2.0 * label.chars().count() as f64 > edge;
            let (class, x) = if wide { ("tick end", edge) } else { ("tick", x) };
            svg.text(class, x, y + 18.0, &label);
        }
    }

    /// Round times in the window, in nanoseconds, with their labels.
    fn ticks(&self) -> Vec<(u64, String)> {
        let length = self.window.end - self.window.start;
        let powers = (0..20).map(|power| 10_u64.pow(power));
        let steps = powers.flat_map(|power| [1, 2, 5].map(|factor| power.saturating_mul(factor)));
        let step = steps.into_iter().find(|step| length / step < MAX_TICKS).unwrap_or(u64::MAX);
        let unit = Unit::of(Duration::from_nanos(length));
        let first = self.window.start.div_ceil(step);
        let ticks = (first..=self.window.end / step).map(|place| place * step);
        ticks.map(|at| (at, format!("{} {}", at as f64 / unit.nanoseconds, unit.name))).collect()
    }
}

struct Unit {
    name: &'static str,
    nanoseconds: f64,
}

impl Unit {
    /// Returns the largest unit that fits twice into the length, or twenty times for seconds.
    fn of(length: Duration) -> Self {
        let (name, nanoseconds) = match length.as_nanos() {
            20_000_000_000.. => ("s", 1e9),
            2_000_000.. => ("ms", 1e6),
            2_000.. => ("µs", 1e3),
            _ => ("ns", 1.0),
        };
        Self { name, nanoseconds }
    }
}

/// A length of time in a suitable unit, with up to two decimals.
pub(super) struct Length(pub(super) Duration);

impl Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unit { name, nanoseconds } = Unit::of(self.0);
        let decimals = if nanoseconds > 1.0 { 2 } else { 0 };
        write!(f, "{:.decimals$} {name}", self.0.as_nanos() as f64 / nanoseconds)
    }
}
