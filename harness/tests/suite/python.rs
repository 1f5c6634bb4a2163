//! Whether there is an interpreter to test with.

use std::io::Write;
use std::process::Command;

/// Whether there is no `python3`; it is then said aloud, past the capture of the output, that a test does nothing.
pub(crate) fn is_missing(test: &str) -> bool {
    let missing = Command::new("python3").arg("--version").output().is_err();
    if missing {
        std::io::stderr().write_all(format!("test {test} ... skipped: no python3\n").as_bytes()).unwrap();
    }
    missing
}
