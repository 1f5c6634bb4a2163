//! Prints the result of a race for people and for spreadsheets.

use std::fmt;

use comfy_table::{CellAlignment, Table};

use super::words::with_interval;
use super::{LaneReport, Report};
use crate::statistics::Estimate;
use crate::text::TABLE;

const HEADER: [&str; 10] = [
    "lane",
    "median (95 % interval)",
    "min",
    "numbers/s",
    "over best",
    "over own",
    "efficiency",
    "cores",
    "serial",
    "",
];

/// The table, the meaning of its columns, the warnings, and the summary.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        writeln!(f, "{}\n", self.table().load_style(TABLE).trim_fmt())?;
        self.foot(f)
    }
}

impl Report {
    /// Returns the same text with a Markdown table.
    pub(crate) fn markdown(&self) -> impl fmt::Display {
        fmt::from_fn(|f| {
            self.head(f)?;
            writeln!(f, "{}\n", self.table().load_style(comfy_table::presets::ASCII_MARKDOWN))?;
            self.foot(f)
        })
    }

    /// A header and a line for each run, in CSV.
    pub(crate) fn csv(&self) -> impl fmt::Display {
        fmt::from_fn(|f| {
            writeln!(f, "stop,algorithm,backend,workers,round,place,seconds,count")?;
            for lane in &self.lanes {
                let LaneReport { backend, workers, .. } = lane;
                let runs = lane.places.iter().zip(&lane.seconds).zip(&lane.counts).enumerate();
                for (round, ((place, seconds), count)) in runs {
                    writeln!(
                        f,
                        "{},{},{backend},{workers},{round},{place},{seconds},{count}",
                        self.stop, self.algorithm
                    )?;
                }
            }
            Ok(())
        })
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stop, algorithm, expected, rounds, cores, .. } = self;
        let s = |count: usize| if count == 1 { "" } else { "s" };
        write!(f, "{expected} primes up to {stop} by {algorithm}, ")?;
        writeln!(f, "{rounds} round{} on {cores} core{}\n", s(*rounds), s(*cores))
    }

    fn foot(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(baseline) = self.baseline {
            writeln!(f, "over best: speed-up over {}, the fastest lane with one worker", self.lanes[baseline].name())?;
        }
        writeln!(f, "over own: speed-up over the same backend with one worker")?;
        writeln!(f, "serial: the serial fraction by Karp and Flatt, the part of the work that only one worker runs")?;
        for fit in &self.amdahl {
            writeln!(
                f,
                "Amdahl's law: {} of the work of {} is serial",
                with_interval(fit.serial_fraction),
                fit.backend
            )?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))?;
        write!(f, "\n{}", self.summary)
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.set_header(HEADER);
        for column in table.column_iter_mut().skip(1).take(HEADER.len() - 2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.add_rows(self.lanes.iter().map(row));
        table
    }
}

fn row(lane: &LaneReport) -> [String; HEADER.len()] {
    let known = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let marks = [(lane.oversubscribed, "oversubscribed"), (!lane.verified, "WRONG")];
    [
        lane.name(),
        time(lane.median),
        time(Estimate { value: lane.min, interval: None }),
        format!("{:.2e}", lane.numbers_per_second),
        known(lane.speedup.map(times)),
        known(lane.own_speedup.map(times)),
        known(lane.efficiency.map(|part| format!("{:.0} %", 100.0 * part))),
        format!("{:.2}", lane.cores_used),
        known(lane.karp_flatt.map(|part| format!("{:.1} %", 100.0 * part))),
        marks.into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect::<Vec<_>>().join(" "),
    ]
}

/// Formats a speed-up. The speed-up of a lane over itself is exactly 1.
fn times(speedup: Estimate) -> String {
    if speedup.interval == Some((1.0, 1.0)) { "1".to_owned() } else { with_interval(speedup) }
}

/// A time in seconds or milliseconds, to three significant digits.
fn time(Estimate { value, interval }: Estimate) -> String {
    let (scale, unit) = if value < 1.0 { (1e3, "ms") } else { (1.0, "s") };
    let digits = (2.0 - (scale * value).log10().floor()).clamp(0.0, 6.0) as usize;
    let number = |seconds: f64| format!("{:.digits$}", scale * seconds);
    match interval {
        Some((low, high)) => format!("{} ({} .. {}) {unit}", number(value), number(low), number(high)),
        None => format!("{} {unit}", number(value)),
    }
}
