//! The result of an experiment, by case and column.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use comfy_table::{CellAlignment, Table};
use serde::{Serialize, Serializer};

use super::Calibration;
use super::interpreter::Label;
use super::units::milliseconds;
use crate::statistics::quantile;
use crate::text::{TABLE, plural};

/// If there are more shares than this, the table shows only their range.
const MAX_SHARES: usize = 6;

/// A column of the report: where its figures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    /// A Python interpreter, by its place in [`Report::interpreters`].
    Cpython(usize),
    /// Our lock on real threads.
    Lock,
    /// The protocol of our lock in virtual time.
    Virtual,
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Cpython(_) => "cpython",
            Self::Lock => "lock",
            Self::Virtual => "virtual",
        })
    }
}

/// The result of an experiment. Its fields are those of the JSON; it is displayed as a table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// The name of the experiment.
    pub(crate) experiment: &'static str,
    /// The interpreters, in the order of their columns.
    pub(crate) interpreters: Vec<Label>,
    /// The costs of virtual time.
    pub(crate) calibration: Calibration,
    /// A row for each case and column.
    pub(crate) rows: Vec<Row>,
    /// The explanation of the figures, for people.
    #[serde(skip)]
    pub(crate) legend: &'static str,
}

/// The figures of one case in one column.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Where the figures come from.
    pub(crate) column: Column,
    /// The name of the interpreter in its column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interpreter: Option<String>,
    /// The number of threads.
    pub(crate) threads: usize,
    /// The switch interval, if there is one.
    pub(crate) interval_ms: Option<f64>,
    /// What was measured.
    #[serde(flatten)]
    pub(crate) figures: Figures,
    /// The same figures of each round alone. None in virtual time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rounds: Vec<Figures>,
}

/// The median and the 90th percentile of some values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Distribution {
    /// Half of the values are below it.
    pub(crate) median: f64,
    /// Nine tenths of the values are below it.
    pub(crate) p90: f64,
}

impl Distribution {
    /// Returns the distribution of durations in milliseconds. It is NaN if there are none.
    pub(super) fn of(milliseconds: &[f64]) -> Self {
        let part = |part| quantile(milliseconds.iter().copied(), part);
        Self { median: part(0.5), p90: part(0.9) }
    }
}

/// The figures of one experiment.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Figures {
    /// Computing threads.
    Cpu {
        /// How long a thread keeps the lock until another thread has it, if there is a lock.
        slice_ms: Option<Distribution>,
        /// How often a thread noticed that another had had the lock, if there is a lock.
        switches_per_second: Option<f64>,
        /// Iterations per second of all threads together, relative to one thread alone.
        throughput_ratio: f64,
        /// The share of each thread in all iterations.
        shares: Vec<f64>,
    },
    /// Threads that sleep at once.
    Io {
        /// `sleep`.
        mode: &'static str,
        /// The time from the first start to the last end.
        seconds: f64,
    },
    /// A thread that answers requests beside computing threads.
    Socket {
        /// `socket`.
        mode: &'static str,
        /// The time from sending a request until its answer is read.
        response_ms: Distribution,
    },
    /// A thread that sleeps over and over beside computing threads.
    Convoy {
        /// The number of computing threads.
        cpu_threads: usize,
        /// The time from the end of each sleep until the thread runs again.
        latency_ms: Distribution,
    },
    /// A thread that ticks beside one long native call.
    Stall {
        /// `attached` or `detached`.
        mode: &'static str,
        /// Whether the ticker also collects garbage.
        collects: bool,
        /// The longest time between two ticks.
        longest_stall_ms: f64,
    },
    /// Threads that add to one count.
    Integrity {
        /// How the count is protected.
        mode: &'static str,
        /// How often the threads added one.
        expected: u64,
        /// The final count.
        counted: u64,
        /// The wall-clock time divided by the number of updates of all threads.
        nanoseconds_per_update: f64,
    },
    /// One workload under some regime.
    Whatif {
        /// The regime of the lock.
        regime: String,
        /// The number of cores of the machine.
        cores: usize,
        /// Work per second of all computing threads, relative to one thread alone.
        throughput_ratio: f64,
        /// The median time from the end of each sleep of the other thread until it runs again.
        io_latency_ms: f64,
        /// The 90th percentile of that time.
        io_latency_p90_ms: f64,
    },
}

impl Row {
    /// Creates a row of virtual time.
    pub(super) fn simulated(threads: usize, interval: Option<Duration>, figures: Figures) -> Self {
        let interval_ms = interval.map(milliseconds);
        Self { column: Column::Virtual, interpreter: None, threads, interval_ms, figures, rounds: Vec::new() }
    }

    /// Creates a row from the samples of all rounds. `figures` summarises some of them.
    pub(crate) fn measured<T>(
        column: Column,
        threads: usize,
        interval: Option<Duration>,
        samples: &[T],
        figures: impl Fn(&[T]) -> Figures,
    ) -> Self {
        let rounds = samples.chunks(1).map(&figures).collect();
        Self { column, rounds, ..Self::simulated(threads, interval, figures(samples)) }
    }

    /// Returns the name of the case, which the rows of all its columns share.
    fn case(&self) -> String {
        let interval = self.interval_ms.map_or_else(|| ", no lock".to_owned(), |interval| format!(", {interval} ms"));
        match &self.figures {
            Figures::Cpu { .. } => format!("{} compute{interval}", self.threads),
            Figures::Io { mode, .. } => format!("{} {mode}", self.threads),
            Figures::Socket { mode, .. } => format!("{mode} beside {} computing{interval}", self.threads - 1),
            Figures::Convoy { cpu_threads, .. } => format!("beside {cpu_threads} computing{interval}"),
            Figures::Stall { mode, collects: false, .. } => format!("call {mode}"),
            Figures::Stall { mode, collects: true, .. } => format!("call {mode}, ticker collects garbage"),
            Figures::Integrity { mode, .. } => format!("{mode}, {}", plural(self.threads, "thread")),
            Figures::Whatif { regime, .. } => regime.clone(),
        }
    }

    /// Returns the name and text of each figure.
    fn figures(&self) -> Vec<(&'static str, String)> {
        match &self.figures {
            Figures::Cpu { slice_ms, switches_per_second, throughput_ratio, shares } => {
                let mut figures = Vec::new();
                if let (Some(slice_ms), Some(switches_per_second)) = (slice_ms, switches_per_second) {
                    figures.push(("slice, median", in_ms(slice_ms.median)));
                    figures.push(("slice, p90", in_ms(slice_ms.p90)));
                    figures.push(("switches per second", format!("{switches_per_second:.0}")));
                }
                figures.push(("throughput vs. one", format!("{throughput_ratio:.2} x")));
                figures.push(("shares", shares_of(shares)));
                figures
            }
            Figures::Io { seconds, .. } => vec![("total time", format!("{seconds:.3} s"))],
            Figures::Socket { response_ms, .. } => vec![
                ("response time, median", in_ms(response_ms.median)),
                ("response time, p90", in_ms(response_ms.p90)),
            ],
            Figures::Convoy { latency_ms, .. } => {
                vec![("wake-up delay, median", in_ms(latency_ms.median)), ("wake-up delay, p90", in_ms(latency_ms.p90))]
            }
            Figures::Stall { longest_stall_ms, .. } => vec![("longest stall", format!("{longest_stall_ms:.1} ms"))],
            Figures::Integrity { expected, counted, nanoseconds_per_update, .. } => vec![
                ("lost updates", lost(*expected, *counted)),
                ("time per update", format!("{nanoseconds_per_update:.1} ns")),
            ],
            Figures::Whatif { throughput_ratio, io_latency_ms, io_latency_p90_ms, .. } => vec![
                ("throughput vs. one", format!("{throughput_ratio:.2} x")),
                ("wake-up delay, median", in_ms(*io_latency_ms)),
                ("wake-up delay, p90", in_ms(*io_latency_p90_ms)),
            ],
        }
    }
}

/// Returns the shares in percent. If there are many, the result has only the smallest and the largest.
fn shares_of(shares: &[f64]) -> String {
    let percent = |share: f64| format!("{:.0}", 100.0 * share);
    if shares.len() <= MAX_SHARES {
        return shares.iter().map(|&share| percent(share)).collect::<Vec<_>>().join(" : ");
    }
    let ends = [shares.iter().copied().fold(1.0, f64::min), shares.iter().copied().fold(0.0, f64::max)];
    format!("{:.1} .. {:.1}", 100.0 * ends[0], 100.0 * ends[1])
}

/// Returns the number of missing updates.
fn lost(expected: u64, counted: u64) -> String {
    let lost = expected.saturating_sub(counted);
    let percent = 100.0 * lost as f64 / expected.max(1) as f64;
    if lost == 0 { format!("0 of {expected}") } else { format!("{lost} of {expected} ({percent:.0} %)") }
}

/// A time, or `-` if there were no samples.
fn in_ms(milliseconds: f64) -> String {
    if milliseconds.is_nan() { "-".to_owned() } else { format!("{milliseconds:.2} ms") }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.table().trim_fmt())?;
        write!(f, "{}", self.legend)?;
        self.interpreters.iter().try_for_each(|interpreter| write!(f, "\n{}", interpreter.sentence()))
    }
}

impl Report {
    /// Creates the table, which has a line for each figure of each case.
    fn table(&self) -> Table {
        let columns: Vec<_> = self.rows.iter().map(|row| row.column).collect::<BTreeSet<_>>().into_iter().collect();
        let title = |column: &Column| match column {
            Column::Cpython(place) => self.interpreters[*place].name.clone(),
            Column::Lock => "our lock".to_owned(),
            Column::Virtual => "virtual time".to_owned(),
        };
        let mut table = Table::new();
        table.load_style(TABLE);
        table.set_header([String::new(), String::new()].into_iter().chain(columns.iter().map(title)));
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        // Cases without a lock are only in the columns of interpreters, and come last.
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| Reverse(row.column));
        let mut cases: Vec<String> = Vec::new();
        for row in rows {
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

#[cfg(test)]
mod tests;
