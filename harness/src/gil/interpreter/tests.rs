//! Tests every script in a real interpreter, if there is one, and programs that are not interpreters.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;

/// A timeout so long that only a hang exceeds it.
const PLENTY: Duration = Duration::from_mins(1);

/// Runs the test with `python3`. If there is none, it reports that on the real standard error, which the test harness
/// does not capture.
fn with_python(test: impl FnOnce(&Interpreter)) {
    match open("python3") {
        Ok(interpreter) => test(&interpreter),
        Err(InterpreterError::Start { .. }) => {
            let name = thread::current().name().unwrap_or_default().to_owned();
            std::io::stderr().write_all(format!("test {name} ... skipped: no python3\n").as_bytes()).unwrap();
        }
        Err(error) => panic!("{error}"),
    }
}

fn open(text: &str) -> Result<Interpreter, InterpreterError> {
    Interpreter::open_within(PLENTY, Invocation::parse(OsStr::new(text)), &AtomicBool::new(false))
}

fn answer(interpreter: &Interpreter, script: Script, parameters: &Value) -> Value {
    interpreter.run(script, parameters, PLENTY, &AtomicBool::new(false)).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn the_interpreter_says_what_it_is() {
    with_python(|python| {
        let name = python.name();
        assert!(name.contains(" 3."), "{name}");
        assert_eq!(name.ends_with(" (free-threaded)"), !python.is_locked());
        assert!(name.contains(&format!(" {}.{}.", python.feature_version().0, python.feature_version().1)), "{name}");
    });
}

#[test]
fn interpreters_with_the_same_name_are_told_apart() {
    with_python(|python| {
        let other = open("python3 -X dev").unwrap();
        assert_eq!(other.name(), python.name());
        let mut three = [python.clone(), other.clone(), Interpreter { name: "Monty 3.1".into(), ..other.clone() }];
        three[2].invocation = Invocation::parse(OsStr::new("monty"));
        Interpreter::tell_apart(&mut three).unwrap();
        let names = [format!("{}: python3", python.name()), format!("{}: python3 -X dev", python.name())];
        assert_eq!(three.each_ref().map(Interpreter::name), [&names[0], &names[1], "Monty 3.1"]);
        let error = Interpreter::tell_apart(&mut [other.clone(), python.clone(), other]).unwrap_err().to_string();
        assert_eq!(error, "the interpreter 'python3 -X dev' is named twice");
    });
}

#[test]
fn counts_of_primes_are_exact_in_every_mode() {
    with_python(|python| {
        let newer = python.has_interpreter_pool().then_some("interpreters");
        for mode in ["sequential", "threads", "processes"].into_iter().chain(newer) {
            for (limit, count) in [(0, 0), (2, 1), (121, 30), (10_000, 1229)] {
                let answer = answer(python, Script::Primes, &json!({"mode": mode, "limit": limit, "tasks": 3}));
                assert_eq!(answer["counts"], json!([count, count, count]), "{mode} up to {limit}");
                assert!(answer["seconds"].as_f64() > Some(0.0) && answer["processor_seconds"].as_f64() >= Some(0.0));
            }
        }
    });
}

#[test]
fn slices_are_as_many_as_the_switches_that_end_them() {
    with_python(|python| {
        for threads in [1, 3] {
            let parameters = json!({"threads": threads, "interval_ms": 1, "seconds": 0.2});
            let answer = answer(python, Script::Cpu, &parameters);
            assert_eq!(answer["slices_ms"].is_null(), !python.is_locked(), "{answer}");
            assert_eq!(answer["switches"].is_null(), !python.is_locked(), "{answer}");
            assert_eq!(numbers(&answer["work"]).len() as u64, threads);
            assert!(answer["seconds"].as_f64() >= Some(0.2));
            let Some(switches) = answer["switches"].as_u64() else { continue };
            let slices = numbers(&answer["slices_ms"]);
            // The end cuts off the last slice of each thread, which does not count. A switch follows every other slice.
            assert!(slices.len() as u64 <= switches && switches < slices.len() as u64 + threads, "{answer}");
            assert!(slices.iter().all(|&slice| slice >= 0.0), "{answer}");
        }
    });
}

#[test]
fn sleepers_sleep_and_late_wake_ups_are_told() {
    with_python(|python| {
        let slept = answer(python, Script::Io, &json!({"mode": "sleep", "threads": 4, "seconds": 0.05}));
        assert!(slept["seconds"].as_f64() >= Some(0.05), "{slept}");
        for cpu_threads in [0, 2] {
            for interpreters in [false, true] {
                let parameters = json!({
                    "cpu_threads": cpu_threads, "interval_ms": 1, "interpreters": interpreters, "sleep_ms": 0.5, "seconds": 0.1,
                });
                if interpreters && cpu_threads > 0 && !python.has_interpreter_pool() {
                    let ran = python.run::<Value>(Script::Convoy, &parameters, PLENTY, &AtomicBool::new(false));
                    assert!(matches!(ran, Err(InterpreterError::Failed { .. })), "{ran:?}");
                    continue;
                }
                let answer = answer(python, Script::Convoy, &parameters);
                assert!(!numbers(&answer["latencies_ms"]).is_empty());
                let work = numbers(&answer["work"]);
                assert!(work.len() == cpu_threads && work.iter().all(|iterations| *iterations > 0.0), "{answer}");
            }
        }
    });
}

#[test]
fn every_request_is_answered() {
    with_python(|python| {
        let asker = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = asker.local_addr().unwrap().port();
        let parameters = json!({"mode": "socket", "port": port, "cpu_threads": 1, "interval_ms": 0.5});
        thread::scope(|scope| {
            scope.spawn(|| {
                let (mut peer, _) = asker.accept().unwrap();
                for _ in 0..20 {
                    peer.write_all(&[1]).unwrap();
                    peer.read_exact(&mut [0]).unwrap();
                }
            });
            assert_eq!(answer(python, Script::Io, &parameters), json!({"answered": 20}));
        });
        // Threads that would compute forever do not keep a script alive that fails.
        drop(asker);
        let failed = python.run::<Value>(Script::Io, &parameters, PLENTY, &AtomicBool::new(false)).unwrap_err();
        assert!(failed.to_string().starts_with("'python3' failed to run io.py: Connection"), "{failed}");
    });
}

#[test]
fn a_call_that_stays_attached_stalls_and_one_that_is_detached_answers_too() {
    with_python(|python| {
        let stall = |mode: &str| {
            [false, true].map(|collects| {
                let parameters = json!({"mode": mode, "collects": collects, "interval_ms": 5, "seconds": 0.1});
                answer(python, Script::Stall, &parameters)["longest_stall_ms"].as_f64().unwrap()
            })
        };
        let attached = stall("attached");
        assert!(attached[1] >= 90.0, "to collect garbage, a thread waits for all that are attached: {attached:?}");
        assert!(!python.is_locked() || attached[0] >= 90.0, "{attached:?}");
        assert!(stall("detached").into_iter().all(|stall| stall > 0.0));
    });
}

#[test]
fn no_update_is_counted_that_was_not_made() {
    with_python(|python| {
        let answer = answer(python, Script::Integrity, &json!({"threads": 2, "interval_ms": 5, "seconds": 0.1}));
        let [expected, counted] = ["expected", "counted"].map(|field| answer[field].as_u64().unwrap());
        assert!(0 < counted && counted <= expected, "{answer}");
        assert!(answer["nanoseconds_per_update"].as_f64() > Some(0.0), "{answer}");
    });
}

#[test]
fn a_script_that_fails_is_quoted() {
    with_python(|python| {
        let never = AtomicBool::new(false);
        for script in Script::ALL {
            let error = python.run::<Value>(script, &json!([]), PLENTY, &never).unwrap_err().to_string();
            let name = script.source().name;
            assert!(error.starts_with(&format!("'python3' failed to run {name}: TypeError: ")), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        let parameters = json!({"mode": "sequential", "limit": 10, "tasks": 1});
        let error = python.run::<Vec<u64>>(Script::Primes, &parameters, PLENTY, &never).unwrap_err().to_string();
        assert!(
            error.starts_with("'python3' printed an invalid result for primes.py: it printed '{\"seconds\""),
            "{error}"
        );
    });
}

#[test]
fn processes_stop_when_cancelled() {
    with_python(|python| {
        let endless = json!({"mode": "processes", "limit": u64::MAX, "tasks": 2});
        let cancel = AtomicBool::new(false);
        let since = Instant::now();
        let result = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(300));
                cancel.store(true, Ordering::Relaxed);
            });
            python.run::<Value>(Script::Primes, &endless, Duration::MAX, &cancel)
        });
        assert!(matches!(result, Err(InterpreterError::Cancelled)), "{result:?}");
        assert!(since.elapsed() < PLENTY);
    });
}

#[cfg(unix)]
mod impostors {
    use super::*;
    use crate::gil::regimes::measured_overhead;

    /// A shell script as a program, and the folder that it is in.
    ///
    /// A shell writes the file. If this process opened it for writing, a child of another test could inherit the open
    /// file and hold it open, and then the program could not be started.
    fn program(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("impostor");
        let write = "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\"; chmod +x \"$1\"";
        let status = Command::new("sh").args(["-c", write, "sh"]).arg(&file).arg(text).status().unwrap();
        assert!(status.success());
        (folder, file)
    }

    fn refusal(program: &Path) -> String {
        let error = open(program.to_str().unwrap()).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
        error
    }

    #[test]
    fn what_cannot_be_started_says_why() {
        assert_eq!(refusal(Path::new("/no/such")), "cannot start '/no/such': No such file or directory");
        assert_eq!(refusal(Path::new("/")), "cannot start '/': Permission denied");
        assert_eq!(refusal(Path::new("")), "cannot start '': No such file or directory");
    }

    #[test]
    fn what_is_no_python_is_quoted() {
        for (text, said) in [
            ("exit 0", "it printed nothing"),
            ("exit 7", "exit status: 7"),
            ("kill -KILL $$", "signal: 9"),
            ("echo '{}'", "it printed '{}' (missing field `implementation`"),
            ("echo; echo spam; echo eggs", "it printed 'spam' ("),
            ("echo first >&2; echo last >&2; echo >&2; exit 1", "last"),
            ("printf '\\033[31mred\\r' >&2; exit 1", "\u{fffd}[31mred"),
            (
                r#"echo '{"implementation":"Monty","version":"3.7.1","feature_version":[3,7],"supported":false,"locked":true,"free_threaded_build":false}'"#,
                "it is Monty 3.7.1",
            ),
        ] {
            let (_folder, program) = program(text);
            let expected = format!("'{}' is not Python 3.8 or newer: {said}", program.display());
            let refusal = refusal(&program);
            assert!(refusal.starts_with(&expected), "{text}: {refusal}");
        }
        for tool in ["true", "cat", "echo"] {
            assert!(refusal(Path::new(tool)).contains(" is not Python 3.8 or newer: "), "{tool}");
        }
    }

    #[test]
    fn only_a_build_that_always_has_a_lock_is_compared_with_one_without() {
        let python = |locked: bool, free_threaded_build: bool| {
            let identity = json!({
                "implementation": "Monty", "version": "3.14.1", "feature_version": [3, 14], "supported": true,
                "locked": locked, "free_threaded_build": free_threaded_build,
            });
            let (_folder, program) = program(&format!("echo '{identity}'"));
            open(program.to_str().unwrap()).unwrap()
        };
        let (usual, with_lock, free) = (python(true, false), python(true, true), python(false, true));
        let overhead = |others: &[(&Interpreter, f64)]| measured_overhead(&[&[(&free, 4.0)], others].concat());
        assert_eq!(overhead(&[]), None);
        assert_eq!(overhead(&[(&with_lock, 6.0)]), None, "it has the overhead too");
        assert_eq!(overhead(&[(&with_lock, 6.0), (&usual, 5.0)]), Some(0.25));
    }

    #[test]
    fn a_flood_of_words_is_cut_off() {
        let (_folder, program) = program("yes spam | head -c 200000000");
        assert!(refusal(&program).contains(" is not Python 3.8 or newer: "));
    }

    #[test]
    fn more_than_a_pipe_holds_on_both_is_read_to_the_end() {
        let (_folder, program) = program("yes | head -c 1000000 >&2; yes | head -c 1000000; echo no >&2; exit 1");
        assert!(refusal(&program).ends_with(": no"));
    }

    #[test]
    fn what_hangs_is_killed_with_all_that_it_started() {
        let (folder, program) = program("{ sleep 1; touch \"$0.survived\"; } & sleep 1000");
        let error = Interpreter::open_within(
            Duration::from_millis(300),
            Invocation::parse(program.as_os_str()),
            &AtomicBool::new(false),
        )
        .unwrap_err()
        .to_string();
        assert_eq!(error, format!("'{}' did not finish identity.py within 0.3 s", program.display()));
        thread::sleep(Duration::from_millis(1500));
        assert!(!folder.path().join("impostor.survived").exists());
    }

    #[test]
    fn what_leaves_a_process_behind_is_not_waited_for() {
        let since = Instant::now();
        let (_folder, program) = program("sleep 1000 & exit 0");
        assert!(refusal(&program).ends_with("it printed nothing"));
        assert!(since.elapsed() < PLENTY);
    }
}
