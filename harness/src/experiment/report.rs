//! Prints the result of an experiment for people: a table and sentences.

use std::fmt;

use comfy_table::{CellAlignment, Table};

use super::measure::Entrant;
use super::{Lane, LaneReport, Report};
use crate::gil::interpreter::Label;
use crate::text::{TABLE, plural};

/// If there are more counts than this, the table shows them as one.
const MAX_COUNTS: usize = 4;

/// The table, and sentences that summarise it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tasks, limit) = (plural(self.tasks, "task"), self.limit);
        writeln!(f, "{tasks}, each counting the primes up to {limit} by trial division\n")?;
        writeln!(f, "{}\n", self.table().trim_fmt())?;
        if self.lanes.iter().any(|lane| lane.entrant.lane.is_python()) {
            writeln!(f, "Speed-ups of Python lanes are relative to python-sequential, all others to sequential.")?;
        }
        write!(f, "{}", self.sentence())?;
        let others = self.start_up_sentence().into_iter().chain(self.left_out()).chain(self.python_sentences());
        others.into_iter().try_for_each(|sentence| write!(f, "\n{sentence}"))
    }
}

impl Report {
    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(TABLE);
        let names: &[&str] = if self.interpreters.len() > 1 { &["lane", "interpreter"] } else { &["lane"] };
        let figures = ["median", "min .. max", "speed-up", "cores", "hand-overs"];
        table.set_header([names, &figures, &["counts"]].concat());
        for column in table.column_iter_mut().skip(names.len()).take(figures.len()) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for lane in &self.lanes {
            let (min, max) = lane.range();
            let interpreter = lane.entrant.interpreter.as_deref().unwrap_or("-");
            let names = [lane.entrant.lane.name(), interpreter].into_iter().take(names.len()).map(str::to_owned);
            table.add_row(names.chain([
                format!("{:.3} s", lane.median()),
                format!("{min:.3} .. {max:.3} s"),
                lane.speedup.map_or_else(|| "-".to_owned(), |speedup| format!("{speedup:.2} x")),
                format!("{:.2}", lane.cores_used),
                lane.handovers.map_or_else(|| "-".to_owned(), |count| count.to_string()),
                self.counts(lane),
            ]));
        }
        table
    }

    fn counts(&self, lane: &LaneReport) -> String {
        let tick = |count: &u128| format!("{count} {}", if *count == self.expected { '✓' } else { '✗' });
        match &lane.counts[..] {
            [first, ..] if lane.verified && lane.counts.len() > MAX_COUNTS => {
                format!("{} each of {}", tick(first), lane.counts.len())
            }
            counts => counts.iter().map(tick).collect::<Vec<_>>().join("  "),
        }
    }

    fn sentence(&self) -> String {
        if let Some(wrong) = self.lanes.iter().find(|lane| !lane.verified) {
            let place = wrong.entrant.interpreter.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
            return format!(
                "WRONG: {}{place} does not count {} primes in every task.",
                wrong.entrant.lane, self.expected
            );
        }
        let tasks = plural(self.tasks, "task");
        let (locked, free): (Vec<_>, Vec<_>) = self
            .lanes
            .iter()
            .filter(|lane| lane.entrant.lane != Lane::Sequential && !lane.entrant.lane.is_python())
            .filter_map(|lane| lane.speedup.map(|speedup| (lane, format!("{speedup:.2} times as fast"))))
            .partition(|(lane, _)| lane.handovers.is_some());
        let mut clauses = Vec::new();
        for (lane, speed) in locked {
            let handovers = plural(lane.handovers.unwrap_or(0) as usize, "hand-over");
            clauses.push(format!("{speed} under one lock, with {handovers}"));
        }
        if !free.is_empty() {
            let lanes: Vec<_> = free.iter().map(|(lane, speed)| format!("{speed} on {}", lane.entrant.lane)).collect();
            let (last, others) = lanes.split_last().expect("there is one");
            let others = if others.is_empty() { String::new() } else { format!("{} and ", others.join(", ")) };
            clauses.push(format!("without a lock {others}{last}"));
        }
        if clauses.is_empty() {
            return format!("Every count of the {tasks} is right.");
        }
        format!("Compared with one after another, {tasks} ran {}; every count is right.", clauses.join(", and "))
    }

    /// Returns the start-up time, which the measured time excludes.
    fn start_up_sentence(&self) -> Option<String> {
        let seconds = self.lanes.iter().find_map(|lane| lane.start_up)?;
        let workers = plural(self.tasks, "worker process");
        Some(format!("Starting {workers} took {:.1} ms, which is not included.", 1e3 * seconds))
    }

    /// Says which interpreters cannot run a lane that others ran.
    fn left_out(&self) -> Option<String> {
        let lane = |python: &Label| self.find(&Entrant::new(Lane::PythonInterpreters, Some(&python.name)));
        let (ran, others): (Vec<_>, Vec<_>) = self.interpreters.iter().partition(|python| lane(python).is_some());
        if ran.is_empty() || others.is_empty() {
            return None;
        }
        let others: Vec<_> = others.iter().map(|python| python.name.as_str()).collect();
        let lane = Lane::PythonInterpreters;
        Some(format!("{lane} needs {}, so it has no row for {}.", lane.needs(), others.join(", ")))
    }

    /// For each interpreter, says whether it has a lock, and what its lanes gained.
    fn python_sentences(&self) -> Vec<String> {
        // If a count is wrong, the report says only that.
        let interpreters = self.interpreters.iter().filter(|_| self.verified());
        interpreters.filter_map(|python| self.python_sentence(python)).collect()
    }

    fn python_sentence(&self, python: &Label) -> Option<String> {
        self.lanes.iter().find(|lane| lane.entrant.interpreter.as_ref() == Some(&python.name))?;
        let find = |lane: Lane| self.find(&Entrant::new(lane, Some(&python.name)));
        let mut gains = Vec::new();
        for (lane, worker) in [
            (Lane::PythonThreads, "thread"),
            (Lane::PythonProcesses, "process"),
            (Lane::PythonInterpreters, "interpreter"),
        ] {
            if let Some(speedup) = find(lane).and_then(|report| report.speedup) {
                let ran = if gains.is_empty() { " ran" } else { "" };
                gains.push(format!("{}{ran} {speedup:.2} times", plural(self.tasks, worker)));
            }
        }
        let mut clauses = Vec::new();
        if !gains.is_empty() {
            clauses.push(format!("{} as fast", gains.join(", ")));
        }
        let native = self.find(&Entrant::new(Lane::Sequential, None));
        if let (Some(native), Some(sequential)) = (native, find(Lane::PythonSequential)) {
            let ratio = sequential.median() / native.median();
            let digits = usize::from(ratio < 10.0);
            clauses.push(format!("the sequential native lane is {ratio:.digits$} times as fast as python-sequential"));
        }
        let lock = if python.locked { "with its global lock" } else { "without a global lock" };
        if clauses.is_empty() {
            return Some(python.sentence());
        }
        Some(format!("{}, {lock}: {}.", python.name, clauses.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::super::measure::Sample;
    use super::*;

    fn report(lanes: &[Lane], count: u128, tasks: usize) -> Report {
        let sample = |lane: Lane| Sample {
            seconds: match lane {
                Lane::Rayon => 0.5,
                Lane::PythonSequential => 40.0,
                Lane::PythonThreads => 50.0,
                Lane::PythonProcesses => 20.0,
                Lane::PythonInterpreters => 25.0,
                _ => 1.0,
            },
            cores_used: 1.0,
            handovers: (lane == Lane::GlobalLock).then_some(38),
            start_up: (lane == Lane::Processes).then_some(0.0123),
            counts: vec![count; tasks],
        };
        let python = |lane: Lane| lane.is_python().then_some("CPython 3.14.7");
        let measured = lanes.iter().map(|&lane| (Entrant::new(lane, python(lane)), vec![sample(lane)]));
        let report = Report::new(100, NonZeroUsize::new(tasks).unwrap(), 25, measured);
        Report { interpreters: vec![label("CPython 3.14.7", true)], ..report }
    }

    fn label(name: &str, locked: bool) -> Label {
        Label { name: name.into(), locked }
    }

    #[test]
    fn the_sentence_is_made_from_the_figures() {
        assert_eq!(
            report(&[Lane::Sequential, Lane::GlobalLock, Lane::Rayon], 25, 2).sentence(),
            "Compared with one after another, 2 tasks ran 1.00 times as fast under one lock, with 38 hand-overs, \
             and without a lock 2.00 times as fast on rayon; every count is right."
        );
        let free = report(&Lane::NATIVE, 25, 2).sentence();
        let lanes = "without a lock 1.00 times as fast on scoped-threads, 2.00 times as fast on rayon and 1.00 times as fast on processes";
        assert!(free.contains(lanes), "{free}");
        assert_eq!(report(&[Lane::Rayon], 25, 1).sentence(), "Every count of the 1 task is right.");
        assert_eq!(report(&[Lane::Rayon], 24, 2).sentence(), "WRONG: rayon does not count 25 primes in every task.");
    }

    #[test]
    fn the_interpreter_has_a_sentence_of_what_was_run() {
        let sentences = |lanes: &[Lane], tasks| report(lanes, 25, tasks).python_sentences();
        assert_eq!(
            sentences(&Lane::ALL, 2),
            ["CPython 3.14.7, with its global lock: 2 threads ran 0.80 times, 2 processes 2.00 times, 2 interpreters \
              1.60 times as fast; the sequential native lane is 40 times as fast as python-sequential."]
        );
        let without_threads = [Lane::PythonSequential, Lane::PythonProcesses];
        let sentence = "CPython 3.14.7, with its global lock: 1 process ran 2.00 times as fast.";
        assert_eq!(sentences(&without_threads, 1), [sentence]);
        assert_eq!(sentences(&[Lane::PythonThreads, Lane::Sequential], 2), ["CPython 3.14.7 has a global lock."]);
        assert!(sentences(&Lane::NATIVE, 2).is_empty());
        assert!(report(&Lane::ALL, 24, 2).python_sentences().is_empty(), "of a wrong count there is one thing to say");
        assert_eq!(report(&Lane::ALL, 25, 2).sentence(), report(&Lane::NATIVE, 25, 2).sentence());
    }

    #[test]
    fn each_interpreter_has_rows_and_a_sentence_of_its_own() {
        let mut several = report(&[Lane::PythonSequential, Lane::PythonThreads, Lane::PythonInterpreters], 25, 2);
        assert!(!several.to_string().contains(" interpreter "), "with only one, the column says nothing new");
        several.interpreters.push(label("CPython 3.13.1 (free-threaded)", false));
        for (lane, seconds) in [(Lane::PythonSequential, 44.0), (Lane::PythonThreads, 22.0)] {
            let entrant = Entrant::new(lane, Some("CPython 3.13.1 (free-threaded)"));
            let speedup = Some(44.0 / seconds);
            several.lanes.push(LaneReport { entrant, seconds: vec![seconds], speedup, ..several.lanes[0].clone() });
        }
        let text = several.to_string();
        let last: Vec<_> = text.lines().rev().take(3).collect();
        assert_eq!(
            last,
            [
                "CPython 3.13.1 (free-threaded), without a global lock: 2 threads ran 2.00 times as fast.",
                "CPython 3.14.7, with its global lock: 2 threads ran 0.80 times, 2 interpreters 1.60 times as fast.",
                "python-interpreters needs Python 3.14 or newer, so it has no row for CPython 3.13.1 (free-threaded).",
            ],
            "{text}"
        );
        let row = |lane: &str, interpreter: &str| {
            text.lines().any(|line| {
                line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).take(2).eq([lane, interpreter])
            })
        };
        assert!(row("lane", "interpreter") && row("python-threads", "CPython 3.14.7"), "{text}");
        assert!(row("python-threads", "CPython 3.13.1 (free-threaded)"), "{text}");
    }

    #[test]
    fn a_start_up_is_stated_apart() {
        let said = |lane| report(&[lane], 25, 2).start_up_sentence();
        assert_eq!(said(Lane::Rayon), None);
        let sentence = "Starting 2 worker processes took 12.3 ms, which is not included.";
        assert_eq!(said(Lane::Processes).as_deref(), Some(sentence));
    }

    #[test]
    fn each_count_has_its_tick() {
        let right = report(&[Lane::Rayon], 25, 2);
        assert_eq!(right.counts(&right.lanes[0]), "25 ✓  25 ✓");
        let many = report(&[Lane::Rayon], 25, 5);
        assert_eq!(many.counts(&many.lanes[0]), "25 ✓ each of 5");
        let wrong = report(&[Lane::Rayon], 24, 5);
        assert_eq!(wrong.counts(&wrong.lanes[0]), "24 ✗  24 ✗  24 ✗  24 ✗  24 ✗");
    }
}
