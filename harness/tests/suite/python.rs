//! The interpreters that tests run.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Names an interpreter that runs without a global lock.
const FREE_THREADED: &str = "PRIMELANES_PYTHON_T";

/// A program that claims to run without a lock. It runs scripts as the real interpreter does, whose lock it keeps.
const IMITATION: &str = r#"#!/usr/bin/env python3
import runpy, sys
sys._is_gil_enabled = lambda: False
arguments = sys.argv[1:]
if "-c" in arguments:
    exec(arguments[arguments.index("-c") + 1])
else:
    sys.argv = arguments[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
"#;

/// Whether there is no `python3`. If so, says on the real standard error, which the test runner does not capture, that
/// the test is skipped.
pub(crate) fn is_missing(test: &str) -> bool {
    let missing = Command::new("python3").arg("--version").output().is_err();
    if missing {
        say(&format!("test {test} ... skipped: no python3"));
    }
    missing
}

/// An interpreter without a global lock.
pub(crate) struct FreeThreaded {
    pub(crate) program: String,
    /// Whether it is `python3` in disguise.
    pub(crate) is_imitation: bool,
}

/// Calls a test with an imitation of an interpreter that has no lock, and with a real one if there is one.
pub(crate) fn without_lock(test: &str, check: impl Fn(&FreeThreaded)) {
    if is_missing(test) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let imitation = folder.path().join("python");
    write_program(&imitation, IMITATION);
    check(&FreeThreaded { program: imitation.to_str().unwrap().to_owned(), is_imitation: true });
    if let Ok(program) = std::env::var(FREE_THREADED) {
        check(&FreeThreaded { program, is_imitation: false });
    } else {
        say(&format!("test {test} ... only imitates a free-threaded Python: {FREE_THREADED} names none"));
    }
}

/// Writes a script that can be run.
pub(crate) fn write_program(file: &Path, text: &str) {
    // Another test may start a process while this one writes. If the process inherited the file, it could not be started.
    let write = "printf '%s' \"$2\" > \"$1\"; chmod +x \"$1\"";
    let written = Command::new("sh").args(["-c", write, "sh"]).arg(file).arg(text).status().unwrap();
    assert!(written.success());
}

fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}
