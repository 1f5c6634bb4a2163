//! What the counts showed.

use super::super::data::{Counts, Data, Way};
use super::super::figures::{estimate, number};
use super::{listed, one_core, several};
use crate::statistics::Estimate;

/// Within this distance, two speeds are about the same.
const ABOUT: f64 = 0.1;

/// A paragraph for each interpreter, and one for native code.
pub(in super::super) fn counts(data: &Data) -> Vec<String> {
    let mut sentences: Vec<String> =
        data.python.iter().chain([&data.native]).filter_map(|counts| paragraph(data, counts)).collect();
    let starts = data.native.of(Way::Processes).and_then(|way| way.start_up_ms);
    sentences.extend(starts.map(|start| {
        let workers = several(data.native.tasks, "native worker process");
        format!("Starting {workers} took {} ms, which is not included.", number(start))
    }));
    if data.about.cores == 1 {
        sentences.push(one_core().to_owned());
    }
    sentences
}

fn paragraph(data: &Data, counts: &Counts) -> Option<String> {
    let compared = ways(data, counts)?;
    let (threads, gained) = match counts.interpreter {
        Some(index) if data.interpreters[index].locked => (Way::Threads, "The second thread"),
        Some(_) => (Way::Threads, "This Python has no lock, and the second thread"),
        None => (Way::LockedThreads, "Under our lock, the second thread"),
    };
    let gain = counts.speedup(threads).map(|speedup| format!(" {gained} {}.", gain(speedup)));
    let unclear = counts.speedup(Way::Processes).is_some_and(may_be_none);
    let processes = if unclear { " Whether two processes are faster is not clear from these runs." } else { "" };
    Some(compared + &gain.unwrap_or_default() + processes)
}

/// Compares the ways to run two counts: `In CPython 3.11.7, two threads ran 0.96 times and two processes 1.99 times as
/// fast as one count after the other.` `None` if there is nothing to compare.
pub(in super::super) fn ways(data: &Data, counts: &Counts) -> Option<String> {
    let threads = if counts.interpreter.is_some() { "two threads" } else { "two threads without a lock" };
    let who = [
        (Way::LockedThreads, "two threads under our lock"),
        (Way::Threads, threads),
        (Way::Processes, "two processes"),
        (Way::Interpreters, "two interpreters"),
    ];
    let ran = who.into_iter().filter_map(|(way, who)| Some((who, estimate(counts.speedup(way)?))));
    let clause = |(place, (who, times)): (usize, (&str, String))| {
        let ran = if place == 0 { " ran" } else { "" };
        format!("{who}{ran} {times} times")
    };
    let clauses: Vec<_> = ran.enumerate().map(clause).collect();
    let compared =
        format!("In {}, {} as fast as the same counts one after the other.", place(data, counts), listed(&clauses));
    (!clauses.is_empty()).then_some(compared)
}

/// What ran the counts.
pub(super) fn place<'a>(data: &'a Data, counts: &Counts) -> &'a str {
    counts.interpreter.map_or("native code", |index| &data.interpreters[index].name)
}

/// Whether a difference may be chance.
fn may_be_none(speedup: Estimate) -> bool {
    speedup.interval.is_some_and(|(low, high)| low <= 1.0 && 1.0 <= high)
}

/// What a second thread did to the time of two counts.
fn gain(speedup: Estimate) -> &'static str {
    let is_small = (speedup.value - 1.0).abs() < ABOUT;
    match (is_small, speedup.interval.is_some() && !may_be_none(speedup), speedup.value > 1.0) {
        (true, false, _) => "gained little or nothing",
        (true, true, true) => "made the counts a little faster",
        (true, true, false) => "made the counts a little slower",
        (false, ..) if may_be_none(speedup) => "made no clear difference",
        (false, _, true) => "made the counts faster",
        (false, _, false) => "made the counts slower",
    }
}
