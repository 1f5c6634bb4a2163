//! Limits on threads, processes, open files, memory and the size of files, and a system without `/proc`.

use super::{is_missing, shell};
use crate::gil::COSTS;

/// Counts on the calling thread.
const ALONE: &str = "$P count 1e7 --backend single-thread";

/// Commands that need more than one thread or process.
const TOGETHER: [&str; 7] = [
    "$P count 1e8 --algorithm sieve --backend scoped-threads --workers 2",
    "$P count 1e8 --algorithm sieve --backend rayon --workers 2",
    "$P count 1e8 --algorithm sieve --backend global-lock --workers 2",
    "$P count 1e8 --algorithm sieve --backend processes --workers 2",
    "$P race 1e8 --algorithm sieve --workers 2 --backends rayon",
    "$P experiment --limit 1e4",
    "$P verify --backend scoped-threads --cases 1",
];

#[test]
fn one_thread_is_enough_for_a_count() {
    // The superuser may start any number of threads.
    let user = if shell("id -u").stdout == "0\n" { "setpriv --reuid 65534 --regid 65534 --clear-groups " } else { "" };
    if is_missing("a limit of one thread", &format!("{user}bash -c 'ulimit -u 1; exec $P --version'")) {
        return;
    }
    let limited = |command: &str| format!("{user}bash -c 'ulimit -u 1; exec {command}'");
    let ended = shell(&limited(ALONE));
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "664579\n", ""));
    for command in TOGETHER {
        let line = limited(command);
        shell(&line).assert_refusal(&line, "");
    }
}

#[test]
fn a_count_needs_no_open_file() {
    let limited = |command: &str| format!("bash -c 'ulimit -n 4; exec {command}'");
    if is_missing("a limit of four open files", &limited("$P --version")) {
        return;
    }
    for command in [ALONE, TOGETHER[0], TOGETHER[1], TOGETHER[2]] {
        let ended = shell(&limited(command));
        let expected = if command == ALONE { "664579\n" } else { "5761455\n" };
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), expected, ""), "{command}");
    }
    for command in [TOGETHER[3], "$P verify --backend processes --cases 1"] {
        let line = limited(command);
        shell(&line).assert_refusal(&line, "Too many open files");
    }
}

#[test]
fn a_file_that_may_not_grow_is_a_failure_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out").display().to_string();
    let race = "$P race 1e3 --rounds 1 --warmup 0 --backends single-thread";
    let gil = "$P gil cpu --seconds 0.02 --interval 1";
    for (command, said) in [
        (format!("{race} --csv {file} | cat"), format!("cannot write '{file}': File too large")),
        (format!("{gil} --svg {file} | cat"), format!("cannot write '{file}': File too large")),
        (format!("$P count 100 > {file}"), "cannot write to standard output: File too large".to_owned()),
    ] {
        let line = format!("set -o pipefail; ulimit -f 0; {command}");
        shell(&line).assert_refusal(&line, &said);
    }
}

#[test]
fn a_count_needs_no_proc() {
    let without = |command: &str| format!("unshare -rm bash -c 'mount -t tmpfs none /proc && {command}'");
    if is_missing("a system without /proc, which needs unshare", &without("true")) {
        return;
    }
    for lane in ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"] {
        let ended = shell(&without(&format!("$P count 1e7 --algorithm sieve --backend {lane} --workers 1")));
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "664579\n", ""), "{lane}");
    }
    for command in ["$P backends", "$P --help", "$P race 1e4 --rounds 1", "$P experiment --limit 1e3 --rounds 1"] {
        let ended = shell(&without(command));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{command}: {ended:?}");
    }
    // The program cannot be found by the name that it was started by.
    let hidden = without("exec -a /no/such/program $P count 1e7 --algorithm sieve --backend processes");
    shell(&hidden).assert_refusal(&hidden, "/no/such/program");
}

#[test]
fn verify_blames_the_environment_and_not_a_law() {
    let ended = shell("PRIMELANES_CPU=sse9 $P verify --cases 1");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.starts_with("error: invalid value 'sse9' for the environment variable PRIMELANES_CPU"));
    let line = "ulimit -v 60000; $P verify --cases 1";
    shell(line).assert_refusal(line, "out of memory: 201326592 bytes for the threads that the laws need");
    // Each worker process takes two open files, and some laws start more workers than others.
    for files in [4, 8, 12, 20] {
        let line = format!("ulimit -n {files}; $P verify --backend processes --cases 1");
        let ended = shell(&line);
        ended.assert_refusal(&line, "Too many open files");
        assert!(!ended.stdout.contains('✗'), "{ended:?}");
    }
}

#[test]
fn an_experiment_that_runs_out_of_open_files_ends() {
    let folder = tempfile::tempdir().unwrap();
    let costs = folder.path().join("costs.json");
    std::fs::write(&costs, COSTS).unwrap();
    let io = format!("$P gil io --threads 2 --seconds 0.01 --costs {}", costs.display());
    for files in 4..12 {
        for command in ["$P gil calibrate", &io] {
            let ended = shell(&format!("ulimit -n {files}; exec {command}"));
            if ended.code != Some(0) {
                ended.assert_refusal(command, "");
            }
        }
    }
}

#[test]
fn a_count_takes_a_sixteenth_of_a_limited_address_space_by_default() {
    let ended = shell("ulimit -v 1600000; exec $P count 1e12 --explain");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "37607912018\n"), "{ended:?}");
    // `ulimit` counts in units of 1024 bytes.
    assert!(ended.stderr.contains("; the default bound is 102.4 MB"), "{ended:?}");
}
