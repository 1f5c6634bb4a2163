//! Ctrl-C at any moment of an experiment. The command ends, and leaves no process and no file behind.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::experiment::{processes_of, wait_until};
use super::{catches_interrupts, primelanes};
use crate::python;

/// How long a command may take to end. It usually takes some ten milliseconds.
const WATCHDOG: Duration = Duration::from_secs(10);

/// A folder of temporary files. All processes of a command have it in their environment.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("primelanes-interrupts-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = primelanes(arguments);
        command.env("TMPDIR", &self.0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Interrupts the command. Returns its exit code, and what it has printed.
    fn interrupt(&self, mut child: Child, what: &str) -> (Option<i32>, String, String) {
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
        assert!(sent.success());
        let since = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(since.elapsed() < WATCHDOG, "{what} does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        wait_until("end", || processes_of(&self.0) == 0);
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), stdout, stderr)
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Starts the command again and again, and interrupts it at another moment each time.
fn interrupted_at_several_moments(name: &str, arguments: &[&str]) {
    let folder = Folder::new(name);
    for moment in [0, 30, 200, 600, 1300].map(Duration::from_millis) {
        let what = format!("{arguments:?}, interrupted after {moment:?},");
        let child = folder.start(arguments);
        wait_until("start", || catches_interrupts(child.id()));
        std::thread::sleep(moment);
        let ended = folder.interrupt(child, &what);
        assert_eq!(ended, (Some(130), String::new(), "error: cancelled\n".to_owned()), "{what}");
        assert_eq!(folder.files(), [] as [PathBuf; 0], "{what}");
    }
}

#[test]
fn ctrl_c_ends_each_experiment_on_the_lock() {
    for experiment in ["cpu", "io", "convoy", "stall", "integrity", "whatif"] {
        interrupted_at_several_moments(experiment, &["gil", experiment, "--seconds", "3000"]);
    }
}

#[test]
fn ctrl_c_ends_each_experiment_on_the_lock_in_python_too() {
    if python::is_missing("ctrl_c_ends_each_experiment_on_the_lock_in_python_too") {
        return;
    }
    for experiment in ["cpu", "io", "convoy", "stall", "integrity", "whatif"] {
        let name = format!("{experiment}-python");
        interrupted_at_several_moments(&name, &["gil", experiment, "--seconds", "3000", "--python", "python3"]);
    }
}

#[test]
fn ctrl_c_ends_the_experiment_on_each_lane() {
    for lane in ["sequential", "global-lock", "scoped-threads", "rayon", "processes"] {
        interrupted_at_several_moments(lane, &["--limit", "1e15", "--lanes", lane]);
    }
    if !python::is_missing("ctrl_c_ends_the_experiment_on_each_lane") {
        for lane in ["python-sequential", "python-threads", "python-processes"] {
            interrupted_at_several_moments(lane, &["--limit", "1e15", "--python", "python3", "--lanes", lane]);
        }
    }
}

#[test]
fn ctrl_c_ends_the_start_of_many_worker_processes() {
    interrupted_at_several_moments(
        "start",
        &["--limit", "1e4", "--tasks", "200", "--lanes", "processes", "--rounds", "1000"],
    );
}

#[test]
fn ctrl_c_ends_a_calibration() {
    let folder = Folder::new("calibrate");
    for moment in [0, 30, 200].map(Duration::from_millis) {
        let child = folder.start(&["gil", "calibrate"]);
        wait_until("start", || catches_interrupts(child.id()));
        std::thread::sleep(moment);
        let (code, stdout, _) = folder.interrupt(child, "a calibration");
        assert_eq!((code, stdout.as_str()), (Some(130), ""), "after {moment:?}");
    }
}

#[test]
fn ctrl_c_ends_the_identification_of_an_interpreter() {
    let folder = Folder::new("identity");
    let program = folder.0.join("impostor");
    // A shell writes the file, because a child of another test could inherit a file that this process has open.
    let write = "printf '#!/bin/sh\\nsleep 1000\\n' > \"$1\"; chmod +x \"$1\"";
    assert!(Command::new("sh").args(["-c", write, "sh"]).arg(&program).status().unwrap().success());
    for command in ["gil cpu", "experiment"] {
        let arguments: Vec<_> = command.split(' ').chain(["--python", program.to_str().unwrap()]).collect();
        let child = folder.start(&arguments);
        // These are the command, the shell that ends the program, the program, and its sleep.
        wait_until("start", || processes_of(&folder.0) == 4);
        // There is no handler yet. The signal ends the command, and with it all that it started.
        let (code, stdout, stderr) = folder.interrupt(child, command);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (None, "", ""), "{command}");
        assert_eq!(folder.files(), [program.as_path()] as [&Path; 1]);
    }
}
