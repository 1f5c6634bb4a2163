//! The experiment, also in Python.

#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use serde_json::Value;

#[cfg(target_os = "linux")]
use super::{catches_interrupts, primelanes};
use super::{json, refusal, stdout};
use crate::python;

#[test]
fn the_experiment_verifies_every_lane() {
    let text = stdout(&["experiment", "--limit", "1e4", "--tasks", "3", "--rounds", "2"]);
    assert_eq!(text.matches("1229 ✓").count(), 5 * 3, "{text}");
    assert!(text.contains("every count is right.\nStarting 3 worker processes took "), "{text}");
    let same = stdout(&["--limit", "1e4", "--lanes", "rayon"]);
    assert_eq!(same.matches("1229 ✓").count(), 2, "{same}");
}

#[test]
fn the_experiment_as_json_has_all_samples() {
    let report = json(&["--limit", "1e4", "--tasks", "2", "--rounds", "3", "--json"]);
    assert_eq!((&report["limit"], &report["tasks"]), (&10_000.into(), &2.into()));
    let lanes = report["lanes"].as_array().unwrap();
    let names: Vec<_> = lanes.iter().map(|lane| lane["lane"].as_str().unwrap()).collect();
    assert_eq!(names, ["sequential", "global-lock", "scoped-threads", "rayon", "processes"]);
    for lane in lanes {
        assert_eq!(lane["seconds"].as_array().unwrap().len(), 3);
        assert_eq!(lane["counts"], Value::from(vec![1229, 1229]));
        assert_eq!(lane["verified"], Value::from(true));
        assert!(lane["speedup"].as_f64().unwrap() > 0.0 && lane["cores_used"].as_f64().unwrap() > 0.0);
        assert_eq!(lane["handovers"].is_u64(), lane["lane"] == "global-lock");
        assert_eq!(lane.get("start_up").is_some(), lane["lane"] == "processes");
    }
}

#[test]
fn the_experiment_runs_in_python_too() {
    if python::is_missing("the_experiment_runs_in_python_too") {
        return;
    }
    let common = ["experiment", "--limit", "1e4", "--rounds", "1", "--python", "python3"];
    let text = stdout(&common);
    let last = text.lines().last().unwrap();
    let lanes = if last.contains(", 2 interpreters ") { 9 } else { 8 };
    assert_eq!(text.matches("1229 ✓").count(), lanes * 2, "{text}");
    assert!(last.contains(" global lock: 2 threads ran ") && last.contains(", 2 processes "), "{text}");
    let lanes = "python-processes,python-sequential";
    let report = json(&[&common[..], &["--tasks", "3", "--lanes", lanes, "--json"]].concat());
    let measured = report["lanes"].as_array().unwrap();
    let names: Vec<_> = measured.iter().map(|lane| lane["lane"].as_str().unwrap()).collect();
    assert_eq!(names.join(","), lanes);
    for lane in measured {
        assert_eq!((&lane["counts"], &lane["verified"]), (&Value::from(vec![1229; 3]), &true.into()));
        assert!(lane["speedup"].as_f64().unwrap() > 0.0 && lane["cores_used"].as_f64().unwrap() > 0.0);
        assert_eq!(lane["handovers"], Value::Null);
    }
    assert!(report["interpreters"][0]["name"].as_str().unwrap().contains(" 3."), "{report}");
    let (code, text) = refusal(&[&common[..], &["--tasks", "300", "--lanes", "python-processes"]].concat());
    assert_eq!((code, text.as_str()), (Some(2), "error: python-processes takes at most 256 workers, not 300\n"));
}

#[test]
fn interpreters_run_the_experiment_side_by_side() {
    python::without_lock("interpreters_run_the_experiment_side_by_side", |python| {
        let pythons = ["--python", "python3", "--python", &python.program];
        let lanes = ["--limit", "1e4", "--rounds", "1", "--lanes", "sequential,python-sequential,python-threads"];
        let report = json(&[&["experiment", "--json"], &lanes[..], &pythons].concat());
        let names: Vec<_> = report["interpreters"].as_array().unwrap().iter().map(|python| &python["name"]).collect();
        assert_eq!((&report["interpreters"][1]["locked"], names.len()), (&false.into(), 2));
        let measured: Vec<_> =
            report["lanes"].as_array().unwrap().iter().map(|lane| (&lane["lane"], &lane["interpreter"])).collect();
        let (sequential, threads) = (&"python-sequential".into(), &"python-threads".into());
        assert_eq!(measured[0], (&"sequential".into(), &Value::Null));
        assert_eq!(
            measured[1..],
            [(sequential, names[0]), (sequential, names[1]), (threads, names[0]), (threads, names[1])]
        );
        let text = stdout(&[&["experiment"], &lanes[..], &pythons].concat());
        let last: Vec<_> = text.lines().rev().take(2).collect();
        assert!(last[0].contains(" (free-threaded), without a global lock: 2 threads ran "), "{text}");
        assert!(last[1].contains(", with its global lock: 2 threads ran "), "{text}");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_python_outlives_the_command() {
    if python::is_missing("nothing_of_python_outlives_the_command") {
        return;
    }
    for (signal, code) in [("INT", Some(130)), ("KILL", None)] {
        let folder = std::env::temp_dir().join(format!("primelanes-python-{signal}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let endless = ["experiment", "--python", "python3", "--lanes", "python-processes", "--limit", "1e15"];
        let mut child = primelanes(&endless).env("TMPDIR", &folder).stderr(Stdio::null()).spawn().unwrap();
        // These are the command, the shell that ends the scripts, the script, and its two workers.
        wait_until("start", || catches_interrupts(child.id()) && processes_of(&folder) >= 5);
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), code);
        wait_until("end", || processes_of(&folder) == 0);
        let left = std::fs::read_dir(&folder).unwrap().count();
        assert!(left == 0 || signal == "KILL", "{left} files are left");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[cfg(target_os = "linux")]
pub(super) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_mins(1), "the scripts do not {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The number of processes with the folder in their environment.
#[cfg(target_os = "linux")]
pub(super) fn processes_of(folder: &std::path::Path) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    environments.filter(|text| String::from_utf8_lossy(text).contains(folder.to_str().unwrap())).count()
}

#[cfg(target_os = "linux")]
#[test]
fn the_start_of_worker_processes_is_not_counted_as_processor_time() {
    // On one core, nothing can use more than one. Short counts take less time than the start of a worker. The limit is
    // above 1 because a worker still looks for its next request for a moment.
    let arguments = ["experiment", "--limit", "1e4", "--lanes", "processes", "--rounds", "3", "--json"];
    let mut one_core = Command::new("taskset");
    one_core.args(["-c", "0", env!("CARGO_BIN_EXE_primelanes")]).args(arguments).stdin(Stdio::null());
    let Ok(output) = one_core.output() else {
        let skipped = b"test the_start_of_worker_processes_is_not_counted_as_processor_time ... skipped: no taskset\n";
        std::io::Write::write_all(&mut std::io::stderr(), skipped).unwrap();
        return;
    };
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let used = report["lanes"][0]["cores_used"].as_f64().unwrap();
    assert!(used > 0.0 && used < 1.5, "{used} cores: {report}");
}
