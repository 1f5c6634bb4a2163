//! Progress bars on standard error.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use console::Term;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use primelanes_backends::Progress;

/// A run that ends sooner shows no bar.
const DELAY: Duration = Duration::from_millis(300);

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

/// A bar for a number of units of work.
pub(super) struct Bar {
    drawn: ProgressBar,
    units: u64,
    since: Instant,
}

impl Bar {
    /// Creates a bar that shows the rate in units per second.
    pub(super) fn new(when: When, units: u64, unit: &'static str) -> Self {
        Self::with_style(when, units, style(Some(unit)))
    }

    /// Creates a bar for work that has no unit.
    pub(super) fn of_percent(when: When) -> Self {
        Self::with_style(when, 1_000_000, style(None))
    }

    fn with_style(when: When, units: u64, style: ProgressStyle) -> Self {
        let shown = match when {
            When::Auto => stderr().is_terminal(),
            When::Always => true,
            When::Never => false,
        };
        let target = if shown {
            ProgressDrawTarget::term_like_with_hz(Box::new(Term::buffered_stderr()), REDRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        let drawn = ProgressBar::with_draw_target(Some(units), target).with_style(style);
        Self { drawn, units, since: Instant::now() }
    }

    /// Shows the progress: `done` of `total` is taken for the same part of the units.
    pub(super) fn show(&self, progress: Progress) {
        if self.since.elapsed() > DELAY {
            let units = u128::from(self.units) * u128::from(progress.done) / u128::from(progress.total.max(1));
            self.drawn.set_message(progress.phase);
            self.drawn.set_position(units as u64);
        }
    }

    /// Removes the bar.
    pub(super) fn clear(self) {
        self.drawn.finish_and_clear();
    }
}

fn style(unit: Option<&'static str>) -> ProgressStyle {
    ProgressStyle::with_template("{msg} [{bar:32}] {percent} %  {rate}{left} left")
        .expect("the template is valid")
        .progress_chars("=> ")
        .with_key("rate", move |state: &ProgressState, f: &mut dyn std::fmt::Write| {
            // Nothing can be done about a bar that cannot be drawn.
            let _ = unit.map_or(Ok(()), |unit| write!(f, "{:.2e} {unit}/s, ", state.per_sec()));
        })
        .with_key("left", |state: &ProgressState, f: &mut dyn std::fmt::Write| {
            let _ = write!(f, "{}", HumanDuration(state.eta()));
        })
}
