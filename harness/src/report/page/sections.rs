//! The sections on threads under the lock, on integrity, and on the race.

use std::time::Duration;

use super::super::data::{Data, Integrity, Source};
use super::super::figures::{NONE, estimate, grouped, number, of_a_hundred, percent, range, ratio, seconds};
use super::super::words;
use super::parts::{Bars, Cell, Figure, Length, Table};
use super::{Race, Section};
use crate::statistics::Estimate;

/// The length of the timeline of two computing threads.
const WINDOW: Duration = Duration::from_millis(60);

pub(super) fn ratio_cell(speedup: Estimate) -> Cell {
    let ends = speedup.interval.map(|(low, high)| [low, high]);
    Cell::figures(estimate(speedup), [speedup.value].into_iter().chain(ends.into_iter().flatten()))
}

pub(super) fn threads(data: &Data) -> Section {
    let title = "Two threads that compute, under the lock";
    let rows = data.slices.iter().map(|row| {
        let slice = row.slice_ms.as_ref();
        vec![
            Cell::text(data.name_of(row.source)),
            Cell::measured(slice.map(|slice| &slice.median), number, "ms"),
            Cell::measured(slice.map(|slice| &slice.p90), number, "ms"),
            Cell::measured(row.switches_per_second.as_ref(), number, "/ s"),
            Cell::measured(Some(&row.throughput), ratio, "x"),
        ]
    });
    let head = ["", "time slice, median", "time slice, p90", "switches", "work of both, relative to one thread"];
    let caption = "Two threads under our lock, recorded on this machine. Blue: the thread has the lock and computes. Hatched: \
                   it waits. A dot is a request for the lock, and the arrow from it leads to the switch that followed.";
    let scenes = (data.pictures.slices.as_slice(), Some(WINDOW));
    let table = Table::new(title, &head, rows.collect());
    let figure = Figure::timeline("threads-timeline", title, scenes, caption, table);
    Section { figures: vec![figure], sentences: words::slices(data) }
}

pub(super) fn integrity(data: &Data) -> Section {
    let title = "Additions that were lost, when two threads add to one counter";
    let bar = |row: &Integrity| Length {
        name: protection(data, row),
        text: percent(row.lost_percent.value),
        class: "plain",
        value: row.lost_percent.value,
        range: row.lost_percent.range(),
    };
    let row = |row: &Integrity| {
        vec![
            Cell::text(protection(data, row)),
            Cell::figures(row.threads.to_string(), [row.threads as f64]),
            Cell::figures(grouped(row.expected), [row.expected as f64]),
            Cell::figures(grouped(row.lost), [row.lost as f64]),
            Cell::measured(Some(&row.lost_percent), of_a_hundred, "%"),
            Cell::measured(Some(&row.nanoseconds), number, "ns"),
        ]
    };
    let head = ["", "threads", "additions", "lost", "lost, in percent", "time per addition"];
    let table = Table::new("Threads that add to one counter", &head, data.integrity.iter().map(row).collect());
    let bars = Bars::up_to(100.0, title, data.integrity.iter().filter(|row| row.threads > 1).map(bar).collect());
    let caption = "The line across each bar is the range of all rounds. The time per addition is the time of the run divided by the \
                   additions of all threads.";
    let figure =
        Figure::bars("integrity-bars".to_owned(), title.to_owned(), &bars, format!("{title}. {caption}"), table);
    Section { figures: vec![figure], sentences: words::integrity(data) }
}

/// What protects the counter.
fn protection(data: &Data, row: &Integrity) -> String {
    match row.source {
        Source::Python(_) => data.name_of(row.source).to_owned(),
        _ if row.protection == "global lock" => "our lock".to_owned(),
        _ => row.protection.clone(),
    }
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
    let head = ["lane", "median (95 % interval)", "speed-up over the fastest single worker"];
    let figure = Figure {
        id: "race-picture".to_owned(),
        svg: data.pictures.race.clone(),
        label: Some(format!(
            "Above, the speed-up of each lane by its number of workers, with the ideal line. Below, the time of every run \
             of each lane. {}",
            data.race.summary
        )),
        wide: true,
        caption: format!(
            "The primes up to {}, by {}. Above: the speed-up over the fastest single worker, with 95 % intervals; the dashed line is \
             the ideal. Below: each dot is the time of one run.",
            grouped(data.race.stop),
            data.race.algorithm
        ),
        table: Some(Table::new(title.clone(), &head, rows.collect())),
        title,
    };
    Race { figure, sentences: words::race(data) }
}
