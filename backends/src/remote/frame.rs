//! Frames: how messages are sent as bytes.
//!
//! ```text
//! frame      length of the message, 4 bytes  CRC-32 of the message, 4 bytes  message, in postcard's format
//! ```
//!
//! Numbers are little-endian.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest message: 64 MiB. A partial result has a few bytes, so a longer length means that the two ends have lost
/// the frame boundary.
pub(super) const MAX_MESSAGE: usize = 64 << 20;

const HEADER: usize = 8;

/// The initial size of a reader's buffer: room for a greeting and some frames. It grows if needed.
const BUFFER: usize = 4096;

/// What is wrong with a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("a message of {0} bytes is longer than the limit of {MAX_MESSAGE} bytes")]
    TooLong(usize),
    #[error("the checksum is wrong")]
    Checksum,
    #[error("the message cannot be decoded: {0}")]
    Message(String),
}

/// Sends a message as one frame, in one write.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if the message is too long. In that case nothing was sent.
pub(super) fn send(message: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    let frame = encode(message).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    to.write_all(&frame)
}

/// Encodes a message as a frame.
///
/// # Errors
/// [`FrameError::TooLong`] if the message is longer than [`MAX_MESSAGE`].
pub(super) fn encode(message: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let frame =
        postcard::to_extend(message, vec![0; HEADER]).map_err(|error| FrameError::Message(error.to_string()))?;
    seal(frame)
}

/// Decodes bytes that are exactly one frame.
///
/// # Errors
/// The [`FrameError`], also if the frame is truncated or more bytes follow it.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    let mut reader = FrameReader { buffer: bytes.to_vec(), start: 0, end: bytes.len() };
    let message = reader.message()?.ok_or_else(|| FrameError::Message("the frame is truncated".to_owned()))?;
    match reader.unread().len() {
        0 => Ok(message),
        rest => Err(FrameError::Message(format!("bytes after the frame: {rest}"))),
    }
}

/// Fills in the header in front of a message.
fn seal(mut frame: Vec<u8>) -> Result<Vec<u8>, FrameError> {
    let (header, message) = frame.split_at_mut(HEADER);
    let length = message.len();
    if length > MAX_MESSAGE {
        return Err(FrameError::TooLong(length));
    }
    header[..4].copy_from_slice(&(length as u32).to_le_bytes());
    header[4..].copy_from_slice(&crc32fast::hash(message).to_le_bytes());
    Ok(frame)
}

/// Collects bytes until they make up a frame.
#[derive(Debug)]
pub(super) struct FrameReader {
    /// The buffer grows as bytes arrive, not by the length that a header announces.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl FrameReader {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; BUFFER], start: 0, end: 0 }
    }

    /// Reads once and returns the number of bytes read, 0 at the end of the input.
    pub(super) fn fill(&mut self, from: &mut impl Read) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            self.buffer.try_reserve_exact(self.end).map_err(|_| io::ErrorKind::OutOfMemory)?;
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

    /// Returns the bytes that were read and not yet taken.
    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns whether all bytes were taken.
    pub(super) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Takes bytes that are not a frame, once they have arrived.
    pub(super) fn take<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let bytes = *self.unread().first_chunk()?;
        self.start += COUNT;
        Some(bytes)
    }

    /// Takes a message, once all of it has arrived. After an error, the following bytes cannot be decoded.
    pub(super) fn message<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let Some((header, rest)) = self.unread().split_first_chunk::<HEADER>() else { return Ok(None) };
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|k| header[at + k]));
        let (length, checksum) = (number(0) as usize, number(4));
        if length > MAX_MESSAGE {
            return Err(FrameError::TooLong(length));
        }
        let Some(message) = rest.get(..length) else { return Ok(None) };
        if crc32fast::hash(message) != checksum {
            return Err(FrameError::Checksum);
        }
        let taken = match postcard::take_from_bytes(message) {
            Ok((value, [])) => Ok(Some(value)),
            Ok((_, rest)) => Err(FrameError::Message(format!("trailing bytes: {}", rest.len()))),
            Err(error) => Err(FrameError::Message(error.to_string())),
        };
        self.start += HEADER + length;
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use primelanes_core::Error;
    use proptest::prelude::*;

    use super::super::wire::{Answer, Outcome, Reply};
    use super::*;

    fn answer(outcome: Outcome) -> Reply {
        let (busy, processor) = (Duration::from_micros(77), Duration::from_secs(3));
        Reply::Answer(Answer { id: 300, busy, processor, outcome })
    }

    fn failed(message: &str) -> Reply {
        answer(Outcome::Failed(Error::Panicked { phase: "sieve".into(), message: message.into() }))
    }

    /// Returns the messages that a reader decodes from bytes that arrive in pieces of this length.
    fn received(bytes: &[u8], piece: usize) -> Result<Vec<Reply>, FrameError> {
        let (mut reader, mut replies) = (FrameReader::new(), Vec::new());
        for mut piece in bytes.chunks(piece) {
            while reader.fill(&mut piece).unwrap() > 0 {
                while let Some(reply) = reader.message()? {
                    replies.push(reply);
                }
            }
        }
        Ok(replies)
    }

    proptest! {
        #[test]
        fn messages_arrive_whole_however_their_bytes_do(
            partials in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9000), 0..6), piece in 1..6000_usize,
        ) {
            let mut sent: Vec<_> = partials.into_iter().map(|bytes| answer(Outcome::Partial(bytes))).collect();
            sent.extend([Reply::Alive, failed("tile 3 is bad")]);
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
            // The bytes are rejected, or never complete a frame.
            prop_assert!(received(&bytes, 1000).is_ok_and(|replies| replies.is_empty()) || received(&bytes, 1000).is_err());
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = received(&bytes, 7);
        }
    }

    #[test]
    fn a_truncated_frame_is_no_message_yet() {
        let mut bytes = Vec::new();
        send(&failed("why"), &mut bytes).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(received(&bytes[..length], 1000), Ok(vec![]));
        }
    }

    #[test]
    fn a_message_is_no_longer_than_the_limit() {
        let announced = |length: u32| received(&[length.to_le_bytes(), [0; 4]].concat(), 100);
        assert_eq!(announced(MAX_MESSAGE as u32), Ok(vec![]));
        assert_eq!(announced(MAX_MESSAGE as u32 + 1), Err(FrameError::TooLong(MAX_MESSAGE + 1)));
        let too_long = answer(Outcome::Partial(vec![0; MAX_MESSAGE]));
        let mut bytes = Vec::new();
        let refusal = send(&too_long, &mut bytes).unwrap_err();
        assert!(refusal.to_string().ends_with("the limit of 67108864 bytes") && bytes.is_empty(), "{refusal}");
    }

    #[test]
    fn a_message_of_another_kind_is_refused() {
        let frame = |message: &[u8]| seal([&[0; HEADER], message].concat()).unwrap();
        assert!(matches!(received(&frame(&[9]), 100), Err(FrameError::Message(_))));
        assert_eq!(received(&frame(&[0, 0]), 100), Err(FrameError::Message("trailing bytes: 1".into())));
        assert_eq!(received(&frame(&[0]), 100), Ok(vec![Reply::Alive]));
    }

    /// Decoding one cause inside another would need as much stack as the message demands.
    #[test]
    fn an_error_without_end_is_refused() {
        let failed = |cause| Error::WorkerFailed { backend: "".into(), cause: Box::new(cause) };
        let encoded = |error| encode(&answer(Outcome::Failed(error))).unwrap();
        let (inner, outer) = (encoded(Error::Cancelled), encoded(failed(Error::Cancelled)));
        let (start, layer) = (inner.len() - 1, outer.len() - inner.len());
        let nested = outer[start..start + layer].repeat(1_000_000);
        let message = seal([&inner[..start], &nested, &inner[start..]].concat()).unwrap();
        assert!(matches!(received(&message, 1000), Err(FrameError::Message(_))));
    }
}
