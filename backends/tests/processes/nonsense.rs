//! Workers that send what they should not.

use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Error, PrimeCounter};
use std::time::Duration;

use super::saboteur::{Fault, open};
use super::system::tiles_of;

super::trials! {
    an_answer_that_is_spoilt_once_is_requested_again,
    an_answer_that_is_always_spoilt_is_an_error_that_says_how,
    an_answer_that_is_repeated_later_is_not_taken_for_another,
    an_answer_too_long_for_a_frame_is_an_error,
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
        assert_eq!(lane.count_primes(3_000_000), Ok(216_816), "{fault:?}");
        assert_eq!(lane.replaced(), 1, "{fault:?}");
    }
}

fn an_answer_that_is_always_spoilt_is_an_error_that_says_how() {
    for (fault, said) in [
        (Fault::Truncate, "it ended in the middle of a frame: exit status: 0"),
        (Fault::Garble, "it sent a bad frame: its "),
        (Fault::Flip, "it sent a bad frame: its checksum is wrong"),
        (Fault::Oversize, "it sent a bad frame: its message has 4294967295 bytes, and the limit is 67108864"),
        (Fault::Repeat, "it answered request "),
        (Fault::Stall, "it showed no sign of life for 300ms"),
        (Fault::Close, "it ended: it had closed its pipe"),
        (Fault::Exit, "it ended: exit status: 3"),
    ] {
        let lane = open(1, &["always", &format!("{fault:?}")]).timeout(Duration::from_millis(300));
        match lane.fold(&Probe::new(1), &Control::new()) {
            Err(Error::WorkersLost { run, deaths: 3, reason, .. }) => {
                assert!(run == (0..1) && reason.starts_with(said), "{fault:?}: {run:?}: {reason}");
            }
            other => panic!("{fault:?}: {other:?}"),
        }
    }
}

/// The late copy lies in the pipe until the next count.
fn an_answer_that_is_repeated_later_is_not_taken_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let lane = open(1, &["once", "RepeatLater", folder.path().join("spoilt").to_str().unwrap()]);
    assert_eq!(lane.count_primes(1_000), Ok(168));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((lane.count_primes(2_000), lane.replaced()), (Ok(303), 1));
}

fn an_answer_too_long_for_a_frame_is_an_error() {
    let lane = open(1, &[]);
    // A visit takes at least 7 bytes.
    let tiles = 10_000_000;
    let error = lane.fold(&Probe { grain: tiles, ..Probe::new(tiles) }, &Control::new()).unwrap_err().to_string();
    assert!(
        error.starts_with("the answer of a worker is not available: its message has ")
            && error.ends_with(" bytes, and the limit is 67108864"),
        "{error}"
    );
    assert_eq!(lane.count_primes(1_000), Ok(168));
}

fn a_long_answer_arrives_whole() {
    let lane = open(1, &[]);
    let tiles = 1_000_000;
    let visits = lane.fold(&Probe { grain: tiles, ..Probe::new(tiles) }, &Control::new()).unwrap();
    assert!(tiles_of(&visits).into_iter().eq(0..tiles));
}
