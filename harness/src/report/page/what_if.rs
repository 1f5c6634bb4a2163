//! The section on other locks: every case is on the page, and the controls choose which one is shown.

use std::time::Duration;

use super::super::data::{Case, Data, LockRules};
use super::super::figures::{number, ratio};
use super::super::what_if::{CORES, DEFAULT_INTERVAL_MS, INTERVALS_MS, RULES, THREADS, WINDOW};
use super::super::words;
use super::parts::{Cell, Table};
use crate::gil::timeline::timeline_on_a_page;
use crate::text::plural;

/// The number of computing threads that is shown first.
const DEFAULT_THREADS: usize = 2;

#[derive(Debug)]
pub(super) struct WhatIf {
    pub(super) choices: [Choice; 4],
    pub(super) cases: Vec<Picture>,
    pub(super) table: Table,
    /// What is known of threads without a lock.
    pub(super) overhead: String,
}

/// A group of radio buttons.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) legend: &'static str,
    pub(super) name: &'static str,
    pub(super) options: Vec<Choosable>,
}

#[derive(Debug)]
pub(super) struct Choosable {
    /// The id of the button, and the class of the cases that it shows.
    pub(super) id: String,
    pub(super) label: String,
    pub(super) checked: bool,
}

/// The picture of one case.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) classes: String,
    pub(super) svg: String,
    pub(super) caption: String,
}

pub(super) fn what_if(data: &Data) -> WhatIf {
    let cores = words::simulated_cores(data);
    let rules = RULES.map(|rules| option(rules_id(rules), label(data, rules), rules == LockRules::OneLock));
    let intervals = INTERVALS_MS.map(|ms| option(interval_id(ms), format!("{ms} ms"), ms == DEFAULT_INTERVAL_MS));
    let threads = THREADS.map(|n| option(format!("threads-{n}"), n.to_string(), n == DEFAULT_THREADS));
    let cores = CORES.map(|n| option(format!("cores-{n}"), plural(n, "core"), n == cores));
    let choice = |legend, name, options: Vec<_>| Choice { legend, name, options };
    WhatIf {
        choices: [
            choice("Lock", "rules", rules.into()),
            choice("Switch interval, of one lock", "interval", intervals.into()),
            choice("Computing threads", "threads", threads.into()),
            choice("Machine", "cores", cores.into()),
        ],
        cases: data.what_if.iter().map(picture).collect(),
        table: table(data),
        overhead: words::overhead(data),
    }
}

fn option(id: String, label: String, checked: bool) -> Choosable {
    Choosable { id, label, checked }
}

fn rules_id(rules: LockRules) -> String {
    let name = match rules {
        LockRules::OneLock => "one-lock",
        LockRules::LockEach => "lock-each",
        LockRules::NoLock => "no-lock",
        LockRules::Before32 => "before-3-2",
    };
    format!("rules-{name}")
}

fn label(data: &Data, rules: LockRules) -> String {
    match rules {
        LockRules::OneLock => "one lock, as in CPython".to_owned(),
        LockRules::NoLock => format!("no lock, each thread takes {}", words::longer(data)),
        LockRules::LockEach | LockRules::Before32 => rules.to_string(),
    }
}

fn interval_id(milliseconds: u64) -> String {
    format!("interval-{milliseconds}")
}

/// A case without an interval is the same for all of them.
fn picture(case: &Case) -> Picture {
    let intervals = case.interval_ms.map_or_else(|| INTERVALS_MS.to_vec(), |interval| vec![interval]);
    let intervals: Vec<_> = intervals.into_iter().map(interval_id).collect();
    Picture {
        classes: format!(
            "{} {} threads-{} cores-{}",
            rules_id(case.rules),
            intervals.join(" "),
            case.threads,
            case.cores
        ),
        svg: timeline_on_a_page(std::slice::from_ref(&case.scene), Some(Duration::ZERO..WINDOW)),
        caption: words::case(case),
    }
}

fn table(data: &Data) -> Table {
    let row = |case: &Case| {
        let delay = case.delay_ms.as_ref();
        let interval = case.interval_ms.map(|interval| format!("{interval} ms")).unwrap_or_default();
        vec![
            Cell::text(case.rules.to_string()),
            Cell::text(interval),
            Cell::figures(case.threads.to_string(), [case.threads as f64]),
            Cell::figures(case.cores.to_string(), [case.cores as f64]),
            Cell::measured(Some(&case.throughput), ratio, "x"),
            Cell::measured(delay.map(|delay| &delay.median), number, "ms"),
            Cell::measured(delay.map(|delay| &delay.p90), number, "ms"),
        ]
    };
    let head = [
        "lock",
        "switch interval",
        "computing threads",
        "cores",
        "work relative to one thread",
        "delay of the sleeper, median",
        "p90",
    ];
    Table::new("Simulated locks", &head, data.what_if.iter().map(row).collect())
}
