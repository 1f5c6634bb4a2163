//! What an experiment measured, case by case and column by column.

use std::fmt;
use std::time::Duration;

use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use super::Calibration;
use super::units::milliseconds;
use crate::statistics::quantile;
use crate::text::{TABLE, plural};

/// Up to so many shares are shown one by one.
const SHARES_SHOWN: usize = 6;

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Column {
    /// The interpreter that was named.
    Cpython,
    /// Our lock, with threads of the system.
    Lock,
    /// Our protocol in virtual time.
    Virtual,
}

impl Column {
    const ALL: [Self; 3] = [Self::Cpython, Self::Lock, Self::Virtual];
}

/// An experiment's result, as it stands in the JSON; displayed as a table with a column for each column.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Its name.
    pub(crate) experiment: &'static str,
    /// What the interpreter calls itself.
    pub(crate) interpreter: Option<String>,
    /// The costs of virtual time.
    pub(crate) calibration: Calibration,
    /// One for each case and column.
    pub(crate) rows: Vec<Row>,
    /// What the figures are, for people.
    #[serde(skip)]
    pub(super) legend: &'static str,
}

/// One case in one column.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Where the figures come from.
    pub(crate) column: Column,
    /// How many threads take part.
    pub(crate) threads: usize,
    /// The switch interval, where there is one.
    pub(crate) interval_ms: Option<f64>,
    /// What was measured.
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// Median and ninth decile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Distribution {
    /// Half of all are below.
    pub(crate) median: f64,
    /// Nine tenths of all are below.
    pub(crate) p90: f64,
}

impl Distribution {
    /// Of durations in milliseconds; not a number if there are none.
    pub(super) fn of(milliseconds: &[f64]) -> Self {
        let part = |part| quantile(milliseconds.iter().copied(), part);
        Self { median: part(0.5), p90: part(0.9) }
    }
}

/// The figures of one experiment.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Figures {
    /// Threads that compute.
    Cpu {
        /// How long a thread keeps the lock before another has it.
        slice_ms: Distribution,
        /// How often a thread noticed that another had had the lock.
        switches_per_second: f64,
        /// Iterations a second of all threads together, over those of one alone.
        throughput_ratio: f64,
        /// Each thread's part of all iterations.
        shares: Vec<f64>,
    },
    /// Threads that wait for something outside.
    Io {
        /// `sleep`, or `socket` beside so many threads that compute.
        mode: &'static str,
        /// From the first to the last.
        seconds: f64,
    },
    /// A thread that sleeps again and again, beside some that compute.
    Convoy {
        /// How many compute.
        cpu_threads: usize,
        /// How much longer than the sleep it takes to run again.
        latency_ms: Distribution,
    },
    /// A ticker beside one long native call.
    Stall {
        /// `held` or `released`.
        mode: &'static str,
        /// The longest time between two ticks.
        longest_stall_ms: f64,
    },
    /// Threads that add to one count.
    Integrity {
        /// How the count is protected.
        mode: &'static str,
        /// How often it was added to.
        expected: u64,
        /// What it came to.
        counted: u64,
        /// Wall time over all updates of all threads.
        nanoseconds_per_update: f64,
    },
    /// One workload under some regime.
    Whatif {
        /// Which.
        regime: String,
        /// Cores of the machine.
        cores: usize,
        /// Work a second of all threads that compute, over that of one alone.
        throughput_ratio: f64,
        /// How much longer than its sleep the other thread takes to run again; the median.
        io_latency_ms: f64,
        /// The same; the ninth decile.
        io_latency_p90_ms: f64,
    },
}

impl Row {
    pub(super) fn new(column: Column, threads: usize, interval: Option<Duration>, figures: Figures) -> Self {
        Self { column, threads, interval_ms: interval.map(milliseconds), figures }
    }

    /// What the rows of all columns of a case have in common.
    fn case(&self) -> String {
        let interval = self.interval_ms.map(|interval| format!(", {interval} ms")).unwrap_or_default();
        match &self.figures {
            Figures::Cpu { .. } => format!("{} compute{interval}", self.threads),
            Figures::Io { mode, .. } if *mode == "sleep" => format!("{} sleep", self.threads),
            Figures::Io { mode, .. } => format!("{mode}, beside {} that compute{interval}", self.threads - 1),
            Figures::Convoy { cpu_threads, .. } => format!("beside {cpu_threads} that compute{interval}"),
            Figures::Stall { mode, .. } => format!("lock {mode}"),
            Figures::Integrity { mode, .. } => format!("{mode}, {}", plural(self.threads, "thread")),
            Figures::Whatif { regime, .. } => regime.clone(),
        }
    }

    /// Name and text of each figure.
    fn figures(&self) -> Vec<(&'static str, String)> {
        match &self.figures {
            Figures::Cpu { slice_ms, switches_per_second, throughput_ratio, shares } => vec![
                ("slice, median", in_ms(slice_ms.median)),
                ("slice, p90", in_ms(slice_ms.p90)),
                ("switches a second", format!("{switches_per_second:.0}")),
                ("throughput over one", format!("{throughput_ratio:.2} x")),
                ("shares", shares_of(shares)),
            ],
            Figures::Io { seconds, .. } => vec![("all done in", format!("{seconds:.3} s"))],
            Figures::Convoy { latency_ms, .. } => {
                vec![("back after, median", in_ms(latency_ms.median)), ("back after, p90", in_ms(latency_ms.p90))]
            }
            Figures::Stall { longest_stall_ms, .. } => vec![("longest stall", format!("{longest_stall_ms:.1} ms"))],
            Figures::Integrity { expected, counted, nanoseconds_per_update, .. } => vec![
                ("lost updates", lost(*expected, *counted)),
                ("each update", format!("{nanoseconds_per_update:.1} ns")),
            ],
            Figures::Whatif { throughput_ratio, io_latency_ms, io_latency_p90_ms, .. } => vec![
                ("throughput over one", format!("{throughput_ratio:.2} x")),
                ("back after, median", in_ms(*io_latency_ms)),
                ("back after, p90", in_ms(*io_latency_p90_ms)),
            ],
        }
    }
}

/// In percent; of many the least and the most.
fn shares_of(shares: &[f64]) -> String {
    let percent = |share: f64| format!("{:.0}", 100.0 * share);
    if shares.len() <= SHARES_SHOWN {
        return shares.iter().map(|&share| percent(share)).collect::<Vec<_>>().join(" : ");
    }
    let ends = [shares.iter().copied().fold(1.0, f64::min), shares.iter().copied().fold(0.0, f64::max)];
    format!("{:.1} .. {:.1}", 100.0 * ends[0], 100.0 * ends[1])
}

/// How many of the updates are missing.
fn lost(expected: u64, counted: u64) -> String {
    let lost = expected.saturating_sub(counted);
    let percent = 100.0 * lost as f64 / expected.max(1) as f64;
    if lost == 0 { format!("0 of {expected}") } else { format!("{lost} of {expected} ({percent:.0} %)") }
}

/// A time, if there were any to take it from.
fn in_ms(milliseconds: f64) -> String {
    if milliseconds.is_nan() { "-".to_owned() } else { format!("{milliseconds:.2} ms") }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.table().trim_fmt())?;
        write!(f, "{}", self.legend)
    }
}

impl Report {
    /// A line for each figure of each case, with a column for each column that has any.
    fn table(&self) -> Table {
        let present = |column: &Column| self.rows.iter().any(|row| row.column == *column);
        let columns: Vec<_> = Column::ALL.into_iter().filter(present).collect();
        let title = |column: &Column| match column {
            Column::Cpython => self.interpreter.clone().unwrap_or_else(|| "CPython".to_owned()),
            Column::Lock => "our lock".to_owned(),
            Column::Virtual => "virtual time".to_owned(),
        };
        let mut table = Table::new();
        table.load_style(TABLE);
        table.set_header([String::new(), String::new()].into_iter().chain(columns.iter().map(title)));
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let mut cases: Vec<String> = Vec::new();
        for row in &self.rows {
            if !cases.contains(&row.case()) {
                cases.push(row.case());
            }
        }
        for case in cases {
            let of = |column| self.rows.iter().find(|row| row.column == column && row.case() == case);
            let texts: Vec<_> = columns.iter().map(|&column| of(column).map(Row::figures)).collect();
            let names = texts.iter().flatten().next().map(|figures| figures.iter().map(|figure| figure.0));
            for (line, name) in names.into_iter().flatten().enumerate() {
                let cell = |figures: &Option<Vec<(_, String)>>| match figures {
                    Some(figures) => figures[line].1.clone(),
                    None => "-".to_owned(),
                };
                let first = if line == 0 { case.clone() } else { String::new() };
                table.add_row([first, name.to_owned()].into_iter().chain(texts.iter().map(cell)));
            }
        }
        table
    }
}
