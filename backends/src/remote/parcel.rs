//! Messages on their own, for workers that are reached without a connection.
//!
//! ```text
//! parcel     greeting of the sender  message, in a frame
//! ```
//!
//! The greeting comes with each message, since no two messages need to reach the same worker. A worker of another version
//! answers with its greeting alone.

use std::ops::Range;
use std::time::Duration;

use primelanes_core::{Error, JobSpec};
use serde::de::DeserializeOwned;

use super::frame::{self, FrameError};
use super::wire::{self, Answer, GREETING, GreetingError, Outcome, Request, Role};

/// Why a parcel cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParcelError {
    /// The sender has another version.
    #[error("{0}")]
    Version(String),
    /// The bytes are not a parcel.
    #[error("{0}")]
    Malformed(String),
}

/// Encodes a run of tiles for a worker.
pub(crate) fn request(id: u64, spec: &JobSpec, run: &Range<u64>) -> Result<Vec<u8>, String> {
    let request = Request { id, spec: spec.clone(), first: run.start, end: run.end };
    frame::encode(&request).map(|frame| from(Role::Parent, &frame)).map_err(|error| error.to_string())
}

/// Decodes a run of tiles: the ID of the request, the kernel, and the tiles.
pub(crate) fn open_request(parcel: &[u8]) -> Result<(u64, JobSpec, Range<u64>), ParcelError> {
    open(Role::Parent, parcel).map(|Request { id, spec, first, end }| (id, spec, first..end))
}

/// Encodes the answer to a request. If it is too long for a frame, encodes an error in its place.
pub(crate) fn answer(id: u64, outcome: Outcome, busy: Duration) -> Vec<u8> {
    let answer = |outcome| Answer { id, busy, processor: Duration::ZERO, outcome };
    let too_long = |error: FrameError| {
        let error = Error::Unavailable { what: "the answer".into(), reason: error.to_string() };
        frame::encode(&answer(Outcome::Failed(error)))
    };
    let frame = frame::encode(&answer(outcome)).or_else(too_long);
    from(Role::Worker, &frame.expect("an error fits in a frame"))
}

/// Returns the answer to a request of another version.
pub(crate) fn answer_to_other_version() -> Vec<u8> {
    from(Role::Worker, &[])
}

/// Decodes an answer: the ID of its request, the outcome, and the time that the tiles took.
pub(crate) fn open_answer(parcel: &[u8]) -> Result<(u64, Outcome, Duration), ParcelError> {
    open(Role::Worker, parcel).map(|Answer { id, outcome, busy, .. }| (id, outcome, busy))
}

fn from(sender: Role, frame: &[u8]) -> Vec<u8> {
    [&wire::greeting(sender)[..], frame].concat()
}

fn open<T: DeserializeOwned>(sender: Role, parcel: &[u8]) -> Result<T, ParcelError> {
    let malformed = |reason: &dyn ToString| ParcelError::Malformed(reason.to_string());
    let Some((greeting, frame)) = parcel.split_first_chunk::<GREETING>() else {
        return Err(malformed(&GreetingError::foreign(parcel, sender)));
    };
    wire::check_greeting(greeting, sender).map_err(|error| match error {
        GreetingError::Version { .. } => ParcelError::Version(error.to_string()),
        GreetingError::Foreign(..) => malformed(&error),
    })?;
    frame::decode(frame).map_err(|error| malformed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: JobSpec = JobSpec::TrialDivision { start: 0, stop: 100 };

    #[test]
    fn a_parcel_arrives_as_it_was_sent() {
        assert_eq!(open_request(&request(7, &SPEC, &(3..5)).unwrap()), Ok((7, SPEC, 3..5)));
        let (outcome, busy) = (Outcome::Partial(vec![1, 2]), Duration::from_millis(9));
        assert_eq!(open_answer(&answer(7, outcome.clone(), busy)), Ok((7, outcome, busy)));
    }

    #[test]
    fn any_other_bytes_are_refused() {
        let sent = answer(7, Outcome::Partial(vec![1, 2]), Duration::ZERO);
        for length in 0..sent.len() {
            assert!(matches!(open_answer(&sent[..length]), Err(ParcelError::Malformed(_))), "{length} bytes");
        }
        for place in (0..11).chain(GREETING..sent.len()) {
            let mut bytes = sent.clone();
            bytes[place] ^= 1;
            assert!(matches!(open_answer(&bytes), Err(ParcelError::Malformed(_))), "byte {place}");
        }
        let more = [&sent[..], b"?"].concat();
        let Err(ParcelError::Malformed(said)) = open_answer(&more) else { panic!("it was accepted") };
        assert!(said.ends_with("bytes after the frame: 1"), "{said}");
        // A request is no answer.
        assert!(matches!(open_answer(&request(7, &SPEC, &(3..5)).unwrap()), Err(ParcelError::Malformed(_))));
    }

    #[test]
    fn an_answer_of_another_version_names_both() {
        let mut other = answer_to_other_version();
        other[11] += 1;
        let Err(ParcelError::Version(said)) = open_answer(&other) else { panic!("it was accepted") };
        let ours = format!(".{}", JobSpec::VERSION);
        assert_eq!(said.matches(&ours).count(), 2, "{said}");
    }

    #[test]
    fn an_answer_that_is_too_long_becomes_an_error() {
        let long = answer(7, Outcome::Partial(vec![0; frame::MAX_MESSAGE]), Duration::ZERO);
        let Ok((7, Outcome::Failed(Error::Unavailable { what, .. }), _)) = open_answer(&long) else { panic!() };
        assert_eq!(what, "the answer");
    }
}
