//! What crosses a pipe between a program and its worker process.
//!
//! Each side first says who it is: a greeting of fixed length, which never changes, so that any two versions
//! understand that they do not understand each other. All else is frames:
//!
//! ```text
//! greeting   "primelanes"  role, 1 byte  version of the wire, 4 bytes  version of the jobs, 4 bytes
//! frame      length of the message, 4 bytes  CRC-32 of the message, 4 bytes  message, in postcard's format
//! ```
//!
//! Numbers are little-endian. The program sends [`Request`]s, one at a time; the worker answers each with one
//! [`Reply::Answer`], and may say [`Reply::Alive`] at any time.

use std::fmt;
use std::io::{self, Read, Write};
use std::time::Duration;

use primelanes_core::JobSpec;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of all that this file says.
const VERSION: u32 = 1;

/// The longest message: 64 MiB. A partial result is a few bytes; who announces more is out of step.
pub(super) const MOST_BYTES: usize = 64 << 20;

const MAGIC: &[u8; 10] = b"primelanes";
pub(super) const GREETING: usize = MAGIC.len() + 9;
const HEADER: usize = 8;

/// Room for a greeting and some frames; grows if need be.
const INBOX: usize = 4096;

/// Which end of the pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Program = b'>' as isize,
    Worker = b'<' as isize,
}

/// A run of neighbouring tiles to work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    /// Comes back with the answer.
    pub(super) turn: u64,
    pub(super) spec: JobSpec,
    pub(super) first: u64,
    pub(super) end: u64,
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// A pulse was beaten since this was last said.
    Alive,
    /// A request has been worked on.
    Answer(Answer),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// The request's.
    pub(super) turn: u64,
    /// How long the tiles took, set-up aside.
    pub(super) busy: Duration,
    /// Processor time of the worker process since its start.
    pub(super) processor: Duration,
    pub(super) outcome: Outcome,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// The folded partial result, encoded.
    Partial(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The text of a panic.
    Panicked(String),
    /// Another fault, in words.
    Failed(String),
}

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Garbled {
    #[error("it greeted with {0}, not as a {1}")]
    Greeting(String, Role),
    #[error("it speaks version {theirs} of the wire, and this program {ours}")]
    Version { theirs: String, ours: String },
    #[error("a frame of {0} bytes, above {MOST_BYTES}")]
    Oversized(usize),
    #[error("a frame with a wrong checksum")]
    Checksum,
    #[error("a frame that is no message: {0}")]
    Message(String),
}

/// How one end introduces itself.
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

/// Whether the other end is of that role and speaks as we do.
pub(super) fn check_greeting(bytes: &[u8; GREETING], role: Role) -> Result<(), Garbled> {
    let ours = greeting(role);
    if bytes[..11] != ours[..11] {
        return Err(Garbled::Greeting(format!("\"{}\"", bytes[..11].escape_ascii()), role));
    }
    let version = |greeting: &[u8; GREETING]| {
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|k| greeting[at + k]));
        format!("{}.{}", number(11), number(15))
    };
    if *bytes == ours { Ok(()) } else { Err(Garbled::Version { theirs: version(bytes), ours: version(&ours) }) }
}

/// Sends a message as one frame, in one write.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a message that is too long to be sent; nothing was sent then.
pub(super) fn send(message: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    let invalid = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    let frame = postcard::to_extend(message, vec![0; HEADER]).map_err(|error| invalid(error.to_string()))?;
    to.write_all(&sealed(frame).map_err(|garbled| invalid(garbled.to_string()))?)
}

/// Fills in the header in front of a message.
fn sealed(mut frame: Vec<u8>) -> Result<Vec<u8>, Garbled> {
    let (header, message) = frame.split_at_mut(HEADER);
    let length = message.len();
    if length > MOST_BYTES {
        return Err(Garbled::Oversized(length));
    }
    header[..4].copy_from_slice(&(length as u32).to_le_bytes());
    header[4..].copy_from_slice(&crc32fast::hash(message).to_le_bytes());
    Ok(frame)
}

/// Bytes that have arrived, until they make a whole.
#[derive(Debug)]
pub(super) struct Inbox {
    /// Grows as bytes arrive, and not because a header says so.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; INBOX], start: 0, end: 0 }
    }

    /// Reads once; gives how many bytes came, 0 at the end of the pipe.
    pub(super) fn fill(&mut self, from: &mut impl Read) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        let count = loop {
            match from.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.end += count;
        Ok(count)
    }

    /// Whether there are bytes that nobody has taken.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Takes a greeting, once it is there.
    pub(super) fn greeting(&mut self) -> Option<[u8; GREETING]> {
        let greeting = *self.unread().first_chunk()?;
        self.start += GREETING;
        Some(greeting)
    }

    /// What came in place of a greeting.
    pub(super) fn no_greeting(&self, role: Role) -> Garbled {
        let bytes = self.unread();
        Garbled::Greeting(format!("\"{}\"", bytes[..bytes.len().min(GREETING)].escape_ascii()), role)
    }

    /// Takes a message, once it is there. After an error nothing more can be understood.
    pub(super) fn message<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Garbled> {
        let Some(([length, checksum], rest)) = self.unread().split_first_chunk::<HEADER>().map(|(header, rest)| {
            let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|k| header[at + k]));
            ([number(0), number(4)], rest)
        }) else {
            return Ok(None);
        };
        let length = length as usize;
        if length > MOST_BYTES {
            return Err(Garbled::Oversized(length));
        }
        let Some(message) = rest.get(..length) else { return Ok(None) };
        if crc32fast::hash(message) != checksum {
            return Err(Garbled::Checksum);
        }
        let taken = match postcard::take_from_bytes(message) {
            Ok((value, [])) => Ok(Some(value)),
            Ok((_, rest)) => Err(Garbled::Message(format!("{} bytes too many", rest.len()))),
            Err(error) => Err(Garbled::Message(error.to_string())),
        };
        self.start += HEADER + length;
        taken
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Program => "program that has workers",
            Self::Worker => "worker",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(outcome: Outcome) -> Reply {
        let (busy, processor) = (Duration::from_micros(77), Duration::from_secs(3));
        Reply::Answer(Answer { turn: 300, busy, processor, outcome })
    }

    /// What an inbox makes of bytes that come in such pieces.
    fn received(bytes: &[u8], piece: usize) -> Result<Vec<Reply>, Garbled> {
        let (mut inbox, mut replies) = (Inbox::new(), Vec::new());
        for mut piece in bytes.chunks(piece) {
            while inbox.fill(&mut piece).unwrap() > 0 {
                while let Some(reply) = inbox.message()? {
                    replies.push(reply);
                }
            }
        }
        Ok(replies)
    }

    proptest! {
        #[test]
        fn messages_come_back_however_they_are_cut(
            partials in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9000), 0..6), piece in 1..6000_usize,
        ) {
            let mut sent: Vec<_> = partials.into_iter().map(|bytes| answer(Outcome::Partial(bytes))).collect();
            sent.extend([Reply::Alive, answer(Outcome::Panicked("tile 3 is bad".into()))]);
            let mut bytes = Vec::new();
            for reply in &sent {
                send(reply, &mut bytes).unwrap();
            }
            prop_assert_eq!(received(&bytes, piece), Ok(sent));
        }

        #[test]
        fn a_changed_byte_never_makes_another_message(at: prop::sample::Index, flip in 1..=255_u8) {
            let mut bytes = Vec::new();
            send(&answer(Outcome::Partial(vec![7; 30])), &mut bytes).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            // Refused, or never complete.
            prop_assert!(received(&bytes, 1000).is_ok_and(|replies| replies.is_empty()) || received(&bytes, 1000).is_err());
        }

        #[test]
        fn no_bytes_make_an_inbox_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = received(&bytes, 7);
        }
    }

    #[test]
    fn a_truncated_frame_is_no_message_yet() {
        let mut bytes = Vec::new();
        send(&answer(Outcome::Failed("why".into())), &mut bytes).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(received(&bytes[..length], 1000), Ok(vec![]));
        }
    }

    #[test]
    fn a_frame_is_as_long_as_the_limit_at_most() {
        let announced = |length: u32| received(&[length.to_le_bytes(), [0; 4]].concat(), 100);
        assert_eq!(announced(MOST_BYTES as u32), Ok(vec![]));
        assert_eq!(announced(MOST_BYTES as u32 + 1), Err(Garbled::Oversized(MOST_BYTES + 1)));
        let too_long = answer(Outcome::Partial(vec![0; MOST_BYTES]));
        let mut bytes = Vec::new();
        let refusal = send(&too_long, &mut bytes).unwrap_err();
        assert!(refusal.to_string().ends_with("above 67108864") && bytes.is_empty(), "{refusal}");
    }

    #[test]
    fn a_message_of_another_kind_is_refused() {
        let frame = |message: &[u8]| sealed([&[0; HEADER], message].concat()).unwrap();
        assert!(matches!(received(&frame(&[9]), 100), Err(Garbled::Message(_))));
        assert_eq!(received(&frame(&[0, 0]), 100), Err(Garbled::Message("1 bytes too many".into())));
        assert_eq!(received(&frame(&[0]), 100), Ok(vec![Reply::Alive]));
    }

    #[test]
    fn greetings_tell_roles_and_versions() {
        assert_eq!(check_greeting(&greeting(Role::Worker), Role::Worker), Ok(()));
        // A program that sends back what it gets is no worker.
        let echo = check_greeting(&greeting(Role::Program), Role::Worker).unwrap_err();
        assert_eq!(echo.to_string(), "it greeted with \"primelanes>\", not as a worker");
        let newer = greeting_of(Role::Worker, VERSION, JobSpec::VERSION + 1);
        let said = check_greeting(&newer, Role::Worker).unwrap_err().to_string();
        assert_eq!(
            said,
            format!(
                "it speaks version 1.{} of the wire, and this program 1.{}",
                JobSpec::VERSION + 1,
                JobSpec::VERSION
            )
        );
        assert!(check_greeting(&greeting_of(Role::Worker, 2, JobSpec::VERSION), Role::Worker).is_err());
    }
}
