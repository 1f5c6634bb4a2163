//! The sentences of the page that are made from figures. Each is true whatever the figures are.

mod cost;
mod count;
mod lock;
#[cfg(test)]
mod tests;

use super::data::{Case, Counts, Data, Integrity, Interpreter, LockRules, Source, Way};
use super::figures::{estimate, milliseconds, percent, ratio, whole_percent};
use super::what_if;
use crate::text::plural;

pub(super) use self::cost::{convoy, stalls, waits};
pub(super) use self::count::counts;
use self::count::ways;
pub(super) use self::lock::{integrity, slices};

/// The most important figures.
pub(super) fn summary(data: &Data) -> Vec<String> {
    let mut sentences: Vec<String> = std::iter::once(&data.native)
        .filter(|_| data.python.is_empty())
        .chain(&data.python)
        .filter_map(|counts| ways(data, counts))
        .collect();
    let is_unlocked = |row: &&Integrity| row.source == Source::OurLock && row.protection == "no lock";
    let lost = data.integrity.iter().filter(is_unlocked).find(|row| row.threads > 1);
    if let Some(row) = lost.filter(|row| row.lost > 0) {
        let (threads, lost) = (several(row.threads, "thread"), percent(row.lost_percent.value));
        sentences.push(format!(
            "In native code without a lock, {threads} that added to one counter lost {lost} of their additions."
        ));
    }
    let mut locked = sources(data).filter(|source| data.is_locked(*source));
    sentences.extend(locked.find_map(|source| cost::convoy_in_short(data, source)));
    sentences.extend(sources(data).find_map(|source| cost::stall_in_short(data, source)));
    sentences.extend(divided(data));
    sentences
}

/// What it is worth to divide one count among several workers.
fn divided(data: &Data) -> Option<String> {
    let several = data.race.lanes.iter().filter(|lane| lane.workers > 1 && lane.backend != "global-lock");
    let speedups = several.filter_map(|lane| Some((lane.workers, lane.speedup?)));
    let (workers, best) = speedups.max_by(|(_, one), (_, other)| one.value.total_cmp(&other.value))?;
    let times = estimate(best);
    Some(format!(
        "One native count that was divided among {workers} workers ran {times} times as fast as on the fastest single worker."
    ))
}

/// What figures were measured in, the interpreters first.
fn sources(data: &Data) -> impl Iterator<Item = Source> {
    (0..data.interpreters.len()).map(Source::Python).chain([Source::OurLock])
}

/// Counts that are wrong.
pub(super) fn wrong(data: &Data) -> Vec<String> {
    let mut wrong = Vec::new();
    for counts in std::iter::once(&data.native).chain(&data.python) {
        let place = count::place(data, counts);
        let names = counts.ways.iter().filter(|way| !way.verified).map(|way| way.way.name());
        wrong.extend(
            names.map(|way| format!("WRONG: in {place}, the way '{way}' does not count the right number of primes.")),
        );
    }
    if !data.race.verified {
        wrong.push(data.race.summary.clone());
    }
    wrong
}

/// What the interpreters are.
pub(super) fn pythons(data: &Data) -> String {
    if data.interpreters.is_empty() {
        return "No Python.".to_owned();
    }
    let name = |interpreter: &Interpreter| {
        let without =
            if interpreter.locked || interpreter.name.contains("free-threaded") { "" } else { " without a lock" };
        format!("{}{without}", interpreter.name)
    };
    format!("{}.", listed(&data.interpreters.iter().map(name).collect::<Vec<_>>()))
}

/// What the race showed.
pub(super) fn race(data: &Data) -> Vec<String> {
    let mut sentences = vec![data.race.summary.clone()];
    let most = data.race.lanes.iter().map(|lane| lane.workers).max().unwrap_or(1);
    let of = |backend| data.race.lanes.iter().find(|lane| lane.backend == backend && lane.workers == most)?.speedup;
    if let Some(locked) = of("global-lock").filter(|_| most > 1) {
        sentences.push(format!(
            "Under our lock, {most} workers together were {} times as fast as the fastest single worker.",
            estimate(locked)
        ));
    }
    if data.about.cores == 1 {
        sentences.push(one_core().to_owned());
    }
    sentences
}

fn one_core() -> &'static str {
    "This program may use only one core, so nothing that computes can gain from a second worker here. Differences are noise \
     or overhead."
}

/// What the simulation expects of two threads on this machine under other rules.
pub(super) fn simulated(data: &Data, rules: LockRules) -> Option<f64> {
    let cores = simulated_cores(data);
    let is_it = |case: &&Case| case.rules == rules && case.threads == 2 && case.cores == cores;
    data.what_if.iter().find(is_it).map(|case| case.throughput.value)
}

/// What the table of the ways out does not say.
pub(super) fn ways_out(data: &Data) -> Vec<String> {
    let interpreters = data.python.iter().any(|counts| counts.speedup(Way::Interpreters).is_some());
    let is_unlocked = |counts: &Counts| counts.interpreter.is_some_and(|place| !data.interpreters[place].locked);
    let unlocked = data.python.iter().any(|counts| is_unlocked(counts) && counts.speedup(Way::Threads).is_some());
    let mut sentences = Vec::new();
    if !(interpreters && unlocked) {
        let overhead = if unlocked { String::new() } else { format!(" {}.", overhead(data)) };
        let cores = plural(simulated_cores(data), "core");
        sentences.push(format!(
            "A simulated figure is the work of two computing threads, relative to the work of one in the same time, on {cores}.{overhead}"
        ));
    }
    if data.about.cores == 1 {
        sentences.push(one_core().to_owned());
    }
    sentences
}

/// How much longer a thread without a lock takes in the simulation.
pub(super) fn overhead(data: &Data) -> String {
    let known = if data.overhead.measured { "as measured in two interpreters of one version" } else { "by assumption" };
    format!("Without a lock, each thread takes {}, {known}", longer(data))
}

/// Such as `10 % longer`.
pub(super) fn longer(data: &Data) -> String {
    let percent = data.overhead.percent;
    format!("{} {}", whole_percent(percent.abs()), if percent < 0.0 { "less time" } else { "longer" })
}

/// The number of cores of the simulated machine that is most like this one.
pub(super) fn simulated_cores(data: &Data) -> usize {
    what_if::CORES.into_iter().filter(|&cores| cores <= data.about.cores).max().unwrap_or(1)
}

/// What one simulated case shows.
pub(super) fn case(case: &Case) -> String {
    let threads = plural(case.threads, "computing thread");
    let delay = case.delay_ms.as_ref().map_or_else(
        || "The sleeper never ran in this time.".to_owned(),
        |delay| {
            format!(
                "After each sleep, the sleeper went on {} late (median; p90 {}).",
                milliseconds(delay.median.value),
                milliseconds(delay.p90.value)
            )
        },
    );
    let free = if case.rules == LockRules::NoLock {
        " Without a lock, \u{201c}has the lock\u{201d} means that a thread may run."
    } else {
        ""
    };
    format!(
        "{}: the work of {threads} was {} times that of one thread that has a core and the lock to itself. {delay}{free}",
        capitalised(&case.to_string()),
        ratio(case.throughput.value)
    )
}

/// `a`, `a and b`, or `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// A small number of things in words, such as `two threads`.
fn several(count: usize, thing: &str) -> String {
    let things = plural(count, thing);
    match count {
        1..=4 => format!("{}{}", ["one", "two", "three", "four"][count - 1], &things[1..]),
        _ => things,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
