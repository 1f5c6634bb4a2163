//! Workers that say what they should not.

use primelanes_backends::probe::Probe;
use primelanes_backends::{Backend, Control, Error, PrimeCounter};
use std::time::Duration;

use super::saboteur::{Fault, open};
use super::system::tiles_of;

super::trials! {
    spoilt_once_an_answer_is_asked_for_again,
    spoilt_always_it_is_an_error_that_says_how,
    an_answer_that_comes_again_later_is_not_taken_for_another,
    an_answer_too_long_for_a_frame_is_an_error,
    a_long_answer_arrives_whole,
}

fn spoilt_once_an_answer_is_asked_for_again() {
    for fault in Fault::ALL {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spoilt");
        let lane = open(2, &["once", &format!("{fault:?}"), file.to_str().unwrap()]).patience(Duration::from_secs(1));
        for _ in 0..2 {
            let visits = lane.fold(&Probe::new(200), &Control::new()).unwrap();
            assert_eq!(tiles_of(&visits), (0..200).collect::<Vec<_>>(), "{fault:?}");
        }
        assert_eq!(lane.count_primes(3_000_000), Ok(216_816), "{fault:?}");
        assert_eq!(lane.replaced(), 1, "{fault:?}");
    }
}

fn spoilt_always_it_is_an_error_that_says_how() {
    for (fault, said) in [
        (Fault::Truncate, "it ended in the middle of a frame: exit status: 0"),
        (Fault::Garble, "it said something that makes no sense: a frame "),
        (Fault::Flip, "it said something that makes no sense: a frame with a wrong checksum"),
        (Fault::Oversize, "it said something that makes no sense: a frame of 4294967295 bytes, above 67108864"),
        (Fault::Repeat, "it answered request "),
        (Fault::Stall, "it showed no sign of life for 300ms"),
        (Fault::Close, "it ended: it had closed its pipe"),
        (Fault::Exit, "it ended: exit status: 3"),
    ] {
        let lane = open(1, &["always", &format!("{fault:?}")]).patience(Duration::from_millis(300));
        match lane.fold(&Probe::new(1), &Control::new()) {
            Err(Error::WorkersLost { run, deaths: 3, reason, .. }) => {
                assert!(run == (0..1) && reason.starts_with(said), "{fault:?}: {run:?}: {reason}");
            }
            other => panic!("{fault:?}: {other:?}"),
        }
    }
}

/// What comes late lies in the pipe until the next count.
fn an_answer_that_comes_again_later_is_not_taken_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let lane = open(1, &["once", "RepeatLater", folder.path().join("spoilt").to_str().unwrap()]);
    assert_eq!(lane.count_primes(1_000), Ok(168));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((lane.count_primes(2_000), lane.replaced()), (Ok(303), 1));
}

fn an_answer_too_long_for_a_frame_is_an_error() {
    let lane = open(1, &[]);
    // A visit is 7 bytes and more.
    let tiles = 10_000_000;
    let error = lane.fold(&Probe { grain: tiles, ..Probe::new(tiles) }, &Control::new()).unwrap_err().to_string();
    assert!(
        error.starts_with("the answer of a worker is not available: a frame of ")
            && error.ends_with(" bytes, above 67108864")
    );
    assert_eq!(lane.count_primes(1_000), Ok(168));
}

fn a_long_answer_arrives_whole() {
    let lane = open(1, &[]);
    let tiles = 1_000_000;
    let visits = lane.fold(&Probe { grain: tiles, ..Probe::new(tiles) }, &Control::new()).unwrap();
    assert!(tiles_of(&visits).into_iter().eq(0..tiles));
}
