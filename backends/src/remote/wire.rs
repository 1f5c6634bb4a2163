//! The messages between a parent process and its worker.
//!
//! Each end first sends a greeting. Its length and layout never change, so that any two versions can tell that they do
//! not understand each other:
//!
//! ```text
//! greeting   "primelanes"  role, 1 byte  version of the wire, 4 bytes  version of the jobs, 4 bytes
//! ```
//!
//! Numbers are little-endian. All other bytes are messages in [frames](super::frame). The parent sends [`Request`]s,
//! one at a time. The worker answers each with one [`Reply::Answer`], and may send [`Reply::Alive`] at any time.

use std::fmt;
use std::time::Duration;

use primelanes_core::{Error, JobSpec};
use serde::{Deserialize, Serialize};

/// The version of the messages, of their frames, and of the connection that carries them.
const VERSION: u32 = 3;

const MAGIC: &[u8; 10] = b"primelanes";
pub(super) const GREETING: usize = MAGIC.len() + 9;

/// An end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Parent = b'>' as isize,
    Worker = b'<' as isize,
}

/// A run of neighbouring tiles to work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    /// The answer carries the same ID.
    pub(super) id: u64,
    pub(super) spec: JobSpec,
    pub(super) first: u64,
    pub(super) end: u64,
}

/// What a worker sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The kernel has beaten the pulse since the last message of this kind.
    Alive,
    /// The answer to a request.
    Answer(Answer),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// The ID of the request.
    pub(super) id: u64,
    /// The time that the tiles took, without the set-up of the kernel.
    pub(super) busy: Duration,
    /// The processor time of the worker process since its start, except the time that it took to wait for requests.
    pub(super) processor: Duration,
    pub(super) outcome: Outcome,
}

/// The outcome of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// The folded partial result, encoded.
    Partial(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The error that ended the run.
    Failed(Error),
}

/// Why two ends cannot work together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GreetingError {
    #[error("\"{0}\" is not the greeting of a {1}")]
    Foreign(String, Role),
    #[error("the other end speaks version {theirs} of the wire protocol, and this end speaks {ours}")]
    Version { theirs: String, ours: String },
}

impl GreetingError {
    /// Returns the error for bytes that are not a greeting at all.
    pub(super) fn foreign(bytes: &[u8], role: Role) -> Self {
        Self::Foreign(bytes[..bytes.len().min(GREETING)].escape_ascii().to_string(), role)
    }
}

/// Returns the greeting that an end with this role sends.
pub(super) fn greeting(role: Role) -> [u8; GREETING] {
    greeting_of(role, VERSION, JobSpec::VERSION)
}

fn greeting_of(role: Role, wire: u32, jobs: u32) -> [u8; GREETING] {
    let mut greeting = [0; GREETING];
    greeting[..10].copy_from_slice(MAGIC);
    greeting[10] = role as u8;
    greeting[11..15].copy_from_slice(&wire.to_le_bytes());
    greeting[15..].copy_from_slice(&jobs.to_le_bytes());
    greeting
}

/// Checks that the other end has this role and uses the same versions.
pub(super) fn check_greeting(bytes: &[u8; GREETING], role: Role) -> Result<(), GreetingError> {
    let ours = greeting(role);
    if bytes[..11] != ours[..11] {
        return Err(GreetingError::foreign(&bytes[..11], role));
    }
    let version = |greeting: &[u8; GREETING]| {
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|k| greeting[at + k]));
        format!("{}.{}", number(11), number(15))
    };
    if *bytes == ours { Ok(()) } else { Err(GreetingError::Version { theirs: version(bytes), ours: version(&ours) }) }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parent => "parent process",
            Self::Worker => "worker",
        })
    }
}

#[cfg(test)]
mod tests {
    use primelanes_core::probe::Probe;
    use primelanes_core::{Kernel, Wire};

    use super::super::frame;
    use super::*;

    /// Any change to these bytes needs a new version.
    #[test]
    fn messages_have_the_bytes_of_this_version() {
        let bytes = |message: &Reply| frame::encode(message).unwrap()[8..].to_vec();
        assert_eq!(bytes(&Reply::Alive), [0]);
        let (busy, processor) = (Duration::new(1, 2), Duration::new(3, 4));
        let answer = |outcome| Reply::Answer(Answer { id: 300, busy, processor, outcome });
        assert_eq!(bytes(&answer(Outcome::Partial(vec![7, 8]))), [1, 0xac, 2, 1, 2, 3, 4, 0, 2, 7, 8]);
        assert_eq!(bytes(&answer(Outcome::Failed(Error::Cancelled))), [1, 0xac, 2, 1, 2, 3, 4, 1, 0]);
        let spec = Probe::new(9).spec().unwrap();
        let request = Request { id: 1, spec: spec.clone(), first: 2, end: 3 };
        let expected = [&[1][..], &spec.encode().unwrap(), &[2, 3]].concat();
        assert_eq!(frame::encode(&request).unwrap()[8..], expected);
    }

    #[test]
    fn greetings_tell_roles_and_versions() {
        assert_eq!(check_greeting(&greeting(Role::Worker), Role::Worker), Ok(()));
        // A program that echoes its input is not a worker.
        let echo = check_greeting(&greeting(Role::Parent), Role::Worker).unwrap_err();
        assert_eq!(echo.to_string(), "\"primelanes>\" is not the greeting of a worker");
        let jobs = JobSpec::VERSION;
        let newer = check_greeting(&greeting_of(Role::Worker, VERSION, jobs + 1), Role::Worker).unwrap_err();
        let versions = GreetingError::Version { theirs: format!("3.{}", jobs + 1), ours: format!("3.{jobs}") };
        assert_eq!(newer, versions);
        assert!(check_greeting(&greeting_of(Role::Worker, VERSION + 1, jobs), Role::Worker).is_err());
    }
}
