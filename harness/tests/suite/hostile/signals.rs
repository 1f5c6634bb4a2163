//! Signals at random moments: the exit code is right, an answer is right, and no process is left.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::matrix::assert_right_or_refused;
use super::{Ended, bare, is_missing, shell};

/// The longest that a command may take to end after a signal. It takes milliseconds on an idle machine.
const PROMPT: Duration = Duration::from_secs(10);

/// The lanes of the command.
const LANES: [&str; 5] = ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"];

/// The tests may have been started by `nohup`, which ignores one of these signals.
const DEFAULTS: &str = "--default-signal=INT,TERM,HUP";

/// A command in a session of its own.
pub(super) struct Session(Child);

impl Session {
    /// Starts it in an environment that a line of shell prepares.
    pub(super) fn start(environment: &str, arguments: &str) -> Self {
        let mut command =
            bare(&["setsid", "env", DEFAULTS, "bash", "-c", &format!("{environment} exec $P {arguments}")]);
        Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    pub(super) fn signal(&self, signal: &str) {
        // It may have ended.
        let line = format!("kill -{signal} {}", self.0.id());
        drop(Command::new("bash").args(["-c", &line]).stderr(Stdio::null()).status());
    }

    /// Waits for the end of the command, and of all other processes of its session.
    pub(super) fn end(mut self, what: &str) -> Ended {
        let session = self.0.id();
        let since = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            if since.elapsed() > PROMPT {
                self.signal("KILL");
                panic!("{what}: it does not end");
            }
            sleep(Duration::from_millis(2));
        }
        let ended = self.0.wait_with_output().unwrap().into();
        while !processes_of(session).is_empty() {
            assert!(since.elapsed() < PROMPT, "{what}: processes are left: {:?}", processes_of(session));
            sleep(Duration::from_millis(2));
        }
        ended
    }
}

/// The processes of a session, apart from those that have ended.
fn processes_of(session: u32) -> Vec<String> {
    let stats = fs::read_dir("/proc").unwrap().flatten().filter_map(|process| {
        // A process may end while the list is read.
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned);
        let (state, session) = (fields.next()?, fields.nth(2)?);
        (state != "Z").then_some((session, stat))
    });
    stats.filter(|(of, _)| *of == session.to_string()).map(|(_, stat)| stat).collect()
}

/// Checks that a command ended as the signal asks for, or before it.
pub(super) fn assert_orderly(what: &str, signal: &str, expected: &str, ended: &Ended) {
    let code = match signal {
        "INT" => 130,
        "TERM" => 143,
        _ => 129,
    };
    match ended.code {
        // The signal came before the command handled it, or it was SIGKILL.
        None => assert!(ended.stderr.is_empty(), "{what}: {ended:?}"),
        Some(ended_with) if ended_with == code => {
            assert!(["", "error: cancelled\n"].contains(&ended.stderr.as_str()), "{what}: {ended:?}");
        }
        _ => assert_right_or_refused(what, expected, ended),
    }
}

/// Commands that take a second or more, and what their answer contains.
pub(super) fn commands(lane: &'static str) -> Vec<(String, &'static str)> {
    let task = if lane == "single-thread" { "sequential" } else { lane };
    vec![
        (format!("count 1e10 --algorithm sieve --backend {lane}"), "455052511"),
        (format!("race 1e4 --rounds 300 --backends {lane} --algorithm trial-division"), "1229 primes"),
        (format!("experiment --limit 1e6 --lanes {task}"), "78498 ✓"),
        (format!("verify --backend {lane} --cases 50"), lane),
        // Nobody reads the list, so it never ends.
        (format!("list 1e12 --backend {lane}"), "never"),
        ("gil cpu --seconds 0.5".to_owned(), "Throughput"),
    ]
}

#[test]
fn a_signal_at_any_moment_leaves_nothing_behind() {
    for lane in LANES {
        for (command, expected) in commands(lane) {
            let signal = ["INT", "TERM", "KILL", "HUP"][rand::random_range(0..4)];
            let delay = Duration::from_micros(rand::random_range(0..500_000));
            let what = format!("{command}, {signal} after {delay:?}");
            let session = Session::start("", &command);
            sleep(delay);
            session.signal(signal);
            assert_orderly(&what, signal, expected, &session.end(&what));
        }
    }
}

#[test]
fn every_stage_of_a_command_ends_soon_after_ctrl_c() {
    for (command, delay) in [
        // The lanes are done after a moment. Then the oracle counts for twenty seconds or more.
        ("race 1e13+1 --rounds 1 --warmup 0 --backends scoped-threads --workers 2", 2500),
        // The intervals take half a minute or more.
        ("race 1e4 --rounds 100000 --warmup 0 --backends single-thread", 4000),
        ("verify --backend single-thread --cases 1e6", 1000),
        ("verify --backend processes --cases 1e6", 1000),
    ] {
        let session = Session::start("", command);
        sleep(Duration::from_millis(delay));
        session.signal("INT");
        let ended = session.end(command);
        assert_eq!(ended.code, Some(130), "{command}: {ended:?}");
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    for signal in ["INT", "TERM", "HUP"] {
        let count = "$P count 3e9 --algorithm sieve --backend single-thread";
        let line = format!("trap '' {signal}; {count} & sleep 0.3; kill -{signal} $!; wait $!");
        let ended = shell(&line);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "144449537\n"), "{signal}: {ended:?}");
    }
    // A shell without job control ignores Ctrl-C for its background jobs.
    let ended = shell("$P count 3e9 --algorithm sieve & sleep 0.3; kill -INT $!; wait $!");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "144449537\n"), "{ended:?}");
}

#[test]
fn an_interpreter_runs_though_the_end_of_children_is_ignored() {
    if is_missing("SIGCHLD ignored beside an interpreter, which needs python3", "command -v python3") {
        return;
    }
    let line = "trap '' CHLD; exec $P experiment --limit 1e3 --rounds 1 --lanes python-sequential --python python3";
    let ended = shell(line);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
}
