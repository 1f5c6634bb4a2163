//! The sections on the counts, on threads under the lock, on integrity, on the ways out, and on the race.

use std::time::Duration;

use super::super::data::{Counts, Data, LockRules, Source, Way, WayFigures};
use super::super::figures::{NONE, estimate, grouped, milliseconds, number, percent, range, ratio, seconds};
use super::super::words;
use super::parts::{Bars, Cell, Figure, Length, Table};
use super::{Race, Section, WaysOut};
use crate::gil::timeline::timeline_on_a_page;
use crate::statistics::Estimate;

/// The length of the timeline of two computing threads.
const WINDOW: Duration = Duration::from_millis(60);

pub(super) fn count(data: &Data) -> Section {
    let figures = data.python.iter().chain([&data.native]).map(|counts| count_figure(data, counts)).collect();
    Section { figures, sentences: words::counts(data) }
}

fn count_figure(data: &Data, counts: &Counts) -> Figure {
    let (id, place) = match counts.interpreter {
        Some(index) => (format!("count-python-{index}"), data.interpreters[index].name.as_str()),
        None => ("count-native".to_owned(), "native code"),
    };
    let locked = counts.interpreter.is_none_or(|index| data.interpreters[index].locked);
    let name = |way: Way| way_name(way, counts.interpreter.is_some());
    let title = format!("Time to count the primes up to {} twice, in {place}", grouped(counts.limit));
    let bar = |way: &WayFigures| Length {
        name: name(way.way).to_owned(),
        text: seconds(way.median),
        class: match way.way {
            Way::Sequential => "plain",
            Way::LockedThreads => "locked",
            Way::Threads if counts.interpreter.is_some() && locked => "locked",
            Way::Threads | Way::Processes | Way::Interpreters => "free",
        },
        value: way.median,
        range: Some(way.range),
    };
    let row = |way: &WayFigures| {
        let speedup = way.speedup.map_or_else(|| Cell::text(NONE), ratio_cell);
        let mark = if way.verified { "right" } else { "WRONG" };
        vec![
            Cell::text(name(way.way)),
            Cell::figures(seconds(way.median), [way.median]),
            Cell::figures(range(way.range), [way.range.0, way.range.1]),
            speedup,
            Cell::text(mark),
        ]
    };
    let table = Table::new(
        title.clone(),
        &["", "median", "min .. max", "speed-up (95 % interval)", "counts"],
        counts.ways.iter().map(row).collect(),
    );
    let bars = Bars::new(&format!("{title}; shorter is better"), counts.ways.iter().map(bar).collect());
    Figure {
        id,
        caption: format!(
            "{title}. Shorter is better. Orange: the threads share a lock. The line across each bar is the range of all rounds."
        ),
        svg: bars.to_string(),
        label: None,
        wide: false,
        table: Some(table),
        title,
    }
}

fn way_name(way: Way, python: bool) -> &'static str {
    match way {
        Way::Sequential => "one count after the other",
        Way::LockedThreads => "two threads, our lock",
        Way::Threads if python => "two threads",
        Way::Threads => "two threads, no lock",
        Way::Processes => "two processes",
        Way::Interpreters => "two interpreters",
    }
}

fn ratio_cell(speedup: Estimate) -> Cell {
    let ends = speedup.interval.map(|(low, high)| [low, high]);
    Cell::figures(estimate(speedup), [speedup.value].into_iter().chain(ends.into_iter().flatten()))
}

pub(super) fn threads(data: &Data) -> Section {
    let title = "Two threads that compute, under the lock";
    let rows = data.slices.iter().map(|row| {
        let slice = row.slice_ms.map_or_else(
            || Cell::text(NONE),
            |(median, p90)| Cell::figures(format!("{} ({})", milliseconds(median), milliseconds(p90)), [median, p90]),
        );
        vec![
            Cell::text(data.name_of(row.source)),
            slice,
            row.switches_per_second.map_or_else(|| Cell::text(NONE), |rate| Cell::figures(number(rate), [rate])),
            Cell::figures(format!("{} x", ratio(row.throughput)), [row.throughput]),
        ]
    });
    let head = ["", "time slice, median (p90)", "switches per second", "work of both, relative to one thread"];
    let figure = Figure {
        id: "threads-timeline".to_owned(),
        title: title.to_owned(),
        svg: timeline_on_a_page(data.pictures.slices.as_slice(), Some(Duration::ZERO..WINDOW)),
        label: None,
        wide: true,
        caption: "Two threads under our lock, recorded on this machine. Blue: the thread has the lock and computes. Hatched: \
                  it waits. A dot is a request for the lock, and the arrow from it leads to the switch that followed."
            .to_owned(),
        table: Some(Table::new(title, &head, rows.collect())),
    };
    Section { figures: vec![figure], sentences: words::slices(data) }
}

pub(super) fn integrity(data: &Data) -> Section {
    let several = || data.integrity.iter().filter(|row| row.threads > 1);
    let name = |source: Source, protection: &str| match source {
        Source::Python(_) => data.name_of(source).to_owned(),
        _ if protection == "global lock" => "our lock".to_owned(),
        _ => protection.to_owned(),
    };
    let title = "Additions that were lost, when two threads add to one counter";
    let bar = |row: &super::super::data::Integrity| Length {
        name: name(row.source, &row.protection),
        text: percent(row.lost_percent),
        class: "plain",
        value: row.lost_percent,
        range: None,
    };
    let rows = data.integrity.iter().map(|row| {
        vec![
            Cell::text(name(row.source, &row.protection)),
            Cell::figures(row.threads.to_string(), [row.threads as f64]),
            Cell::figures(grouped(row.expected), [row.expected as f64]),
            Cell::figures(
                format!("{} ({})", grouped(row.lost), percent(row.lost_percent)),
                [row.lost as f64, row.lost_percent],
            ),
            Cell::figures(format!("{} ns", number(row.nanoseconds)), [row.nanoseconds]),
        ]
    });
    let head = ["", "threads", "additions", "lost", "time per addition"];
    let figure = Figure {
        id: "integrity-bars".to_owned(),
        title: title.to_owned(),
        svg: Bars::new(title, several().map(bar).collect()).to_string(),
        label: None,
        wide: false,
        caption: format!(
            "{title}. The time per addition is the time of the run divided by the additions of all threads."
        ),
        table: Some(Table::new("Threads that add to one counter", &head, rows.collect())),
    };
    Section { figures: vec![figure], sentences: words::integrity(data) }
}

pub(super) fn race(data: &Data) -> Race {
    let rows = data.race.lanes.iter().map(|lane| {
        let median = lane.median;
        let time = match median.interval {
            Some(ends) => {
                Cell::figures(format!("{} ({})", seconds(median.value), range(ends)), [median.value, ends.0, ends.1])
            }
            None => Cell::figures(seconds(median.value), [median.value]),
        };
        vec![Cell::text(lane.name.clone()), time, lane.speedup.map_or_else(|| Cell::text(NONE), ratio_cell)]
    });
    let title = format!("The race: the primes up to {} on every lane", grouped(data.race.stop));
    let head = ["lane", "median (95 % interval)", "speed-up over the best single worker"];
    let figure = Figure {
        id: "race-picture".to_owned(),
        svg: data.pictures.race.clone(),
        label: Some(format!(
            "Above, the speed-up of each kind of worker by their number, with the ideal line. Below, the time of every run \
             of each lane. {}",
            data.race.summary
        )),
        wide: true,
        caption: format!(
            "The primes up to {}, by {}. Above: the speed-up over the best single worker, with 95 % intervals; the dashed line is \
             the ideal. Below: each dot is the time of one run.",
            grouped(data.race.stop),
            data.race.algorithm
        ),
        table: Some(Table::new(title.clone(), &head, rows.collect())),
        title,
    };
    Race { figure, sentences: words::race(data) }
}

pub(super) fn ways_out(data: &Data) -> WaysOut {
    let native = |way, name: &str| data.native.speedup(way).map(|speedup| (name.to_owned(), speedup));
    let python = |way: Way, locked: Option<bool>| {
        let counts = data.python.iter().filter_map(move |counts| {
            let interpreter = &data.interpreters[counts.interpreter?];
            let is_meant = locked.is_none_or(|locked| interpreter.locked == locked);
            Some((interpreter.name.clone(), counts.speedup(way).filter(|_| is_meant)?))
        });
        counts.collect::<Vec<_>>()
    };
    let simulated = |rules| {
        let throughput = words::simulated(data, rules).map(|value| Estimate { value, interval: None });
        throughput.map(|speedup| ("simulated".to_owned(), speedup))
    };
    let measured_or = |measured: Vec<(String, Estimate)>, simulated: Option<(String, Estimate)>| {
        if measured.is_empty() { simulated.into_iter().collect() } else { measured }
    };
    let with = |mut measured: Vec<_>, other: Option<_>| {
        measured.extend(other);
        measured
    };
    let speedups = [
        with(python(Way::Threads, Some(true)), native(Way::LockedThreads, "our lock")),
        with(python(Way::Processes, None), native(Way::Processes, "native code")),
        with(Vec::new(), native(Way::Threads, "native code")),
        measured_or(python(Way::Interpreters, None), simulated(LockRules::LockEach)),
        measured_or(python(Way::Threads, Some(false)), simulated(LockRules::NoLock)),
    ];
    let rows = WAYS.iter().zip(speedups).map(|(texts, speedups)| {
        let [way, use_for, example, price] = texts.map(Cell::text);
        vec![way, use_for, example, speedups_cell(&speedups), price]
    });
    let head = [
        "way out",
        "choose it if the program",
        "for example",
        "two tasks, relative to one after the other",
        "what it costs",
    ];
    let table = Table { class: Some("ways"), ..Table::new("Which way out?", &head, rows.collect()) };
    WaysOut { table, sentences: words::ways_out(data) }
}

/// The way, its use, an example, and its price.
const WAYS: [[&str; 4]; 5] = [
    [
        "threads under the lock",
        "mostly waits",
        "a program that downloads many pages",
        "Threads that compute take turns, and delay threads that only wait.",
    ],
    [
        "processes",
        "computes in Python, in pieces of a millisecond or more, with little data in and out",
        "a filter that goes through thousands of photos in Python code",
        "Each process takes memory and time to start. All data is copied.",
    ],
    [
        "an extension that releases the lock",
        "spends its time in native code that touches no Python object",
        "checksums of large files, or large NumPy arrays",
        "The native code must exist, or somebody has to write it. It must release the lock.",
    ],
    [
        "several interpreters (Python 3.14 and later)",
        "computes in Python, shares nothing, and does not justify processes",
        "a server that runs independent Python tasks in one process",
        "Many extensions cannot be imported in them yet. Data is copied.",
    ],
    [
        "no lock: free-threaded Python (3.13t and later)",
        "computes in Python, in threads that share data",
        "a simulation that works on one large structure in memory",
        "One thread alone is somewhat slower. Extensions must support it. Races between threads show up more often.",
    ],
];

/// A line for each interpreter.
fn speedups_cell(speedups: &[(String, Estimate)]) -> Cell {
    if speedups.is_empty() {
        return Cell::text("not measured");
    }
    let lines: Vec<_> = speedups.iter().map(|(name, speedup)| format!("{name}:\n{} x", estimate(*speedup))).collect();
    let values = speedups.iter().flat_map(|(_, speedup)| {
        [speedup.value].into_iter().chain(speedup.interval.into_iter().flat_map(|(low, high)| [low, high]))
    });
    Cell::figures(lines.join("\n"), values)
}
