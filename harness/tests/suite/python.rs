//! Whether there is an interpreter to test with.

use std::io::Write;
use std::process::Command;

/// Whether there is no `python3`. If so, says on the real standard error, which the test runner does not capture, that
/// the test is skipped.
pub(crate) fn is_missing(test: &str) -> bool {
    let missing = Command::new("python3").arg("--version").output().is_err();
    if missing {
        std::io::stderr().write_all(format!("test {test} ... skipped: no python3\n").as_bytes()).unwrap();
    }
    missing
}
