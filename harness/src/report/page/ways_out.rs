//! The section on the ways out of the lock.

use super::super::data::{Data, Interpreter, LockRules, Way};
use super::super::figures::estimate;
use super::super::words;
use super::WaysOut;
use super::parts::{Cell, Table};
use crate::statistics::Estimate;

pub(super) fn ways_out(data: &Data) -> WaysOut {
    let rows = WAYS.iter().zip(speedups(data)).map(|(texts, speedups)| {
        let [way, use_for, example, price] = texts.map(Cell::text);
        vec![way, use_for, example, speedups_cell(&speedups), price]
    });
    let head = [
        "way out",
        "choose it if the program",
        "for example",
        "speed of two tasks that compute, relative to one after the other",
        "what it costs",
    ];
    let table = Table { class: Some("ways"), ..Table::new("Which way out?", &head, rows.collect()) };
    WaysOut { table, sentences: words::ways_out(data) }
}

/// A speed-up, and what it was measured in.
type Speedup = (String, Estimate);

/// What each way gained here, or what the simulation expects if no interpreter could be measured.
fn speedups(data: &Data) -> [Vec<Speedup>; 5] {
    let native = |way, name: &str| data.native.speedup(way).map(|speedup| (name.to_owned(), speedup));
    let python = |way, is_meant: fn(&Interpreter) -> bool| {
        let all = data.python.iter().filter_map(move |counts| {
            let interpreter = &data.interpreters[counts.interpreter?];
            Some((interpreter.name.clone(), counts.speedup(way).filter(|_| is_meant(interpreter))?))
        });
        all.collect::<Vec<_>>()
    };
    let or_simulated = |measured: Vec<Speedup>, rules| {
        let expected = words::simulated(data, rules).filter(|_| measured.is_empty());
        let expected = expected.map(|value| ("simulated".to_owned(), Estimate { value, interval: None }));
        measured.into_iter().chain(expected).collect()
    };
    let and = |measured: Vec<Speedup>, other| measured.into_iter().chain(other).collect();
    [
        and(python(Way::Threads, |python| python.locked), native(Way::LockedThreads, "our lock")),
        and(python(Way::Processes, |_| true), native(Way::Processes, "native code")),
        and(Vec::new(), native(Way::Threads, "native code")),
        or_simulated(python(Way::Interpreters, |_| true), LockRules::LockEach),
        or_simulated(python(Way::Threads, |python| !python.locked), LockRules::NoLock),
    ]
}

/// The way, its use, an example, and its price.
const WAYS: [[&str; 4]; 5] = [
    [
        "threads under the lock: ThreadPoolExecutor",
        "mostly waits",
        "a program that downloads many pages",
        "Threads that compute take turns, and delay threads that only wait.",
    ],
    [
        "processes: ProcessPoolExecutor",
        "computes in Python, in tasks of a millisecond or longer, with little data in and out",
        "a filter that goes through thousands of photos in Python code",
        "Each process takes memory and time to start. All data is copied.",
    ],
    [
        "threads that call native code which releases the lock: a library, or an extension of your own",
        "spends its time in native code that touches no Python object",
        "checksums of large files with hashlib, or large NumPy arrays",
        "The native code must exist, or somebody has to write it, and release the lock: Py_BEGIN_ALLOW_THREADS in C, Python::detach with PyO3.",
    ],
    [
        "several interpreters: InterpreterPoolExecutor (Python 3.14 and later)",
        "computes in Python, and shares no data",
        "a server that runs independent Python tasks in one process",
        "Many extensions cannot be imported in them yet. Data is copied.",
    ],
    [
        "no lock: free-threaded Python (3.14t and later)",
        "computes in Python, in threads that share data",
        "a simulation that works on one large structure in memory",
        "One thread alone is somewhat slower. Extensions must support it. Threads that change the same data without a lock of their own go wrong more often.",
    ],
];

/// A line for each interpreter.
fn speedups_cell(speedups: &[Speedup]) -> Cell {
    if speedups.is_empty() {
        return Cell::text("not measured");
    }
    let lines: Vec<_> = speedups.iter().map(|(name, speedup)| format!("{name}:\n{} x", estimate(*speedup))).collect();
    let values = speedups.iter().flat_map(|(_, speedup)| {
        [speedup.value].into_iter().chain(speedup.interval.into_iter().flat_map(|(low, high)| [low, high]))
    });
    Cell::figures(lines.join("\n"), values)
}
