//! The data of the report as files to download.

use std::fmt::Write;

use super::data::{Data, Source};

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
    rounds(data).chain(on_the_lock(data)).chain(simulated(data))
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

fn on_the_lock(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let sample = |experiment, source: Source, case: String, figure, value: Option<f64>| {
        let measured_in = data.name_of(source);
        let known = value.filter(|value| value.is_finite());
        known.map(|value| Sample { experiment, measured_in, case, figure, round: None, value })
    };
    let slices = data.slices.iter().flat_map(move |row| {
        let case = || format!("{} threads{}", row.threads, interval(row.interval_ms));
        [
            sample("compute", row.source, case(), "slice_ms", row.slice_ms.map(|slice| slice.0)),
            sample("compute", row.source, case(), "slice_p90_ms", row.slice_ms.map(|slice| slice.1)),
            sample("compute", row.source, case(), "switches_per_second", row.switches_per_second),
            sample("compute", row.source, case(), "throughput", Some(row.throughput)),
        ]
    });
    let integrity = data.integrity.iter().flat_map(move |row| {
        let case = || format!("{} threads, {}", row.threads, row.protection);
        [
            sample("add", row.source, case(), "expected", Some(row.expected as f64)),
            sample("add", row.source, case(), "lost", Some(row.lost as f64)),
            sample("add", row.source, case(), "nanoseconds", Some(row.nanoseconds)),
        ]
    });
    let delays = data.delays.iter().flat_map(move |row| {
        let case = || format!("beside {} computing threads{}", row.beside, interval(row.interval_ms));
        [
            sample("convoy", row.source, case(), "delay_ms", row.late_ms.map(|delay| delay.0)),
            sample("convoy", row.source, case(), "delay_p90_ms", row.late_ms.map(|delay| delay.1)),
        ]
    });
    let stalls = data.stalls.iter().map(move |row| {
        let mode = if row.attached { "attached" } else { "detached" };
        let collects = if row.collects { ", collecting garbage" } else { "" };
        let case = format!("a call of {} ms, {mode}{collects}", row.call_ms);
        sample("stall", row.source, case, "longest_ms", Some(row.longest_ms))
    });
    let waits = data.waits.iter().flat_map(move |row| {
        [
            sample("wait", row.source, row.what.to_string(), "milliseconds", Some(row.milliseconds)),
            sample("wait", row.source, row.what.to_string(), "p90_ms", row.p90),
        ]
    });
    slices.chain(integrity).chain(delays).chain(stalls).chain(waits).flatten()
}

fn simulated(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    data.what_if.iter().flat_map(|case| {
        let sample = |figure, value: Option<f64>| {
            let (experiment, measured_in) = ("what if", data.name_of(Source::VirtualTime));
            value.map(|value| Sample { experiment, measured_in, case: case.to_string(), figure, round: None, value })
        };
        [
            sample("throughput", Some(case.throughput)),
            sample("delay_ms", case.delay_ms.map(|delay| delay.0)),
            sample("delay_p90_ms", case.delay_ms.map(|delay| delay.1)),
        ]
        .into_iter()
        .flatten()
    })
}
