//! The bytes of a journal.
//!
//! ```text
//! "primelanes journal\n"  version of the format, 4 bytes  version of the jobs, 4 bytes  length of the body, 8 bytes
//! CRC-32 of the bytes before it and of the body, 4 bytes  body, a Journal in postcard's format
//! ```
//!
//! Numbers are little-endian. All versions begin with the magic and the two versions.

use std::io::{self, Read};

use primelanes_core::{Error, JobSpec, Wire};

use super::Journal;

/// The version of this format. [`JobSpec::VERSION`] stands for the tiles and their partial results.
const VERSION: u32 = 1;

const MAGIC: &[u8; 19] = b"primelanes journal\n";

/// The length of everything before the checksum.
const PREFIX: usize = MAGIC.len() + 16;
const HEADER: usize = PREFIX + 4;

/// Encodes a journal as the bytes of a file.
pub(super) fn encode(journal: &Journal) -> Result<Vec<u8>, Error> {
    let body = journal.encode()?;
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(JobSpec::VERSION.to_le_bytes());
    bytes.extend((body.len() as u64).to_le_bytes());
    let checksum = checksum(&bytes, &body);
    bytes.extend(checksum.to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// Reads and decodes a file of `length` bytes. Stops reading as soon as the file cannot be a journal. If it is not one,
/// returns what is wrong with it.
pub(super) fn read(mut from: impl Read, length: u64) -> Result<Journal, String> {
    let mut header = Vec::new();
    let said = |error: io::Error| error.to_string();
    from.by_ref().take(HEADER as u64).read_to_end(&mut header).map_err(said)?;
    if !header.starts_with(MAGIC) {
        return Err("it is not a journal of primelanes".to_owned());
    }
    let Ok(header) = <[u8; HEADER]>::try_from(header) else { return Err(cut_off(length, HEADER as u64)) };
    let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|k| header[at + k]));
    let versions = [number(MAGIC.len()), number(MAGIC.len() + 4)];
    if versions != [VERSION, JobSpec::VERSION] {
        let [format, jobs] = versions;
        let ours = JobSpec::VERSION;
        return Err(format!("it has version {format}.{jobs}, and this program uses version {VERSION}.{ours}"));
    }
    let body_length = u64::from(number(PREFIX - 8)) | u64::from(number(PREFIX - 4)) << 32;
    let expected = body_length.saturating_add(HEADER as u64);
    if length != expected {
        let longer = || format!("it has {length} bytes instead of {expected}");
        return Err(if length > expected { longer() } else { cut_off(length, expected) });
    }
    let mut body = Vec::new();
    body.try_reserve_exact(body_length as usize).map_err(|_| format!("no memory for its {length} bytes"))?;
    from.take(body_length).read_to_end(&mut body).map_err(said)?;
    if checksum(&header[..PREFIX], &body) != number(PREFIX) {
        return Err("its checksum is wrong".to_owned());
    }
    Journal::decode(&body).map_err(|error| error.to_string())
}

fn checksum(prefix: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(prefix);
    hasher.update(body);
    hasher.finalize()
}

fn cut_off(length: u64, expected: u64) -> String {
    format!("it is cut off after {length} of at least {expected} bytes")
}
