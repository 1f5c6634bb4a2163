//! What a worker writes to its standard output and standard error. The end is kept, to explain why a worker was lost.

use std::io::{self, PipeReader, PipeWriter, Read, pipe};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};

use super::process::poll_sources;

/// How many bytes are kept.
const KEPT: usize = 4096;

/// How many lines are quoted: a panic of Rust and an exception of Python take two or three.
const QUOTED_LINES: usize = 3;

/// How many characters are quoted.
const QUOTED_CHARS: usize = 400;

/// The most reads to empty a pipe, since a program may write without end. This is four times what a pipe holds.
const MAX_READS: usize = 64;

/// The standard output and standard error of a worker. They must be read, since a worker that writes to a full pipe waits.
#[derive(Debug)]
pub(super) struct Log {
    /// `None` once the worker has closed both.
    pipe: Option<PipeReader>,
    /// The last bytes.
    end: Vec<u8>,
}

impl Log {
    /// Returns a log and the pipe that a worker writes to.
    pub(super) fn new() -> io::Result<(Self, PipeWriter)> {
        let (reader, writer) = pipe()?;
        Ok((Self { pipe: Some(reader), end: Vec::new() }, writer))
    }

    /// Returns what to poll for, unless nothing can arrive any more.
    pub(super) fn source(&self) -> Option<PollFd<'_>> {
        self.pipe.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN))
    }

    /// Reads once. Waits if there is nothing to read.
    pub(super) fn read(&mut self) {
        let mut buffer = [0; KEPT];
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(&mut buffer) {
            Ok(0) => self.pipe = None,
            Ok(count) => {
                self.end.extend_from_slice(&buffer[..count]);
                self.end.drain(..self.end.len().saturating_sub(KEPT));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.pipe = None,
        }
    }

    /// Returns the last lines on one line, or `None` if there are none.
    pub(super) fn last_lines(&mut self) -> Option<String> {
        for _ in 0..MAX_READS {
            let mut sources: Vec<_> = self.source().into_iter().collect();
            poll_sources(&mut sources, Duration::ZERO);
            if sources.iter().all(|source| source.revents().is_empty()) {
                break;
            }
            self.read();
        }
        quote(&self.end)
    }
}

/// Quotes the last lines of a text. Control characters are escaped, since the quotation may be printed on a terminal.
fn quote(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let quoted = lines[lines.len().saturating_sub(QUOTED_LINES)..].join(" | ");
    let excess = quoted.chars().count().saturating_sub(QUOTED_CHARS);
    let escape = |character: char| {
        let escaped = character.is_control().then(|| character.escape_default().to_string());
        escaped.unwrap_or_else(|| character.into())
    };
    let start = if excess > 0 { ".." } else { "" };
    (!quoted.is_empty()).then(|| start.chars().chain(quoted.chars().skip(excess)).map(escape).collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;

    use super::*;

    #[test]
    fn the_last_lines_are_quoted_on_one_line() {
        assert_eq!(quote(b""), None);
        assert_eq!(quote(b"\n \n"), None);
        assert_eq!(quote(b"one\n\ntwo\nthree\n  four\n").as_deref(), Some("two | three | four"));
        assert_eq!(quote(b"\x1b[2J\xff").as_deref(), Some("\\u{1b}[2J\u{fffd}"));
        let long = quote("ä".repeat(1000).as_bytes()).unwrap();
        assert!(long.starts_with("..ä") && long.chars().count() == QUOTED_CHARS + 2, "{long}");
    }

    #[test]
    fn only_the_end_of_a_long_log_is_kept() {
        let (mut log, mut writer) = Log::new().unwrap();
        let writing = thread::spawn(move || {
            writer.write_all(&b"word\n".repeat(100_000)).unwrap();
            writer.write_all(b"the end").unwrap();
        });
        while log.source().is_some() {
            log.read();
        }
        writing.join().unwrap();
        assert_eq!((log.end.len(), log.last_lines().as_deref()), (KEPT, Some("word | word | the end")));
    }

    #[test]
    fn a_log_that_is_still_written_to_is_not_waited_for() {
        let (mut log, mut writer) = Log::new().unwrap();
        assert_eq!(log.last_lines(), None);
        writer.write_all(b"so far").unwrap();
        assert_eq!(log.last_lines().as_deref(), Some("so far"));
    }
}
