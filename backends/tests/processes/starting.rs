//! How a pool starts, is used again, and ends.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use primelanes_backends::probe::Probe;
use primelanes_backends::{
    Algorithm, Backend, BackendKind, Control, Error, PrimeCounter, Processes, Query, SingleThread, worker,
};

use super::saboteur::{command, open};
use super::system::{processes_of, sieve, state_of, tiles_of, wait_until, workers};

super::trials! {
    a_registered_program_is_the_lane,
    counts_are_those_of_one_thread,
    one_pool_serves_one_fold_after_another,
    a_program_that_cannot_be_started_is_named,
    a_program_that_is_not_a_worker_is_named,
    a_worker_of_another_version_is_refused,
    more_workers_than_files_are_refused,
    a_cancelled_start_waits_for_no_greeting,
    workers_exit_when_they_are_told_to,
    a_worker_that_is_not_greeted_exits,
    a_worker_refuses_to_work_for_strangers,
    a_worker_that_forgets_to_serve_starts_no_workers,
    workers_that_do_not_exit_are_not_waited_for_one_by_one,
}

fn a_registered_program_is_the_lane() {
    let program = std::env::current_exe().unwrap();
    worker::register(program, ["worker"]);
    let lane = BackendKind::Processes.open(workers(2)).unwrap();
    assert_eq!((lane.label(), lane.workers()), ("processes", workers(2)));
    assert_eq!(sieve(&lane, 1_000_000), Ok(78_498));
    assert!(!lane.time_elsewhere().is_zero());
    assert_eq!(BackendKind::Processes.build(workers(1)).unwrap().name(), "processes");
}

fn counts_are_those_of_one_thread() {
    let lane = open(2, &[]);
    for range in [0..=100, 999_000..=1_001_000, 0..=5_000_000, (1 << 40)..=(1 << 40) + 10_000] {
        for algorithm in [Algorithm::Sieve, Algorithm::TrialDivision] {
            if algorithm == Algorithm::Sieve || *range.end() <= 1_001_000 {
                let query = Query::range(range.clone()).algorithm(algorithm);
                assert_eq!(lane.count(&query), SingleThread.count(&query), "{algorithm} over {range:?}");
            }
        }
    }
}

fn one_pool_serves_one_fold_after_another() {
    let lane = open(2, &[]);
    let started = lane.process_ids();
    for tiles in [100, 3, 0, 1000] {
        let visits = lane.fold(&Probe::new(tiles), &Control::new()).unwrap();
        assert_eq!(tiles_of(&visits), (0..tiles).collect::<Vec<_>>());
        assert!(processes_of(&visits).iter().all(|id| started.contains(id)), "{visits:?}");
    }
    assert_eq!((lane.process_ids(), lane.replaced()), (started, 0));
}

fn refusal(command: Command) -> String {
    Processes::with_command(workers(2), command).unwrap_err().to_string()
}

fn a_program_that_cannot_be_started_is_named() {
    assert_eq!(
        refusal(Command::new("/no/such/program")),
        "processes could not start 2 workers: '/no/such/program': No such file or directory (os error 2)"
    );
}

fn a_program_that_is_not_a_worker_is_named() {
    let shell = |script: &str| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        refusal(command)
    };
    let no_worker =
        |why: &str| format!("processes is not available: '/bin/sh' is not a worker that this program can use: {why}");
    assert_eq!(shell("exit 7"), no_worker("it ended: exit status: 7"));
    let greeted = |with: &str| no_worker(&format!("\"{with}\" is not the greeting of a worker"));
    assert_eq!(shell("echo hello >&0"), greeted("hello\\n"));
    assert_eq!(shell("exec cat >&0"), greeted("primelanes>"));
    assert_eq!(shell("exec yes >&0 2>&-"), greeted("y\\ny\\ny\\ny\\ny\\ny"));
    assert_eq!(shell("exec sleep 60"), no_worker("it did not greet within 10s"));
}

fn a_worker_of_another_version_is_refused() {
    let mut newer = Command::new("/bin/sh");
    newer.args(["-c", r"exec >&0; printf 'primelanes<\377\0\0\0\1\0\0\0'; exec cat"]);
    let said = refusal(newer);
    assert!(said.contains("the other end speaks version 255.1 of the wire protocol, and this end speaks 3."), "{said}");
}

fn more_workers_than_files_are_refused() {
    let refused = Processes::with_command(workers(257), command(&[])).err();
    assert_eq!(refused, Some(Error::TooManyWorkers { backend: "processes".into(), requested: 257, max: 256 }));
}

fn a_cancelled_start_waits_for_no_greeting() {
    let silent = |script: &str| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    };
    let since = Instant::now();
    let stop = AtomicBool::new(false);
    let control = Control::new().cancel(&stop);
    let started = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            stop.store(true, Ordering::Relaxed);
        });
        Processes::start(workers(2), silent("exec sleep 60"), &control).err()
    });
    // Without the cancellation, the start would wait ten seconds for a greeting.
    assert!(started == Some(Error::Cancelled) && since.elapsed() < Duration::from_secs(8), "{started:?}");

    let file = tempfile::NamedTempFile::new().unwrap();
    let writing = silent(&format!("echo started > {}", file.path().display()));
    assert_eq!(Processes::start(workers(2), writing, &control).err(), Some(Error::Cancelled));
    assert_eq!(
        std::fs::read(file.path()).unwrap(),
        b"",
        "a start that was cancelled before it began started a program"
    );
}

/// A program that forgets to serve: it starts workers even when it is one.
pub(super) fn forgetful() {
    worker::register(std::env::current_exe().unwrap(), ["forgetful"]);
    eprintln!("{}", Processes::new(workers(2)).unwrap_err());
    std::process::exit(1);
}

fn a_worker_that_forgets_to_serve_starts_no_workers() {
    let output = Command::new(std::env::current_exe().unwrap()).arg("forgetful").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    // The error of the parent quotes the error of the worker.
    for part in ["is not a worker that this", "this process was itself started as a worker, so it must serve as one"] {
        assert!(said.contains(part) && said.lines().count() == 1, "{said}");
    }
}

fn workers_that_do_not_exit_are_not_waited_for_one_by_one() {
    let mut command = Command::new("/bin/sh");
    let this = std::env::current_exe().unwrap();
    command.args(["-c", r#"trap "" HUP TERM; "$0" worker; sleep 3600"#]).arg(this);
    let lane = Processes::with_command(workers(20), command).unwrap();
    let ids = lane.process_ids();
    assert_eq!(sieve(&lane, 1_000), Ok(168));
    let clock = std::time::Instant::now();
    drop(lane);
    println!("20 workers that do not exit were killed within {:?}", clock.elapsed());
    assert!(ids.into_iter().all(|id| state_of(id).is_none()));
}

fn workers_exit_when_they_are_told_to() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // A program that leaves a note when it exits by itself.
    let mut command = Command::new("/bin/sh");
    let this = std::env::current_exe().unwrap();
    command.args(["-c", r#""$0" worker; echo ended >> "$1""#]).arg(this).arg(file.path());
    let lane = Processes::with_command(workers(2), command).unwrap();
    assert_eq!(sieve(&lane, 1_000), Ok(168));
    drop(lane);
    wait_until("both have ended", || std::fs::read_to_string(file.path()).unwrap() == "ended\nended\n");
}

fn a_worker_that_is_not_greeted_exits() {
    let alone = command(&[]).stdin(Stdio::null()).output().unwrap();
    assert!(alone.status.success() && alone.stdout.is_empty(), "{alone:?}");
}

fn a_worker_refuses_to_work_for_strangers() {
    let answered = |greeting: &[u8]| {
        let piped = || Stdio::piped();
        let (mut connection, theirs) = UnixStream::pair().unwrap();
        let worker = command(&[]).stdin(OwnedFd::from(theirs)).stdout(piped()).stderr(piped()).spawn().unwrap();
        connection.write_all(greeting).unwrap();
        connection.shutdown(Shutdown::Write).unwrap();
        let (mut answer, output) = (Vec::new(), worker.wait_with_output().unwrap());
        connection.read_to_end(&mut answer).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
        (answer, String::from_utf8(output.stderr).unwrap())
    };
    // It greets back, so that a parent process of another version can say what is wrong.
    let (greeting, said) = answered(b"primelanes>\xff\0\0\0\x01\0\0\0");
    assert!(
        greeting.starts_with(b"primelanes<")
            && said.contains("the other end speaks version 255.1 of the wire protocol"),
        "{said}"
    );
    let (greeting, said) = answered(b"count the primes, please");
    assert!(
        greeting.is_empty() && said.contains("\\\"count the p\\\" is not the greeting of a parent process"),
        "{said}"
    );
    let (_, said) = answered(b"primelanes>");
    assert!(said.contains("it ends too early"), "{said}");
}
