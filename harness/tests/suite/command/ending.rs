//! Progress, Ctrl-C, and pipes that nobody reads.

#[cfg(unix)]
use std::process::Command;
#[cfg(target_os = "linux")]
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::stopped_after;

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
    for arguments in [
        "backends",
        "count 1e3",
        "list 1e3",
        "list 1e3 --json",
        "list 24 28 --json",
        "nth 1e3",
        "next 1e3",
        "is-prime 97",
        "--help",
        "experiment --limit 1e3 --rounds 1",
    ] {
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
