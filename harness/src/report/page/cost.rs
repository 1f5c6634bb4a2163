//! The sections on what the lock costs other threads.

use std::time::Duration;

use super::super::data::{Data, Delay, Stall, Wait};
use super::super::figures::{NONE, milliseconds, number};
use super::super::words;
use super::Section;
use super::parts::{Cell, Figure, Table};
use crate::gil::Scene;

/// The length of the timeline of the convoy: some ten turns of the sleeper.
const WINDOW: Duration = Duration::from_millis(60);

pub(super) fn convoy(data: &Data) -> Section {
    let title = "A sleeper beside a thread that computes";
    let interval = |known: Option<f64>| {
        known.map_or_else(|| Cell::text(NONE), |interval| Cell::figures(milliseconds(interval), [interval]))
    };
    let row = |row: &Delay| {
        let late = row.late_ms.as_ref();
        vec![
            Cell::text(data.name_of(row.source)),
            Cell::figures(row.beside.to_string(), [row.beside as f64]),
            interval(row.interval_ms),
            Cell::measured(late.map(|late| &late.median), number, "ms"),
            Cell::measured(late.map(|late| &late.p90), number, "ms"),
        ]
    };
    let head = ["", "computing threads", "switch interval", "delay after each sleep, median", "p90"];
    let table = Table::new(title, &head, data.delays.iter().map(row).collect());
    let caption = "A sleeper beside one computing thread under our lock, recorded on this machine. Green: it sleeps. Hatched: it \
                   waits for the lock.";
    let scenes = (data.pictures.convoy.as_slice(), Some(WINDOW));
    let figure = Figure::timeline("convoy-timeline", title, scenes, caption, table);
    Section { figures: vec![figure], sentences: words::convoy(data) }
}

pub(super) fn stall(data: &Data) -> Section {
    let title = "A ticker beside a native call";
    let row = |row: &Stall| {
        let mode = if row.attached { "attached" } else { "detached" };
        let collects = if row.collects { ", collecting garbage" } else { "" };
        vec![
            Cell::text(format!("{}: {mode}{collects}", data.name_of(row.source))),
            Cell::figures(milliseconds(row.call_ms), [row.call_ms]),
            Cell::measured(Some(&row.longest_ms), number, "ms"),
        ]
    };
    let head = ["", "length of the call", "longest stall of the ticker"];
    let table = Table::new(title, &head, data.stalls.iter().map(row).collect());
    let scenes: Vec<Scene> =
        [&data.pictures.attached, &data.pictures.detached].into_iter().flatten().cloned().collect();
    let caption = "Above, the call stays attached: it holds our lock, and the ticker waits for its whole length. Below, the call \
                   is detached: it releases the lock, and the ticker goes on. Recorded on this machine.";
    let figure = Figure::timeline("stall-timeline", title, (&scenes, None), caption, table);
    Section { figures: vec![figure], sentences: words::stalls(data) }
}

/// `None` if nothing was measured.
pub(super) fn waits(data: &Data) -> Option<Table> {
    let row = |row: &Wait| {
        vec![
            Cell::text(format!("{}: {}", data.name_of(row.source), row.what)),
            Cell::measured(Some(&row.milliseconds), number, "ms"),
            Cell::measured(row.p90.as_ref(), number, "ms"),
        ]
    };
    let rows: Vec<_> = data.waits.iter().map(row).collect();
    let head = ["", "time, of answers the median", "p90 of answers"];
    (!rows.is_empty()).then(|| Table::new("Threads that wait for something outside", &head, rows))
}
