//! The data of the report as files to download.

use std::fmt::Write;

use super::data::{Case, Data, Source};

/// One figure. Those of all rounds together have no round.
struct Sample<'a> {
    experiment: &'static str,
    measured_in: &'a str,
    case: String,
    figure: &'static str,
    round: Option<usize>,
    value: f64,
}

/// The data as one JSON object.
pub(super) fn json(data: &Data) -> String {
    serde_json::to_string(data).expect("the data has only names for keys")
}

/// A header and a line for each figure, in CSV.
pub(super) fn csv(data: &Data) -> String {
    let mut csv = "experiment,measured_in,case,figure,round,value\n".to_owned();
    for Sample { experiment, measured_in, case, figure, round, value } in all(data) {
        let round = round.map_or_else(String::new, |round| round.to_string());
        let (measured_in, case) = (quoted(measured_in), quoted(&case));
        writeln!(csv, "{experiment},{measured_in},{case},{figure},{round},{value}")
            .expect("writing to a string does not fail");
    }
    csv
}

/// What a case says of its switch interval, if it has one.
fn interval(milliseconds: Option<f64>) -> String {
    milliseconds.map(|interval| format!(", interval {interval} ms")).unwrap_or_default()
}

/// A field of CSV, in quotes.
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

fn all(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    rounds(data).chain(sharing(data)).chain(waiting(data)).chain(simulated(data))
}

/// The seconds of each round.
fn rounds(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let counted = std::iter::once(&data.native).chain(&data.python).flat_map(|counts| {
        let place = counts.interpreter.map_or("native code", |index| &data.interpreters[index].name);
        counts.ways.iter().map(move |way| ("count", place, way.way.name().to_owned(), &way.seconds))
    });
    let raced = data.race.lanes.iter().map(|lane| ("race", "native code", lane.name.clone(), &lane.seconds));
    counted.chain(raced).flat_map(|(experiment, measured_in, case, seconds)| {
        seconds.iter().enumerate().map(move |(round, &value)| {
            let (case, round) = (case.clone(), Some(round));
            Sample { experiment, measured_in, case, figure: "seconds", round, value }
        })
    })
}

/// A figure of all rounds together, if there is one.
fn sample<'a>(
    data: &'a Data,
    experiment: &'static str,
    source: Source,
    case: String,
    (figure, value): (&'static str, Option<f64>),
) -> Option<Sample<'a>> {
    let value = value.filter(|value| value.is_finite())?;
    Some(Sample { experiment, measured_in: data.name_of(source), case, figure, round: None, value })
}

/// Threads that share the lock.
fn sharing(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let slices = data.slices.iter().flat_map(move |row| {
        let case = format!("{} threads{}", row.threads, interval(row.interval_ms));
        let figures = [
            ("slice_ms", row.slice_ms.map(|slice| slice.0)),
            ("slice_p90_ms", row.slice_ms.map(|slice| slice.1)),
            ("switches_per_second", row.switches_per_second),
            ("throughput", Some(row.throughput)),
        ];
        figures.map(|figure| sample(data, "compute", row.source, case.clone(), figure))
    });
    let integrity = data.integrity.iter().flat_map(move |row| {
        let case = format!("{} threads, {}", row.threads, row.protection);
        let figures = [
            ("expected", Some(row.expected as f64)),
            ("lost", Some(row.lost as f64)),
            ("nanoseconds", Some(row.nanoseconds)),
        ];
        figures.map(|figure| sample(data, "add", row.source, case.clone(), figure))
    });
    slices.chain(integrity).flatten()
}

/// Threads that wait for the lock, or for something outside.
fn waiting(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let delays = data.delays.iter().flat_map(move |row| {
        let case = format!("beside {} computing threads{}", row.beside, interval(row.interval_ms));
        let figures =
            [("delay_ms", row.late_ms.map(|delay| delay.0)), ("delay_p90_ms", row.late_ms.map(|delay| delay.1))];
        figures.map(|figure| sample(data, "convoy", row.source, case.clone(), figure))
    });
    let stalls = data.stalls.iter().map(move |row| {
        let mode = if row.attached { "attached" } else { "detached" };
        let collects = if row.collects { ", collecting garbage" } else { "" };
        let case = format!("a call of {} ms, {mode}{collects}", row.call_ms);
        sample(data, "stall", row.source, case, ("longest_ms", Some(row.longest_ms)))
    });
    let waits = data.waits.iter().flat_map(move |row| {
        let figures = [("milliseconds", Some(row.milliseconds)), ("p90_ms", row.p90)];
        figures.map(|figure| sample(data, "wait", row.source, row.what.to_string(), figure))
    });
    delays.chain(stalls).chain(waits).flatten()
}

fn simulated(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let figures = |case: &Case| {
        [
            ("throughput", Some(case.throughput)),
            ("delay_ms", case.delay_ms.map(|delay| delay.0)),
            ("delay_p90_ms", case.delay_ms.map(|delay| delay.1)),
        ]
    };
    data.what_if.iter().flat_map(move |case| {
        figures(case)
            .into_iter()
            .filter_map(move |figure| sample(data, "what if", Source::VirtualTime, case.to_string(), figure))
    })
}
