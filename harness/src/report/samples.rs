//! The data of the report as files to download.

use std::fmt::Write;

use super::data::{Data, Measured, Source};
use crate::statistics::Estimate;
use crate::text::plural;

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
    counts(data).chain(sharing(data)).chain(waiting(data)).chain(simulated(data))
}

/// Counts of primes: the median, the seconds of each round, and the speed-up.
fn counts(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let counted = std::iter::once(&data.native).chain(&data.python).flat_map(|counts| {
        let place = counts.interpreter.map_or("native code", |index| &data.interpreters[index].name);
        counts.ways.iter().flat_map(move |way| {
            count("count", place, way.way.name(), way.median, &way.seconds, way.speedup, way.start_up_ms)
        })
    });
    let raced = data.race.lanes.iter().flat_map(|lane| {
        count("race", "native code", &lane.name, lane.median.value, &lane.seconds, lane.speedup, None)
    });
    counted.chain(raced)
}

fn count<'a>(
    experiment: &'static str,
    measured_in: &'a str,
    case: &'a str,
    median: f64,
    seconds: &'a [f64],
    speedup: Option<Estimate>,
    start_up_ms: Option<f64>,
) -> impl Iterator<Item = Sample<'a>> {
    let sample =
        move |figure, round, value| Sample { experiment, measured_in, case: case.to_owned(), figure, round, value };
    let interval = speedup.and_then(|speedup| speedup.interval);
    let whole = [
        Some(("seconds", median)),
        speedup.map(|speedup| ("speedup", speedup.value)),
        interval.map(|(low, _)| ("speedup_low", low)),
        interval.map(|(_, high)| ("speedup_high", high)),
        start_up_ms.map(|start_up| ("start_up_ms", start_up)),
    ];
    let whole = whole.into_iter().flatten().map(move |(figure, value)| sample(figure, None, value));
    let rounds = seconds.iter().enumerate();
    whole.chain(rounds.map(move |(round, &value)| sample("seconds", Some(round), value)))
}

/// A figure of all rounds together, and those of each round.
fn samples<'a>(
    data: &'a Data,
    experiment: &'static str,
    source: Source,
    case: String,
    (figure, measured): (&'static str, Option<&'a Measured>),
) -> impl Iterator<Item = Sample<'a>> {
    let rounds = measured.into_iter().flat_map(|measured| measured.rounds.iter().enumerate());
    let rounds = rounds.map(|(round, &value)| (Some(round), value));
    let all = measured.map(|measured| (None, measured.value));
    all.into_iter().chain(rounds).filter(|(_, value)| value.is_finite()).map(move |(round, value)| Sample {
        experiment,
        measured_in: data.name_of(source),
        case: case.clone(),
        figure,
        round,
        value,
    })
}

/// Threads that share the lock.
fn sharing(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let slices = data.slices.iter().flat_map(move |row| {
        let case = format!("{}{}", plural(row.threads, "thread"), interval(row.interval_ms));
        let slice = row.slice_ms.as_ref();
        let figures = [
            ("slice_ms", slice.map(|slice| &slice.median)),
            ("slice_p90_ms", slice.map(|slice| &slice.p90)),
            ("switches_per_second", row.switches_per_second.as_ref()),
            ("throughput", Some(&row.throughput)),
        ];
        figures.map(|figure| samples(data, "compute", row.source, case.clone(), figure))
    });
    let integrity = data.integrity.iter().flat_map(move |row| {
        let case = format!("{}, {}", plural(row.threads, "thread"), row.protection);
        let figures = [("lost_percent", Some(&row.lost_percent)), ("nanoseconds", Some(&row.nanoseconds))];
        figures.map(|figure| samples(data, "add", row.source, case.clone(), figure))
    });
    let additions = data.integrity.iter().flat_map(move |row| {
        [("expected", row.expected), ("lost", row.lost)].map(|(figure, count)| Sample {
            experiment: "add",
            measured_in: data.name_of(row.source),
            case: format!("{}, {}", plural(row.threads, "thread"), row.protection),
            figure,
            round: None,
            value: count as f64,
        })
    });
    slices.chain(integrity).flatten().chain(additions)
}

/// Threads that wait for the lock, or for something outside.
fn waiting(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    let delays = data.delays.iter().flat_map(move |row| {
        let case = format!("beside {}{}", plural(row.beside, "computing thread"), interval(row.interval_ms));
        let late = row.late_ms.as_ref();
        let figures = [("delay_ms", late.map(|late| &late.median)), ("delay_p90_ms", late.map(|late| &late.p90))];
        figures.map(|figure| samples(data, "convoy", row.source, case.clone(), figure))
    });
    let stalls = data.stalls.iter().map(move |row| {
        let mode = if row.attached { "attached" } else { "detached" };
        let collects = if row.collects { ", collecting garbage" } else { "" };
        let case = format!("a call of {} ms, {mode}{collects}", row.call_ms);
        samples(data, "stall", row.source, case, ("longest_ms", Some(&row.longest_ms)))
    });
    let waits = data.waits.iter().flat_map(move |row| {
        let figures = [("milliseconds", Some(&row.milliseconds)), ("p90_ms", row.p90.as_ref())];
        figures.map(|figure| samples(data, "wait", row.source, row.what.to_string(), figure))
    });
    delays.chain(stalls).chain(waits).flatten()
}

fn simulated(data: &Data) -> impl Iterator<Item = Sample<'_>> {
    data.what_if.iter().flat_map(move |case| {
        let delay = case.delay_ms.as_ref();
        let figures = [
            ("throughput", Some(&case.throughput)),
            ("delay_ms", delay.map(|delay| &delay.median)),
            ("delay_p90_ms", delay.map(|delay| &delay.p90)),
        ];
        figures
            .into_iter()
            .flat_map(move |figure| samples(data, "what if", Source::VirtualTime, case.to_string(), figure))
    })
}
