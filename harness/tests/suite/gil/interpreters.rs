//! The columns of Python interpreters, with a lock and without one.

use std::fs;

use serde_json::Value;

use super::{Folder, number, rows};
use crate::python;

#[test]
fn an_interpreter_has_a_column_of_its_own() {
    if python::is_missing("an_interpreter_has_a_column_of_its_own") {
        return;
    }
    let folder = Folder::new("python");
    let ask = |experiment: &[&str]| folder.report(&[experiment, &["--python", "python3", "--seconds", "0.1"]].concat());
    for (experiment, cases, fields) in [
        (&["cpu", "--interval", "2"][..], 1, &["slice_ms", "switches_per_second", "throughput_ratio", "shares"][..]),
        (&["io"], 3, &["mode"]),
        (&["convoy", "--threads", "1", "--interval", "2"], 2, &["cpu_threads", "latency_ms"]),
        (&["stall"], 4, &["mode", "collects", "longest_stall_ms"]),
        (&["integrity"], 2, &["mode", "expected", "counted", "nanoseconds_per_update"]),
        (&["whatif", "--interval", "2"], 1, &["regime", "cores", "throughput_ratio", "io_latency_ms"]),
    ] {
        let report = ask(experiment);
        let name = &report["interpreters"][0]["name"];
        assert!(name.as_str().unwrap().contains(" 3."), "{report}");
        let has_own_lock =
            |row: &&Value| row["regime"].as_str().is_some_and(|regime| regime.contains("per interpreter"));
        let own_locks = rows(&report, "cpython").filter(has_own_lock).count();
        let is_newer = major_and_minor(name.as_str().unwrap()) >= (3, 14);
        assert_eq!(own_locks, usize::from(is_newer && experiment[0] == "whatif"), "{report}");
        assert_eq!(rows(&report, "cpython").count(), cases + own_locks, "{report}");
        assert!(rows(&report, "cpython").all(|row| row["interpreter"] == *name), "{report}");
        for row in report["rows"].as_array().unwrap() {
            assert!(fields.iter().all(|&field| !row[field].is_null()), "{row}");
            let rounds = row["rounds"].as_array().map_or(&[][..], |rounds| rounds);
            assert_eq!(rounds.is_empty(), row["column"] == "virtual", "{row}");
            assert!(rounds.iter().all(|round| fields.iter().all(|&field| !round[field].is_null())), "{row}");
        }
    }
}

/// The first two numbers of the version in a name such as `CPython 3.11.7`.
fn major_and_minor(name: &str) -> (u32, u32) {
    let version = name.split(' ').nth(1).unwrap();
    let numbers: Vec<_> = version.split('.').take(2).map(|number| number.parse().unwrap()).collect();
    (numbers[0], numbers[1])
}

#[test]
fn an_interpreter_takes_no_modules_from_the_current_directory() {
    if python::is_missing("an_interpreter_takes_no_modules_from_the_current_directory") {
        return;
    }
    let folder = Folder::new("modules");
    for module in ["json", "platform", "threading", "time", "math", "encodings"] {
        fs::write(folder.0.join(format!("{module}.py")), "raise SystemExit(7)").unwrap();
    }
    let report = folder.report(&["stall", "--seconds", "0.01", "--python", "python3"]);
    assert_eq!(rows(&report, "cpython").count(), 4, "{report}");
}

#[test]
fn interpreters_stand_side_by_side() {
    if python::is_missing("interpreters_stand_side_by_side") {
        return;
    }
    let folder = Folder::new("several");
    let both = ["--python", "python3", "--python", "python3 -X dev"];
    let report =
        folder.report(&[&["convoy", "--threads", "1", "--interval", "2", "--seconds", "0.1"], &both[..]].concat());
    let names: Vec<_> =
        report["interpreters"].as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap()).collect();
    assert!(names[0].ends_with(": python3") && names[1].ends_with(": python3 -X dev"), "{report}");
    let of = |name: &str| rows(&report, "cpython").filter(|row| row["interpreter"] == name).count();
    assert_eq!(names.iter().map(|name| of(name)).collect::<Vec<_>>(), [2, 2], "{report}");
    let output = folder.gil(&[&["integrity", "--seconds", "0.1", "--costs", "costs.json"], &both[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let header = text.lines().next().unwrap();
    let places: Vec<_> = names.iter().chain(&["our lock"]).map(|name| header.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    let expected = format!("{} has a global lock.\n{} has a global lock.\n", names[0], names[1]);
    assert!(text.ends_with(&expected), "{text}");
    let output = folder.gil(&["cpu", "--python", "python3", "--python", "python3"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*text), (Some(2), "error: the interpreter 'python3' is named twice\n"));
}

#[test]
fn an_interpreter_without_a_lock_is_asked_what_makes_sense_there() {
    python::without_lock("an_interpreter_without_a_lock_is_asked_what_makes_sense_there", |python| {
        let folder = Folder::new("unlocked");
        let ask = |experiment: &str| folder.report(&[experiment, "--python", &python.program, "--seconds", "0.1"]);
        let free = |report: &Value| -> Vec<Value> {
            let label = &report["interpreters"][0];
            assert!(
                label["locked"] == false && label["name"].as_str().unwrap().ends_with(" (free-threaded)"),
                "{report}"
            );
            let rows: Vec<_> =
                rows(report, "cpython").filter(|row| row["interpreter"] == label["name"]).cloned().collect();
            assert!(rows.iter().all(|row| row["interval_ms"].is_null()), "{rows:?}");
            rows
        };
        let cpu = free(&ask("cpu"));
        assert_eq!(cpu.len(), 1, "the interval makes no difference");
        assert!(cpu[0]["slice_ms"].is_null() && cpu[0]["switches_per_second"].is_null(), "{cpu:?}");
        assert!(
            number(&cpu[0]["throughput_ratio"]) > 0.0 && cpu[0]["shares"].as_array().unwrap().len() == 2,
            "{cpu:?}"
        );

        let integrity = free(&ask("integrity"));
        assert_eq!(integrity.iter().map(|row| &row["mode"]).collect::<Vec<_>>(), ["no lock", "no lock"]);

        let convoy = free(&ask("convoy"));
        assert_eq!(
            convoy.iter().map(|row| row["cpu_threads"].as_u64()).collect::<Vec<_>>(),
            [Some(0), Some(1), Some(2)]
        );

        let stall = free(&ask("stall"));
        let modes: Vec<_> = stall.iter().map(|row| (row["mode"].as_str().unwrap(), row["collects"] == true)).collect();
        assert_eq!(modes, [("attached", false), ("detached", false), ("attached", true), ("detached", true)]);
        assert!(
            number(&stall[2]["longest_stall_ms"]) > 90.0,
            "every pause waits for a call that stays attached: {stall:?}"
        );

        assert_eq!(free(&ask("io")).len(), 3);
    });
}

#[test]
fn measured_figures_stand_beside_the_row_that_predicts_them() {
    python::without_lock("measured_figures_stand_beside_the_row_that_predicts_them", |python| {
        let program = &*python.program;
        let folder = Folder::new("predicted");
        let whatif = |pythons: &[&str]| {
            let report = folder.report(&[&["whatif", "--seconds", "0.1"], pythons].concat());
            let regime = |row: &Value| row["regime"].as_str().unwrap().to_owned();
            let predicted = rows(&report, "virtual").map(regime).find(|regime| regime.starts_with("no lock")).unwrap();
            let measured: Vec<_> =
                rows(&report, "cpython").map(regime).filter(|regime| regime.starts_with("no lock")).collect();
            assert_eq!(measured, std::slice::from_ref(&predicted), "{report}");
            predicted
        };
        assert_eq!(whatif(&["--python", program]), "no lock, 10 % overhead per thread");
        // The imitation is of the same version, so its overhead is measured.
        if python.is_imitation {
            let regime = whatif(&["--python", "python3", "--python", program]);
            assert!(regime.ends_with(" % overhead per thread (measured)"), "{regime}");
        }
    });
}

#[test]
fn the_table_says_which_interpreter_has_a_lock() {
    python::without_lock("the_table_says_which_interpreter_has_a_lock", |python| {
        let folder = Folder::new("wording");
        let common = ["cpu", "--seconds", "0.1", "--interval", "2", "--costs", "costs.json"];
        let output = folder.gil(&[&common, &["--python", "python3", "--python", &python.program][..]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let rows = ["2 compute, 2 ms  ", "2 compute, no lock  "].map(|case| text.find(case).unwrap());
        assert!(rows.is_sorted(), "{text}");
        let last: Vec<_> = text.lines().rev().take(2).collect();
        assert!(
            last[0].ends_with(" (free-threaded) runs without a global lock, so it has no switch interval."),
            "{text}"
        );
        assert!(last[1].ends_with(" has a global lock."), "{text}");
    });
}
