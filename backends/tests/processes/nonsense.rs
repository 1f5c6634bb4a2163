//! Workers that send what they should not.

use std::time::Duration;

use primelanes_backends::probe::Probe;
use primelanes_backends::{Algorithm, Backend, Control, Error, PrimeCounter, Processes, Query};

use super::saboteur::{Fault, command, open};
use super::system::{sieve, tiles_of, workers};

super::trials! {
    an_answer_that_is_spoilt_once_is_requested_again,
    an_answer_that_is_always_spoilt_is_an_error_that_says_how,
    an_answer_that_is_repeated_later_is_not_taken_for_another,
    an_answer_too_long_for_a_frame_is_an_error,
    an_error_of_a_worker_arrives_as_the_cause,
    a_long_answer_arrives_whole,
}

fn an_answer_that_is_spoilt_once_is_requested_again() {
    for fault in Fault::ALL {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spoilt");
        let lane = open(2, &["once", &format!("{fault:?}"), file.to_str().unwrap()]).timeout(Duration::from_secs(1));
        for _ in 0..2 {
            let visits = lane.fold(&Probe::new(200), &Control::new()).unwrap();
            assert_eq!(tiles_of(&visits), (0..200).collect::<Vec<_>>(), "{fault:?}");
        }
        assert_eq!(sieve(&lane, 3_000_000), Ok(216_816), "{fault:?}");
        assert_eq!(lane.replaced(), 1, "{fault:?}");
    }
}

fn an_answer_that_is_always_spoilt_is_an_error_that_says_how() {
    for (fault, said) in [
        (Fault::Truncate, "it ended in the middle of a frame: exit status: 0"),
        (Fault::Garble, "it sent a bad frame: "),
        (Fault::Flip, "it sent a bad frame: the checksum is wrong"),
        (
            Fault::Oversize,
            "it sent a bad frame: a message of 4294967295 bytes is longer than the limit of 67108864 bytes",
        ),
        (Fault::Repeat, "it answered request "),
        (Fault::Stall, "it sent nothing for 300ms"),
        (Fault::Close, "it ended: it had closed its connection"),
        (Fault::Exit, "it ended: exit status: 3"),
    ] {
        let lane = open(1, &["always", &format!("{fault:?}")]);
        // On a busy machine, a worker that is about to send nonsense is silent for as long as that, too.
        let lane = if fault == Fault::Stall { lane.timeout(Duration::from_millis(300)) } else { lane };
        match lane.fold(&Probe::new(1), &Control::new()) {
            Err(Error::WorkersLost { run, deaths: 3, reason, .. }) => {
                assert!(run == (0..1) && reason.starts_with(said), "{fault:?}: {run:?}: {reason}");
            }
            other => panic!("{fault:?}: {other:?}"),
        }
    }
}

/// The late copy lies in the socket until the next count.
fn an_answer_that_is_repeated_later_is_not_taken_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let lane = open(1, &["once", "RepeatLater", folder.path().join("spoilt").to_str().unwrap()]);
    assert_eq!(sieve(&lane, 1_000), Ok(168));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((sieve(&lane, 2_000), lane.replaced()), (Ok(303), 1));
}

fn an_answer_too_long_for_a_frame_is_an_error() {
    let lane = open(1, &[]);
    // A visit takes at least 7 bytes.
    let tiles = 10_000_000;
    match lane.fold(&Probe { grain: tiles, ..Probe::new(tiles) }, &Control::new()) {
        Err(Error::WorkerFailed { backend, cause }) => {
            let cause = cause.to_string();
            assert!(
                backend == "processes" && cause.starts_with("the answer is not available: a message of "),
                "{cause}"
            );
            assert!(cause.ends_with(" bytes is longer than the limit of 67108864 bytes"), "{cause}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(sieve(&lane, 1_000), Ok(168));
}

/// The worker cannot use the value of its environment variable.
fn an_error_of_a_worker_arrives_as_the_cause() {
    let mut command = command(&[]);
    command.env("PRIMELANES_CPU", "abacus");
    let lane = Processes::with_command(workers(1), command).unwrap();
    let before = lane.process_ids();
    for _ in 0..2 {
        match lane.count(&Query::up_to(1_000_000).algorithm(Algorithm::Sieve)) {
            Err(Error::WorkerFailed { backend, cause }) => {
                assert!(backend == "processes" && matches!(*cause, Error::BadVariable { .. }), "{cause:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((lane.process_ids(), lane.replaced()), (before, 0));
}

fn a_long_answer_arrives_whole() {
    let lane = open(1, &[]);
    let tiles = 1_000_000;
    let visits = lane.fold(&Probe { grain: tiles, ..Probe::new(tiles) }, &Control::new()).unwrap();
    assert!(tiles_of(&visits).into_iter().eq(0..tiles));
}
