//! Progress bars on standard error.

mod estimate;

use std::env;
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use console::Term;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use primelanes_backends::Progress;

use estimate::Estimate;

/// A run that ends sooner shows no bar, so that nothing flickers.
const DELAY: Duration = Duration::from_millis(40);

/// More often, the figures would be unreadable.
const REDRAWS_PER_SECOND: u8 = 5;

/// When to show a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// Only on a terminal.
    Auto,
    /// Also if standard error is a file or a pipe.
    Always,
    /// Never.
    Never,
}

impl When {
    /// Returns whether a bar is shown. A terminal that cannot move its cursor shows none.
    pub(super) fn is_now(self) -> bool {
        match self {
            Self::Auto => stderr().is_terminal() && !is_dumb(),
            Self::Always => !(stderr().is_terminal() && is_dumb()),
            Self::Never => false,
        }
    }
}

/// Returns whether the terminal can neither move its cursor nor show colors.
pub(super) fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|kind| kind == "dumb")
}

/// A bar for a number of units of work.
pub(super) struct Bar {
    drawn: ProgressBar,
    units: u64,
    /// The name of the unit, if the bar shows the rate.
    unit: Option<&'static str>,
    begun: Instant,
    estimate: Mutex<Estimate>,
}

impl Bar {
    /// Creates a bar that shows the rate in units per second.
    pub(super) fn new(when: When, units: u64, unit: &'static str) -> Self {
        Self::with(when, units, Some(unit))
    }

    /// Creates a bar for work that has no unit.
    pub(super) fn of_percent(when: When) -> Self {
        Self::with(when, 1_000_000, None)
    }

    fn with(when: When, units: u64, unit: Option<&'static str>) -> Self {
        let target = if when.is_now() {
            ProgressDrawTarget::term_like_with_hz(Box::new(Term::buffered_stderr()), REDRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        // The bar takes what the rest leaves of the line, because a longer line would wrap.
        let style = ProgressStyle::with_template("{prefix} [{wide_bar}] {msg}").expect("the template is valid");
        let drawn = ProgressBar::with_draw_target(Some(units), target).with_style(style.progress_chars("=> "));
        Self { drawn, units, unit, begun: Instant::now(), estimate: Mutex::default() }
    }

    /// Shows the progress. The bar shows the same fraction of its units.
    pub(super) fn show(&self, progress: Progress) {
        let part = progress.done as f64 / progress.total.max(1) as f64;
        let mut estimate = self.estimate.lock().unwrap_or_else(PoisonError::into_inner);
        estimate.update(self.begun.elapsed(), part);
        if self.begun.elapsed() > DELAY {
            self.drawn.set_prefix(progress.phase);
            self.drawn.set_message(self.figures(part, *estimate));
            self.drawn.set_position((self.units as f64 * part) as u64);
        }
    }

    /// Returns the percentage that is done, the rate and the time left, as far as they are known.
    fn figures(&self, part: f64, estimate: Estimate) -> String {
        let percent = format!("{:.1} %", (100.0 * part).min(99.9));
        let Some(rate) = estimate.per_second() else { return percent };
        let rate = self.unit.map_or_else(String::new, |unit| format!(", {:.2e} {unit}/s", rate * self.units as f64));
        let left = estimate.left().map_or_else(String::new, |left| format!(", {} left", HumanDuration(left)));
        format!("{percent}{rate}{left}")
    }

    /// Removes the bar.
    pub(super) fn clear(self) {
        self.drawn.finish_and_clear();
    }
}
