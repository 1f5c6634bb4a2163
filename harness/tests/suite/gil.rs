//! `primelanes gil` as a user meets it: the form of its figures and the rules that they obey, but no speed.

mod interpreters;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Fixed costs, so that virtual time gives the same figures on every machine.
pub(crate) const COSTS: &str = r#"{"wake_up_us": 40, "timer_us": 60, "sleep_us": 60, "hand_over_ns": 15, "signal_us": 1, "check_ns": 30, "send_us": 5,
    "echo_us": 50, "jitter": 0.1}"#;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("primelanes-gil-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("costs.json"), COSTS).unwrap();
        Self(folder)
    }

    fn gil(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_primelanes"));
        command.arg("gil").args(arguments).current_dir(&self.0).stdin(Stdio::null()).output().unwrap()
    }

    fn report(&self, arguments: &[&str]) -> Value {
        let output = self.gil(&[arguments, &["--json", "--costs", "costs.json"]].concat());
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["experiment"], arguments[0]);
        report
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn rows<'a>(report: &'a Value, column: &'a str) -> impl Iterator<Item = &'a Value> {
    report["rows"].as_array().unwrap().iter().filter(move |row| row["column"] == column)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn near(value: &Value, expected: f64) -> bool {
    (number(value) / expected - 1.0).abs() < 0.02
}

#[test]
fn threads_that_compute_take_turns_of_an_interval() {
    let report = Folder::new("cpu").report(&["cpu", "--threads", "3", "--seconds", "0.6"]);
    for column in ["lock", "virtual"] {
        let rows: Vec<_> = rows(&report, column).collect();
        assert_eq!(rows.iter().map(|row| number(&row["interval_ms"])).collect::<Vec<_>>(), [5.0, 1.0]);
        for row in rows {
            let shares: Vec<f64> = row["shares"].as_array().unwrap().iter().map(number).collect();
            assert_eq!((row["threads"].as_u64(), shares.len()), (Some(3), 3));
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{row}");
            assert!(row["slice_ms"]["p90"].as_f64() >= row["slice_ms"]["median"].as_f64(), "{row}");
        }
    }
    let five = rows(&report, "virtual").next().unwrap();
    assert!(near(&five["slice_ms"]["median"], 5.1) && near(&five["throughput_ratio"], 0.99), "{five}");
}

#[test]
fn sleeps_overlap_and_a_socket_joins_the_convoy() {
    let report = Folder::new("io").report(&["io", "--seconds", "0.1"]);
    for column in ["lock", "virtual"] {
        let rows: Vec<_> = rows(&report, column).collect();
        let modes: Vec<_> = rows.iter().map(|row| (row["mode"].as_str().unwrap(), row["threads"].as_u64())).collect();
        assert_eq!(modes, [("sleep", Some(4)), ("socket", Some(1)), ("socket", Some(2))]);
        assert!(number(&rows[0]["seconds"]) >= 0.1 && number(&rows[1]["response_ms"]["median"]) > 0.0, "{rows:?}");
        // Beside a computing thread, each response waits for an interval.
        assert!(number(&rows[2]["response_ms"]["median"]) > 5.0, "{rows:?}");
    }
    let simulated: Vec<_> = rows(&report, "virtual").collect();
    assert!(near(&simulated[0]["seconds"], 0.1), "{simulated:?}");
    let [alone, beside] = [1, 2].map(|place: usize| &simulated[place]["response_ms"]["median"]);
    assert!(near(alone, 0.055) && near(beside, 5.0 + 0.055 + 0.1), "{simulated:?}");
}

#[test]
fn a_convoy_costs_the_interval() {
    let report = Folder::new("convoy").report(&["convoy", "--threads", "1", "--interval", "4", "--seconds", "0.3"]);
    let lock: Vec<_> = rows(&report, "lock").map(|row| row["cpu_threads"].as_u64().unwrap()).collect();
    assert_eq!(lock, [0, 1]);
    let simulated: Vec<_> = rows(&report, "virtual").map(|row| &row["latency_ms"]["median"]).collect();
    assert!(near(simulated[0], 0.06) && near(simulated[1], 4.16), "{simulated:?}");
}

#[test]
fn a_call_that_stays_attached_stalls_for_its_length() {
    let report = Folder::new("stall").report(&["stall", "--seconds", "0.1"]);
    for column in ["lock", "virtual"] {
        let stalls: Vec<_> =
            rows(&report, column).map(|row| (&row["mode"], number(&row["longest_stall_ms"]))).collect();
        assert!(stalls[0].0 == "attached" && stalls[0].1 >= 98.0, "{stalls:?}");
        assert!(stalls[1].0 == "detached" && stalls[1].1 >= 1.0, "{stalls:?}");
    }
}

#[test]
fn no_update_is_lost_with_a_lock_or_an_atomic_increment() {
    let report = Folder::new("integrity").report(&["integrity", "--threads", "3", "--seconds", "0.1"]);
    let mut modes = Vec::new();
    for row in report["rows"].as_array().unwrap() {
        let (threads, mode) = (row["threads"].as_u64().unwrap(), row["mode"].as_str().unwrap());
        let (expected, counted) = (row["expected"].as_u64().unwrap(), row["counted"].as_u64().unwrap());
        assert!(expected > 0 && number(&row["nanoseconds_per_update"]) > 0.0, "{row}");
        if threads == 1 || mode != "no lock" {
            assert_eq!(expected, counted, "{row}");
        }
        assert!(counted <= expected, "{row}");
        modes.push((threads, mode));
    }
    let of = |threads| ["no lock", "atomic increments", "global lock"].map(|mode| (threads, mode));
    assert_eq!(modes, [of(1), of(3)].concat());
}

#[test]
fn what_if_says_what_each_regime_is_worth() {
    let folder = Folder::new("whatif");
    let report = folder.report(&["whatif", "--seconds", "0.3"]);
    assert_eq!(rows(&report, "lock").count(), 3);
    let simulated: Vec<_> = rows(&report, "virtual").collect();
    assert_eq!(simulated.len(), 7);
    let figure =
        |place: usize| (number(&simulated[place]["throughput_ratio"]), number(&simulated[place]["io_latency_ms"]));
    // With a timed lock and any interval, the throughput is that of one thread, and the sleeper waits.
    assert!((0..3).all(|place| figure(place).0 < 1.0 && figure(place).1 > 0.5), "{simulated:?}");
    assert_eq!((simulated[3]["threads"].as_u64(), simulated[3]["cores"].as_u64()), (Some(64), Some(32)));
    assert!(figure(3).0 < 1.0 && figure(3).1 > 1.0, "{}", simulated[3]);
    // Virtual time is the same each time.
    let again = folder.report(&["whatif", "--seconds", "0.3"]);
    assert!(rows(&again, "virtual").eq(simulated));
}

#[test]
fn what_happened_can_be_traced_and_drawn() {
    let folder = Folder::new("trace");
    let report = folder.report(&["convoy", "--seconds", "0.2", "--trace", "t.json", "--svg", "t.svg"]);
    assert!(rows(&report, "lock").count() > 0);
    let trace: Value = serde_json::from_str(&fs::read_to_string(folder.0.join("t.json")).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let count = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
    assert!(count("X") > 100 && count("C") > 10, "{} events", events.len());
    assert!(count("s") > 0 && count("s") == count("f"));
    let drawn = fs::read_to_string(folder.0.join("t.svg")).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("prefers-color-scheme: dark") && drawn.contains("sleeper"));
}

#[test]
fn the_table_has_a_column_for_each() {
    let output = Folder::new("table").gil(&["cpu", "--seconds", "0.1", "--interval", "2", "--costs", "costs.json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for expected in ["our lock", "virtual time", "2 compute, 2 ms", "slice, median", "shares", "51 : 49"] {
        assert!(text.contains(expected), "'{expected}' is not in\n{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_an_experiment_in_its_last_run_too() {
    let folder = Folder::new("interrupted");
    // The first is interrupted in its first run, the second in the last of seven runs in each of two modes. In the
    // others, a thread waits for a lock that it would get after ten seconds.
    for (arguments, after) in [
        (&["cpu", "--seconds", "3000"][..], 1),
        (&["stall", "--seconds", "0.5"], 14),
        (&["convoy", "--threads", "1", "--seconds", "0.01", "--interval", "10000"], 1),
        (&["io", "--threads", "1", "--seconds", "0.01", "--interval", "10000"], 1),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_primelanes"));
        command.arg("gil").args(arguments).args(["--costs", "costs.json"]).current_dir(&folder.0);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Once threads run under the lock, the handler is installed. Each run has new threads.
        let mut runs = std::collections::BTreeSet::new();
        while runs.len() < after {
            assert!(child.try_wait().unwrap().is_none(), "{arguments:?} ended by itself, {runs:?}");
            runs.extend(thread_of(child.id(), "cpu 1").or_else(|| thread_of(child.id(), "caller")));
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
        assert!(sent.success());
        let since = std::time::Instant::now();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{arguments:?}");
        assert!(since.elapsed() < std::time::Duration::from_secs(5), "{arguments:?}: {:?}", since.elapsed());
    }
}

/// The path of the thread with that name in the process, if there is one.
#[cfg(target_os = "linux")]
fn thread_of(process: u32, name: &str) -> Option<String> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten();
    let is_it = |path: &Path| fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim_end() == name);
    threads.map(|entry| entry.path()).find(|path| is_it(path)).map(|path| path.display().to_string())
}

#[cfg(unix)]
#[test]
fn what_was_recorded_is_written_though_nobody_reads_the_report() {
    let folder = Folder::new("unread");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_primelanes"));
    command.args(["gil", "cpu", "--seconds", "0.1", "--interval", "1", "--costs", "costs.json", "--svg", "t.svg"]);
    let output = command.current_dir(&folder.0).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(fs::read_to_string(folder.0.join("t.svg")).unwrap().contains("cpu 2"));
}

#[test]
fn costs_are_measured_and_taken_again() {
    let folder = Folder::new("calibrate");
    let output = folder.gil(&["calibrate", "--json"]);
    let costs: Value = serde_json::from_slice(&output.stdout).unwrap();
    for cost in ["wake_up_us", "timer_us", "sleep_us", "hand_over_ns", "signal_us", "check_ns", "send_us", "echo_us"] {
        assert!(number(&costs[cost]) > 0.0, "{costs}");
    }
    fs::write(folder.0.join("costs.json"), &output.stdout).unwrap();
    let report = folder.report(&["convoy", "--threads", "1", "--seconds", "0.1"]);
    assert_eq!(report["calibration"], costs);
}

#[test]
fn a_bad_value_is_one_line_and_code_2() {
    let folder = Folder::new("bad");
    fs::write(folder.0.join("bad.json"), json!({ "wake_up_us": 1 }).to_string()).unwrap();
    for (name, cost, wrong) in
        [("huge", "wake_up_us\": 40", "1e308"), ("negative", "timer_us\": 60", "-1"), ("jitter", "jitter\": 0.1", "3")]
    {
        let (key, _) = cost.split_once(' ').unwrap();
        let text = COSTS.replace(cost, &format!("{key} {wrong}"));
        assert_ne!(text, COSTS);
        fs::write(folder.0.join(format!("{name}.json")), text).unwrap();
    }
    for (arguments, said) in [
        (&["cpu", "--interval", "0"][..], "0 is not above 0"),
        (&["cpu", "--interval", "-5"], "-5 is not above 0"),
        (&["cpu", "--interval", "nan"], "nan is not above 0"),
        (&["cpu", "--interval", "1e9"], "1e9 is above the maximum of 10000"),
        (&["cpu", "--interval", "1e-9"], "1e-9 is below the minimum of 0.001"),
        (&["cpu", "--interval", "five"], "'five' is not a number"),
        (&["cpu", "--seconds", "inf"], "inf is above the maximum of 3600"),
        (&["cpu", "--threads", "0"], "0 is below the minimum of 1"),
        (&["cpu", "--threads", "1e5"], "100000 is above the maximum of 1024"),
        (&["cpu", "--python", "/no/such/python"], "/no/such/python"),
        (&["cpu", "--python", "/bin/false"], "/bin/false"),
        (&["cpu", "--costs", "huge.json"], "wake_up_us is not between 0 and a second"),
        (&["cpu", "--costs", "negative.json"], "timer_us is not between 0 and a second"),
        (&["cpu", "--costs", "jitter.json"], "jitter is not between 0 and 1"),
        (&["cpu", "--costs", "bad.json"], "not the output of 'gil calibrate --json'"),
        (&["cpu", "--costs", "none.json"], "No such file"),
        (&["cpu", "--trace", "/no/such/folder/file"], "No such file"),
        (&["cpu", "--svg", "/"], "Is a directory"),
    ] {
        let output = folder.gil(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), text.lines().count()), (Some(2), 1), "{arguments:?}: {text}");
        assert!(text.contains(said) && output.stdout.is_empty(), "{arguments:?}: {text}");
    }
    assert!(!Path::new("/no/such").exists());
}
