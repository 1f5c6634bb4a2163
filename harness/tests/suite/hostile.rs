//! The command in hostile environments: closed streams, full disks, pipes for files, tight limits, no `/proc`, no network,
//! and signals at any moment. Whatever happens, an answer is right, and a failure is one line.

mod files;
mod journal;
mod limits;
mod list;
mod matrix;
mod network;
mod signals;
mod soak;
mod storm;
mod streams;
mod terminal;

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// The path of the command.
const PRIMELANES: &str = env!("CARGO_BIN_EXE_primelanes");

/// How a line of shell ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        Self { code: output.status.code(), stdout, stderr }
    }
}

impl Ended {
    /// Checks that the command failed with an error in one line that contains this text.
    fn assert_refusal(&self, line: &str, said: &str) {
        assert_eq!(self.code, Some(1), "{line}: {self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{line}: {self:?}");
        assert!(self.stderr.starts_with("error: ") && self.stderr.contains(said), "{line}: {self:?}");
    }
}

/// Runs a line of shell, in which `$P` is the command. A line that hangs ends with code 124.
fn shell(line: &str) -> Ended {
    bare(&["timeout", "-k", "5", "60", "bash", "-c", line]).stdin(Stdio::null()).output().unwrap().into()
}

/// A program without the variables of this project, apart from `$P`.
fn bare(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env("P", PRIMELANES);
    for variable in ["PRIMELANES_BACKEND", "PRIMELANES_WORKERS", "PRIMELANES_CPU"] {
        command.env_remove(variable);
    }
    command
}

/// Returns whether a line of shell fails that only prepares an environment. If so, says on the real standard error, which
/// the test runner does not capture, that the test leaves this environment out.
fn is_missing(what: &str, preparation: &str) -> bool {
    let missing = shell(preparation).code != Some(0);
    if missing {
        std::io::stderr().write_all(format!("hostile environment left out: {what}\n").as_bytes()).unwrap();
    }
    missing
}
