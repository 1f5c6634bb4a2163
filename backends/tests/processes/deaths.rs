//! Workers that die at any moment, and a parent process that dies before its workers.

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::probe::{Probe, Trouble};
use primelanes_backends::{Backend, Control, Error, PrimeCounter, Processes, Progress, Query, SingleThread};
use rustix::process::Signal;

use super::saboteur::open;
use super::system::{children, descriptors, is_gone, kill_all, sieve, signal, slow, state_of, tiles_of, wait_until};

super::trials! {
    workers_killed_without_a_run_are_replaced,
    the_run_of_a_killed_worker_is_done_again,
    killing_all_workers_again_and_again_does_not_change_the_answer,
    a_stopped_worker_is_replaced,
    a_tile_that_no_worker_survives_is_named,
    a_tile_that_no_worker_finishes_is_named,
    a_long_tile_that_beats_is_waited_for,
    a_panic_ends_no_process,
    a_cancelled_stall_is_not_waited_for,
    workers_end_with_their_parent,
    workers_end_with_their_parent_even_if_their_connection_stays_open,
    a_deleted_program_is_not_missed_while_workers_are_left,
    workers_that_start_slowly_are_waited_for,
    the_timeout_can_be_endless,
    nothing_is_left_behind,
}

fn workers_killed_without_a_run_are_replaced() {
    let lane = open(3, &[]);
    for round in 1..=3 {
        let before = lane.process_ids();
        kill_all(&lane);
        wait_until("all are gone", || before.iter().all(|&id| is_gone(id)));
        assert_eq!(lane.fold(&slow(30), &Control::new()).map(|visits| tiles_of(&visits)), Ok((0..30).collect()));
        assert_eq!(lane.replaced(), 3 * round);
        assert!(lane.process_ids().iter().all(|id| !before.contains(id)));
    }
}

/// Folds, and does harm at each fifth of the way. By then the tiles before are done, so that none are hit twice.
fn at_each_fifth<T>(work: impl FnOnce(&Control<'_>) -> T, harm: impl Fn() + Sync) -> T {
    let next = AtomicU64::new(1);
    let observer = |progress: Progress| {
        let fifth = next.load(Ordering::Relaxed);
        if fifth < 5 && progress.done * 5 >= progress.total * fifth {
            next.store(fifth + 1, Ordering::Relaxed);
            harm();
        }
        ControlFlow::Continue(())
    };
    let worked = work(&Control::new().progress(&observer));
    assert_eq!(next.into_inner(), 5, "the harm was done four times");
    worked
}

fn the_run_of_a_killed_worker_is_done_again() {
    let lane = open(2, &[]);
    let fold = |control: &Control<'_>| lane.fold(&slow(1000), control);
    let visits = at_each_fifth(fold, || signal(lane.process_ids()[0], Signal::KILL));
    assert_eq!(visits.map(|visits| tiles_of(&visits)), Ok((0..1000).collect()));
    assert!(lane.replaced() > 0);
}

fn killing_all_workers_again_and_again_does_not_change_the_answer() {
    let lane = open(3, &[]);
    let visits = at_each_fifth(|control| lane.fold(&slow(2000), control), || kill_all(&lane));
    assert_eq!(visits.map(|visits| tiles_of(&visits)), Ok((0..2000).collect()));
    assert!(lane.replaced() >= 3);
}

/// A stopped process neither exits nor answers.
fn a_stopped_worker_is_replaced() {
    let lane = open(2, &[]).timeout(Duration::from_secs(1));
    let stopped = lane.process_ids()[0];
    let visits = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(100));
            signal(stopped, Signal::STOP);
        });
        lane.fold(&slow(1000), &Control::new())
    });
    assert_eq!(visits.map(|visits| tiles_of(&visits)), Ok((0..1000).collect()));
    assert_eq!((lane.replaced(), state_of(stopped)), (1, None));
}

fn a_tile_that_no_worker_survives_is_named() {
    let lane = open(2, &[]);
    let probe = Probe { trouble: Some(Trouble::Exit(57)), ..slow(100) };
    match lane.fold(&probe, &Control::new()) {
        Err(Error::WorkersLost { backend, run, deaths: 3, reason }) if backend == "processes" => {
            assert!(run.contains(&57) && reason == "it ended: exit status: 70", "{run:?}: {reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(lane.fold(&Probe::new(5), &Control::new()).map(|visits| tiles_of(&visits)), Ok((0..5).collect()));
}

fn a_tile_that_no_worker_finishes_is_named() {
    let lane = open(2, &[]).timeout(Duration::from_millis(200));
    let probe = Probe { trouble: Some(Trouble::Stall(3, Duration::from_hours(1))), ..Probe::new(4) };
    match lane.fold(&probe, &Control::new()) {
        Err(Error::WorkersLost { run, deaths: 3, reason, .. }) => {
            assert!(run.contains(&3) && reason.starts_with("it sent nothing for "), "{run:?}: {reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(lane.fold(&Probe::new(5), &Control::new()).map(|visits| tiles_of(&visits)), Ok((0..5).collect()));
}

/// The largest prime below 2^60 takes a billion divisions in one tile.
fn a_long_tile_that_beats_is_waited_for() {
    let timeout = Duration::from_millis(700);
    let lane = open(2, &[]).timeout(timeout);
    let prime = (1 << 60) - 93;
    let query = Query::range(prime..=prime).algorithm(primelanes_backends::Algorithm::TrialDivision);
    let clock = Instant::now();
    assert_eq!((lane.count(&query), lane.replaced()), (Ok(1), 0));
    assert!(clock.elapsed() > timeout, "the tile is too short for this test");
}

fn a_panic_ends_no_process() {
    let lane = open(2, &[]);
    let before = lane.process_ids();
    for trouble in [Trouble::PanicInTile(0), Trouble::PanicInScratch] {
        // With one tile, no other worker is busy with the fold when it fails.
        let probe = Probe { trouble: Some(trouble), ..Probe::new(1) };
        assert!(matches!(lane.fold(&probe, &Control::new()), Err(Error::Panicked { phase, .. }) if phase == "probe"));
    }
    assert_eq!((lane.process_ids(), lane.replaced()), (before, 0));
}

fn a_cancelled_stall_is_not_waited_for() {
    let lane = open(2, &[]);
    let probe = Probe { trouble: Some(Trouble::Stall(0, Duration::from_hours(1))), ..Probe::new(4) };
    let stop = AtomicBool::new(false);
    let folded = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            stop.store(true, Ordering::Relaxed);
        });
        lane.fold(&probe, &Control::new().cancel(&stop))
    });
    assert_eq!(folded.err(), Some(Error::Cancelled));
    assert_eq!(sieve(&lane, 1_000), Ok(168));
}

/// A process that starts workers, prints their process IDs, and lets them sleep without a beat.
pub(super) fn parent() {
    let lane = open(3, &[]);
    let ids: Vec<_> = lane.process_ids().iter().map(u32::to_string).collect();
    println!("{}", ids.join(" "));
    let pause = Duration::from_hours(1);
    drop(lane.fold(&Probe { pause, ..Probe::new(2) }, &Control::new()));
}

fn workers_end_with_their_parent() {
    let mut parent =
        Command::new(std::env::current_exe().unwrap()).arg("parent").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ids: Vec<u32> = line.split_whitespace().map(|id| id.parse().unwrap()).collect();
    assert!(ids.len() == 3 && !ids.iter().any(|&id| is_gone(id)), "{line}");
    // By then two of them have a run, and one has none.
    thread::sleep(Duration::from_millis(100));
    parent.kill().unwrap();
    let clock = Instant::now();
    wait_until("all workers are gone", || ids.iter().all(|&id| is_gone(id)));
    println!("the workers of a killed process ended within {:?}", clock.elapsed());
    parent.wait().unwrap();
}

/// As after a fork, where nobody closes the copy of the connection.
fn workers_end_with_their_parent_even_if_their_connection_stays_open() {
    let (mut connection, theirs) = UnixStream::pair().unwrap();
    let mut parent = Command::new("/bin/sh");
    let this = std::env::current_exe().unwrap();
    parent
        .args(["-c", r#"exec 3<&0; "$0" worker <&3 & echo $!; wait"#])
        .arg(this)
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::piped());
    let mut parent = parent.spawn().unwrap();
    let (mut line, mut output) = (String::new(), BufReader::new(parent.stdout.take().unwrap()));
    output.read_line(&mut line).unwrap();
    let worker: u32 = line.trim().parse().unwrap();
    connection.write_all(&super::saboteur::greeting()).unwrap();
    thread::sleep(Duration::from_millis(100));
    assert!(!is_gone(worker), "it waits for requests");
    parent.kill().unwrap();
    wait_until("the worker is gone", || is_gone(worker));
    // The connection is closed only now.
    drop(connection);
    parent.wait().unwrap();
}

/// The worker program is deleted while its workers run.
fn a_deleted_program_is_not_missed_while_workers_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = Command::new(&program);
    command.arg("worker");
    let lane = Processes::with_command(super::system::workers(3), command).unwrap();
    std::fs::remove_file(&program).unwrap();
    let ids = lane.process_ids();
    for &id in &ids[1..] {
        signal(id, Signal::KILL);
        wait_until("it is gone", || is_gone(id));
        assert_eq!(lane.fold(&slow(50), &Control::new()).map(|visits| tiles_of(&visits)), Ok((0..50).collect()));
    }
    signal(ids[0], Signal::KILL);
    wait_until("it is gone", || is_gone(ids[0]));
    match lane.fold(&slow(50), &Control::new()) {
        Err(Error::Spawn { backend, reason, .. }) if backend == "processes" => {
            assert!(reason.contains("No such file"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

/// Both when the pool starts and when workers are replaced, whatever the timeout of running workers.
fn workers_that_start_slowly_are_waited_for() {
    let mut command = Command::new("/bin/sh");
    let this = std::env::current_exe().unwrap();
    command.args(["-c", r#"sleep 1; exec "$0" worker"#]).arg(this);
    let lane = Processes::with_command(super::system::workers(2), command).unwrap().timeout(Duration::from_millis(300));
    kill_all(&lane);
    assert_eq!(sieve(&lane, 1_000), Ok(168));
}

fn the_timeout_can_be_endless() {
    let lane = open(2, &[]).timeout(Duration::MAX);
    assert_eq!(sieve(&lane, 1_000_000), Ok(78_498));
}

/// Runs in its own process, where no other test opens files.
fn nothing_is_left_behind() {
    const NAME: &str = "nothing_is_left_behind";
    if std::env::var_os(NAME).is_none() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", NAME, "--test-threads=1"]).env(NAME, "1").output().unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
        return;
    }
    let (files, none) = (descriptors(), children());
    let lane = open(2, &[]);
    let with_pool = descriptors();
    for limit in 0..1000 {
        if limit % 100 == 50 {
            kill_all(&lane);
        }
        assert_eq!(sieve(&lane, limit), sieve(&SingleThread, limit));
    }
    assert!(lane.replaced() >= 10);
    assert_eq!(lane.fold(&slow(40), &Control::new()).map(|visits| visits.len()), Ok(40));
    assert_eq!((descriptors(), children().len()), (with_pool, none.len() + 2));
    drop(lane);
    assert_eq!((descriptors(), children()), (files, none));
}
