//! The command as a user meets it.

mod arguments;
mod count;
mod ending;
mod experiment;
#[cfg(target_os = "linux")]
mod interrupts;
#[cfg(target_os = "linux")]
mod journal;
mod lanes;
mod list;
mod primes;
mod race;
mod report;

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

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

/// Starts the command, and sends Ctrl-C after a delay once it handles it. Panics if the command does not end within a
/// generous timeout.
#[cfg(target_os = "linux")]
fn stopped_after(delay: Duration, arguments: &[&str]) -> Output {
    ended_by("INT", delay, arguments)
}

/// Does the same with any signal.
#[cfg(target_os = "linux")]
fn ended_by(signal: &str, delay: Duration, arguments: &[&str]) -> Output {
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
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().unwrap();
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
