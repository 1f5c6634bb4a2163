//! The command as a user meets it.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use primelanes_harness::conformance::Law;
use serde_json::Value;

use super::python;

fn primelanes(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_primelanes"));
    command.args(arguments).env_remove("PRIMELANES_BACKEND").env_remove("PRIMELANES_WORKERS").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    primelanes(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(arguments)).unwrap()
}

/// Runs a command that must fail with nothing on standard output. Returns its exit code and standard error.
fn refusal(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_count_is_alone_on_standard_output() {
    assert_eq!(stdout(&["count", "1e6"]), "78498\n");
    assert_eq!(stdout(&["count", "10**6", "--algorithm", "trial-division", "--backend", "global-lock"]), "78498\n");
    assert_eq!(stdout(&["count", "2", "3"]), "2\n");
    assert_eq!(stdout(&["count", "10", "5"]), "0\n");
    assert_eq!(stdout(&["count", "2^64-58", "2^64-50", "--algorithm", "trial-division"]), "0\n");
}

#[test]
fn a_count_as_json_says_what_was_done() {
    let counted =
        json(&["count", "1_000", "2e3", "--algorithm", "sieve", "--backend", "rayon", "--workers", "3", "--json"]);
    let fields = ["start", "stop", "count", "algorithm", "backend", "workers"].map(|field| counted[field].clone());
    assert_eq!(fields, [1000.into(), 2000.into(), 135.into(), "sieve".into(), "rayon".into(), Value::from(3)]);
    assert!(counted["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_count_explains_how_it_is_done() {
    let explained = |arguments: &[&str], cpu: &str| {
        let output = primelanes(arguments).arg("--explain").env("PRIMELANES_CPU", cpu).output().unwrap();
        (output.status.code(), [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()))
    };
    for (range, chosen) in [
        (["count", "1e9", "1e9+1e6"], "sieve by all primes"),
        (["count", "1e18", "1e18+100"], "sieve by primes up to 65536"),
        (["count", "0", "1e7"], "pi(x) by the combinatorial method\ny         "),
    ] {
        let (code, [count, plan]) = explained(&range, "portable");
        assert_eq!((code, count), (Some(0), stdout(&range)));
        assert!(plan.starts_with("cpu       portable of portable"), "{plan:?}");
        assert!(plan.contains(&format!("\nplan      {chosen}")), "{plan:?}");
        let fault = "unknown instruction set 'sse9': expected one of portable, avx2, avx512";
        let (code, [count, error]) = explained(&range, "sse9");
        assert_eq!((code, count.as_str()), (Some(2), ""));
        assert_eq!(
            error,
            format!("error: invalid value 'sse9' for the environment variable PRIMELANES_CPU: {fault}\n")
        );
    }
}

#[test]
fn a_count_shows_its_plan_and_numbers_in_full() {
    let counted = json(&["count", "0", "1e6", "--algorithm", "sieve", "--json"]);
    assert_eq!(counted["plan"]["sieve"]["wheel"], 30);
    assert!(json(&["count", "1e7", "--json"])["plan"]["combinatorial"]["y"].as_u64() > Some(100));
    assert_eq!(json(&["count", "1000", "--json"])["plan"], "table");
    assert_eq!(json(&["count", "1e12", "1e12+100", "--json"])["plan"], "sieve-and-test");
    let empty = stdout(&["count", "2^128-1", "7", "--json"]);
    assert!(empty.starts_with(r#"{"start":340282366920938463463374607431768211455,"stop":7,"count":0,"#), "{empty}");
    assert!(empty.contains(r#""plan":"empty""#), "{empty}");
}

#[test]
fn the_environment_chooses_and_an_argument_wins() {
    let count = |backend: &str, workers: &str, arguments: &[&str]| {
        let mut command = primelanes(&["count", "10", "--json"]);
        command.args(arguments).env("PRIMELANES_BACKEND", backend).env("PRIMELANES_WORKERS", workers);
        command.output().unwrap()
    };
    let chosen = |output: Output| {
        let counted: Value = serde_json::from_slice(&output.stdout).unwrap();
        format!("{}/{}", counted["backend"].as_str().unwrap(), counted["workers"])
    };
    assert_eq!(chosen(count("global-lock", "5", &[])), "global-lock/5");
    assert_eq!(chosen(count("global-lock", "5", &["--backend", "rayon", "--workers", "3"])), "rayon/3");
    assert_eq!(chosen(count("global-lock", "5", &["--backend", "single-thread"])), "single-thread/1");
    assert_eq!(chosen(count("", "", &["--workers", "2"])), "scoped-threads/2");
    for (backend, workers, said) in
        [("gpu", "1", "PRIMELANES_BACKEND: unknown backend 'gpu'"), ("rayon", "-3", "'-3' is -3, which is below 0")]
    {
        let refused = count(backend, workers, &[]);
        let text = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), text.lines().count()), (Some(2), 1), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_bad_value_is_one_line_and_code_2() {
    for (arguments, said) in [
        (&["count", ""][..], "found nothing"),
        (&["count", "-1"], "'-1' is -1, which is below 0"),
        (&["count", "1e"], "at the end of '1e'"),
        (&["count", "1.5"], "not a whole number"),
        (&["count", "0x10"], "instead of 'x' at character 2"),
        (&["count", "1e39"], "above 2^128-1 = 340282366920938463463374607431768211455"),
        (&["count", "2^128"], "above 2^128-1 = 340282366920938463463374607431768211455"),
        (&["count", "0", "10**30", "--algorithm", "sieve"], "sieve counts up to 18446744073709551615"),
        (
            &["count", "2^64", "--algorithm", "sieve"],
            "18446744073709551615, but the range ends at 18446744073709551616",
        ),
        (&["count", "2^80"], "1208925819614629174706175, but the range ends at 1208925819614629174706176"),
        (&["count", "2^128-1", "2^128-1"], "the range ends at 340282366920938463463374607431768211455"),
        (&["count", "2^64", "--algorithm", "trial-division"], "trial-division counts up to 18446744073709551615"),
        (&["race", "2^64"], "above 2^64-1 = 18446744073709551615"),
        (&["count", "nan"], "instead of 'n'"),
        (&["count", "10", "--workers", "0"], "0 is below the minimum of 1"),
        (&["count", "10", "--workers", "2", "--backend", "single-thread"], "at most 1 worker, not 2"),
        (&["count", "10", "--workers", "1e9", "--backend", "rayon"], "at most 1024 workers, not 1000000000"),
        (&["count", "10", "--backend", "gpu"], "single-thread, scoped-threads, rayon, global-lock, processes"),
        (
            &["count", "10", "--workers", "257", "--backend", "processes"],
            "processes takes at most 256 workers, not 257",
        ),
        (&["count", "10", "--algorithm", "quadratic"], "auto, trial-division, sieve"),
        (&["count", "10", "--progress", "maybe"], "[possible values: auto, always, never]"),
        (&["experiment", "--lanes", "sequential,gil"], "unknown lane 'gil'"),
        (&["experiment", "--rounds", "0"], "0 is below the minimum of 1"),
        (
            &["experiment", "--lanes", "rayon,python-threads"],
            "the lane python-threads needs a Python interpreter: name one with --python",
        ),
        (&["experiment", "--python", "/no/such"], "cannot start '/no/such': No such file or directory"),
        (&["--python", "true"], "'true' is not Python 3.8 or newer: it printed nothing"),
        (&["experiment", "--tasks", "1e5", "--limit", "10"], "scoped-threads takes at most 1024 workers, not 100000"),
        (&["--limit", "2^65"], "above 2^64-1"),
        (&["race", "-1"], "'-1' is -1, which is below 0"),
        (&["race", "10", "--workers", "1,0"], "0 is below the minimum of 1"),
        (
            &["race", "10", "--backends", "rayon,single-thread", "--workers", "2"],
            "single-thread takes at most 1 worker",
        ),
        (&["race", "10", "--backends", "rayon,gpu"], "unknown backend 'gpu'"),
        (&["race", "1e12", "--csv", "/no/such/folder/file"], "'/no/such/folder/file' for '--csv <FILE>': No such file"),
        (&["race", "1e12", "--svg", "/"], "'/' for '--svg <FILE>': Is a directory"),
        (&["race", "10", "--rounds", "2^64-1"], "18446744073709551615 is above the maximum of 100000"),
        (&["race", "10", "--warmup", "1e6"], "1000000 is above the maximum of 100000"),
        (&["race", "10", "--warmup", "-1"], "'-1' is -1, which is below 0"),
        (&["verify", "--backend", "gpu"], "unknown backend 'gpu'"),
        (&["verify", "--cases", "0"], "0 is below the minimum of 1"),
        (&["verify", "--cases", "1e10"], "10000000000 is above the maximum of 4294967295"),
        (&["verify", "--seed", "-1"], "'-1' is -1, which is below 0"),
    ] {
        let (code, text) = refusal(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.contains(said), "{arguments:?}: {text}");
    }
}

#[test]
fn misuse_is_a_short_message_and_code_2() {
    for arguments in [&["count"][..], &["count", "1", "2", "3"], &["fly"], &["count", "1", "--wings"]] {
        let (code, text) = refusal(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains("Usage: primelanes") && text.lines().count() <= 8, "{arguments:?}: {text}");
    }
}

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
    assert_eq!(text.matches("1229 ✓").count(), 8 * 2, "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.contains(" itself: 2 threads ran ") && last.contains(", 2 processes "), "{text}");
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
    assert!(report["interpreter"].as_str().unwrap().contains(" 3."), "{report}");
    let (code, text) = refusal(&[&common[..], &["--tasks", "300", "--lanes", "python-processes"]].concat());
    assert_eq!((code, text.as_str()), (Some(2), "error: python-processes takes at most 256 workers, not 300\n"));
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
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_mins(1), "the scripts do not {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The number of processes with the folder in their environment.
#[cfg(target_os = "linux")]
fn processes_of(folder: &std::path::Path) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    environments.filter(|text| String::from_utf8_lossy(text).contains(folder.to_str().unwrap())).count()
}

#[test]
fn a_race_ends_with_who_won_and_by_how_much() {
    let text = stdout(&["race", "1e4", "--algorithm", "trial-division", "--workers", "1,2", "--rounds", "6"]);
    assert!(text.starts_with("1229 primes up to 10000 by trial-division, 6 rounds on "), "{text}");
    for lane in ["single-thread/1", "scoped-threads/1", "scoped-threads/2", "rayon/2", "global-lock/2"] {
        assert_eq!(text.lines().filter(|line| line.starts_with(&format!(" {lane} "))).count(), 1, "{lane}: {text}");
    }
    assert!(!text.contains("single-thread/2"), "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.contains(" times as fast as ") && last.ends_with("; every count is right."), "{text}");
    let markdown = stdout(&["race", "1e3", "--rounds", "1", "--warmup", "0", "--backends", "rayon", "--markdown"]);
    assert!(markdown.contains("\n| rayon/1 "), "{markdown}");
}

#[test]
fn a_race_leaves_all_its_samples() {
    let folder = std::env::temp_dir().join(format!("primelanes-race-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let [csv, svg] = ["race.csv", "race.svg"].map(|name| folder.join(name).to_str().unwrap().to_owned());
    let common = ["race", "1e4", "--backends", "rayon,processes", "--workers", "1,1,100", "--rounds", "3", "--json"];
    let report = json(&[&common[..], &["--csv", &csv, "--svg", &svg]].concat());
    assert_eq!((&report["stop"], &report["expected"], &report["rounds"]), (&10_000.into(), &1229.into(), &3.into()));
    let lanes = report["lanes"].as_array().unwrap();
    assert_eq!(lanes.len(), 4);
    for lane in lanes {
        assert_eq!(
            (lane["seconds"].as_array().unwrap().len(), lane["counts"] == Value::from(vec![1229; 3])),
            (3, true)
        );
        assert_eq!(lane["oversubscribed"], lane["workers"] == 100);
        assert_eq!(lane["median"]["interval"], Value::Null, "three rounds are too few");
    }
    assert_eq!(report["amdahl"], Value::from(Vec::<Value>::new()));
    let [csv, svg] = [csv, svg].map(|file| std::fs::read_to_string(file).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(csv.lines().count(), 1 + 4 * 3);
    assert!(svg.contains("rayon/100 *") && svg.trim_end().ends_with("</svg>"), "{svg}");
}

#[test]
fn every_lane_is_verified_one_line_a_law() {
    let text = stdout(&["verify", "--cases", "2", "--seed", "7"]);
    assert_eq!(text.matches("(seed 7, 2 cases per law, declares at most ").count(), 5, "{text}");
    // Two laws observe tiles as they run, which is not possible in worker processes.
    assert_eq!(text.lines().filter(|line| line.starts_with("  ✓ ")).count(), 5 * Law::ALL.len() - 2, "{text}");
    assert_eq!(text.lines().count(), 5 * (1 + Law::ALL.len()), "{text}");
    let report = json(&["verify", "--backend", "rayon", "--cases", "2", "--json"]);
    assert_eq!((&report["passed"], report["backends"].as_array().unwrap().len()), (&true.into(), 1));
    let lane = &report["backends"][0];
    assert_eq!((&lane["backend"], &lane["cases"]), (&"rayon".into(), &2.into()));
    let laws = lane["laws"].as_array().unwrap();
    assert_eq!(laws.len(), Law::ALL.len());
    assert!(laws.iter().all(|law| law["verdict"] == "holds"), "{report}");
}

#[test]
fn the_lanes_are_listed() {
    let lines = stdout(&["backends"]);
    let names: Vec<_> = lines.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"]);
    let list = json(&["backends", "--json"]);
    let listed: Vec<_> = list.as_array().unwrap().iter().map(|lane| lane["name"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
}

#[cfg(target_os = "linux")]
#[test]
fn progress_is_on_standard_error_and_unasked_only_on_a_terminal() {
    let long_enough_to_draw = Duration::from_secs(2);
    let piped = stopped_after(long_enough_to_draw, &["count", "1e12", "--algorithm", "sieve"]);
    assert_eq!(String::from_utf8(piped.stderr).unwrap(), "error: cancelled\n");
    let shown = stopped_after(long_enough_to_draw, &["count", "1e12", "--algorithm", "sieve", "--progress", "always"]);
    assert!(shown.stdout.is_empty(), "{shown:?}");
    let bar = String::from_utf8(shown.stderr).unwrap();
    assert!(bar.contains("sieve [") && bar.contains("numbers/s") && bar.contains("left"), "{bar:?}");
    let shown = stopped_after(long_enough_to_draw, &["count", "1e18", "--progress", "always"]);
    let bar = String::from_utf8(shown.stderr).unwrap();
    assert!(bar.contains("pi(x) [") && bar.contains('%') && !bar.contains("numbers/s"), "{bar:?}");
}

/// Starts the command, and sends Ctrl-C after a delay once it handles it. Panics if the command does not end within a
/// generous timeout.
#[cfg(target_os = "linux")]
fn stopped_after(delay: Duration, arguments: &[&str]) -> Output {
    let mut child = primelanes(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let since = Instant::now();
    let waited = |what: &str| {
        assert!(since.elapsed() < Duration::from_mins(1), "{arguments:?} does not {what}");
        std::thread::sleep(Duration::from_millis(5));
    };
    while !catches_interrupts(child.id()) {
        waited("catch interrupts");
    }
    std::thread::sleep(delay);
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(sent.success());
    while child.try_wait().unwrap().is_none() {
        waited("stop");
    }
    child.wait_with_output().unwrap()
}

/// Whether the process has a handler for SIGINT: the second bit of the mask of caught signals.
#[cfg(target_os = "linux")]
fn catches_interrupts(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & 0b10 != 0
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_stops_one_huge_candidate() {
    for backend in ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"] {
        let huge = ["count", "2^64-59", "2^64-59", "--algorithm", "trial-division", "--backend", backend];
        let output = stopped_after(Duration::ZERO, &huge);
        assert_eq!(output.status.code(), Some(130), "{backend}: {output:?}");
        assert!(output.stdout.is_empty(), "{backend}: {output:?}");
    }
    let output = stopped_after(Duration::ZERO, &["experiment", "--limit", "1e13"]);
    assert_eq!(output.status.code(), Some(130), "{output:?}");
}

#[cfg(unix)]
#[test]
fn a_broken_pipe_is_quiet() {
    for arguments in ["backends", "count 1e3", "--help", "experiment --limit 1e3 --rounds 1"] {
        // The reader has ended before the first byte.
        let line =
            format!("{{ sleep 0.2; {} {arguments}; echo code $? >&2; }} | true", env!("CARGO_BIN_EXE_primelanes"));
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "code 0\n", "{arguments}");
    }
    let line = format!("{{ sleep 0.2; {} count 1e; echo code $? >&3; }} 2>&1 | true", env!("CARGO_BIN_EXE_primelanes"));
    let output = Command::new("sh").args(["-c", &format!("exec 3>&1; {line}")]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "code 2\n");
}
