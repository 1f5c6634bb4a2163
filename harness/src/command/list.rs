//! `primelanes list`: lists the primes of a range, one per line.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, RangeInclusive};
use std::process::ExitCode;
use std::time::Instant;

use primelanes_backends::algorithm::list_text;
use primelanes_backends::{AnyBackend, Control, Progress};
use serde::Serialize;

use super::lane::LaneArgs;
use super::progress::{Bar, When};
use super::{interrupt, output};
use crate::number;

#[derive(Debug, clap::Args)]
#[command(
    override_usage = "primelanes list [OPTIONS] [START] STOP\n       primelanes list [OPTIONS] --count N [START [STOP]]"
)]
pub(super) struct Args {
    #[arg(help = "The range from START (0 by default) to STOP, both included, up to 2^64-1")]
    #[arg(value_name = "NUMBER", num_args = 1..=2, required_unless_present = "count", value_parser = number::parse_u64)]
    #[arg(allow_negative_numbers = true)]
    numbers: Vec<u64>,

    /// List the first N primes of the range. STOP may then be left out.
    #[arg(short = 'n', long, value_name = "N", value_parser = number::parse_u64, allow_negative_numbers = true)]
    count: Option<u64>,

    #[command(flatten)]
    lane: LaneArgs,

    /// Print a JSON object: start, stop, primes (an array), count, backend, workers, seconds.
    #[arg(long)]
    json: bool,

    /// When to show a progress bar on standard error; auto means only on a terminal, and not if the primes go to one.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    progress: When,
}

/// What `--json` prints after the primes.
#[derive(Serialize)]
struct Summary {
    count: u64,
    backend: &'static str,
    workers: NonZeroUsize,
    seconds: f64,
}

impl Args {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let range = self.range();
        let (kind, workers) = self.lane.choose()?;
        let backend = kind.open(workers)?;
        let head = || format!(r#"{{"start":{},"stop":{},"primes":["#, range.start(), range.end());
        let mut lines = Lines::new(self.json.then(head), self.count);
        let clock = Instant::now();
        self.list(&backend, &range, &mut lines)?;
        if self.json {
            let (count, seconds) = (lines.written, clock.elapsed().as_secs_f64());
            let summary = Summary { count, backend: kind.name(), workers, seconds };
            // The fields of the summary belong to the object that is still open.
            let end = format!("{}],{}\n", lines.head.unwrap_or_default(), &serde_json::to_string(&summary)?[1..]);
            output::write(end.as_bytes())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn range(&self) -> RangeInclusive<u64> {
        match (&self.numbers[..], self.count) {
            (&[start, stop], _) => start..=stop,
            (&[start], Some(_)) => start..=u64::MAX,
            (&[stop], None) => 0..=stop,
            _ => 0..=u64::MAX,
        }
    }

    fn list(&self, backend: &AnyBackend, range: &RangeInclusive<u64>, lines: &mut Lines) -> anyhow::Result<()> {
        let flag = interrupt::flag()?;
        let is_shown = self.progress.is_now() && (self.progress == When::Always || !output::is_terminal());
        let bar = Bar::of_percent(if is_shown { When::Always } else { When::Never });
        let show = |progress: Progress| {
            bar.show(progress);
            ControlFlow::Continue(())
        };
        let control = Control::new().cancel(flag);
        let control = if is_shown { control.progress(&show) } else { control };
        let listed = lines.list(backend, range, &control);
        bar.clear();
        listed
    }
}

/// The primes as text, on their way to standard output.
struct Lines {
    separator: u8,
    /// What comes before the first prime in JSON. It is not written before something is found, so that a list that fails
    /// at once writes nothing.
    head: Option<String>,
    /// How many more primes are wanted, if not all.
    left: Option<u64>,
    written: u64,
    fault: Option<anyhow::Error>,
}

impl Lines {
    /// Prepares to write up to `left` primes: with this text before them, as the elements of an array, or each in a line.
    fn new(head: Option<String>, left: Option<u64>) -> Self {
        let separator = if head.is_some() { b',' } else { b'\n' };
        Self { separator, head, left, written: 0, fault: None }
    }

    /// Lists a range, up to as many primes as are wanted.
    fn list(&mut self, backend: &AnyBackend, range: &RangeInclusive<u64>, control: &Control<'_>) -> anyhow::Result<()> {
        let mut rest = range.clone();
        while !rest.is_empty() && self.left != Some(0) {
            let part = self.range_of_left(&rest);
            let last = *part.end();
            let listed = list_text(backend, part, self.separator, control, &mut |text| self.write(text));
            self.fault.take().map_or(Ok(()), Err)?;
            listed?;
            if last == *rest.end() {
                break;
            }
            rest = last + 1..=*rest.end();
        }
        Ok(())
    }

    /// Returns the part of a range in which all primes that are left should be.
    fn range_of_left(&self, range: &RangeInclusive<u64>) -> RangeInclusive<u64> {
        let (start, stop) = (*range.start(), *range.end());
        let Some(left) = self.left else { return range.clone() };
        // The gaps between primes are ln n on average, and a range that is too short is followed by another one.
        let last = start as f64 + 2.0 * left as f64 * (left.max(3) as f64).ln();
        let width = 1.1 * left as f64 * last.ln() + 500.0;
        start..=stop.min(start.saturating_add(width as u64))
    }

    /// Writes primes, each with its separator.
    fn write(&mut self, mut text: &[u8]) -> ControlFlow<()> {
        let mut primes = count(text, self.separator);
        if let Some(left) = self.left.filter(|&left| left < primes) {
            let ends = text.iter().enumerate().filter(|&(_, &byte)| byte == self.separator);
            let end = ends.map(|(index, _)| index + 1).nth(left as usize - 1).unwrap_or(0);
            (text, primes) = (&text[..end], left);
        }
        if let Err(fault) = self.print(text) {
            self.fault = Some(fault);
            return ControlFlow::Break(());
        }
        self.written += primes;
        self.left = self.left.map(|left| left - primes);
        if self.left == Some(0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// JSON has no comma after the last prime.
    fn print(&mut self, text: &[u8]) -> anyhow::Result<()> {
        match text {
            [] => Ok(()),
            [primes @ .., b','] => {
                output::write(self.head.take().as_deref().unwrap_or(",").as_bytes())?;
                output::write(primes)
            }
            lines => output::write(lines),
        }
    }
}

/// Counts the bytes of a text that are equal to `wanted`. A sum of 255 truths fits in a byte, so 32 of them are added at
/// once.
fn count(text: &[u8], wanted: u8) -> u64 {
    let count_few = |text: &[u8]| text.iter().map(|&byte| u8::from(byte == wanted)).sum::<u8>();
    text.chunks(u8::MAX.into()).map(|text| u64::from(count_few(text))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_equal_bytes_are_counted() {
        for length in [0_u32, 1, 254, 255, 256, 1000] {
            let text: Vec<u8> = (0..length).map(|index| if index % 3 == 0 { b',' } else { b'7' }).collect();
            assert_eq!(count(&text, b','), u64::from(length.div_ceil(3)));
            assert_eq!(count(&vec![b','; length as usize], b','), u64::from(length));
        }
    }

    #[test]
    fn the_primes_that_are_left_are_expected_in_a_range_of_their_size() {
        let lines = |left| Lines::new(None, left);
        assert_eq!(lines(None).range_of_left(&(7..=99)), 7..=99);
        let part = lines(Some(1000)).range_of_left(&(0..=u64::MAX));
        assert!((7919..12_000).contains(part.end()), "the thousandth prime is 7919, not near {}", part.end());
        assert_eq!(lines(Some(1000)).range_of_left(&(u64::MAX - 10..=u64::MAX)), u64::MAX - 10..=u64::MAX);
        assert_eq!(lines(Some(u64::MAX)).range_of_left(&(5..=u64::MAX)), 5..=u64::MAX);
    }
}
