//! Standard output, without a buffer.

#[cfg(not(unix))]
use std::io::{self, Write};

/// Standard output, without a buffer. Unlike that of the standard library, it reports that it is closed, or open only
/// for reading.
pub(super) struct Stdout;

/// The most that is written at a time to what never keeps a writer waiting for long.
const PIECE: usize = 1 << 20;

#[cfg(unix)]
mod unix {
    use std::io::{self, IsTerminal, Write};
    use std::sync::OnceLock;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{FileType, fstat};
    use rustix::io::Errno;

    use super::{PIECE, Stdout};
    use crate::command::startup::stdout_was_closed;

    /// The longest wait for room.
    const TIMEOUT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

    impl Stdout {
        /// Waits until something can be written at once. Returns how many bytes that may be. It is 0 if there is no room
        /// after a tenth of a second, or if a signal came.
        pub(in super::super) fn wait_for_room() -> usize {
            match poll(&mut [PollFd::new(&io::stdout(), PollFlags::OUT)], Some(&TIMEOUT)) {
                Ok(0) | Err(Errno::INTR) => 0,
                // If something is wrong, the write says so.
                _ => piece(),
            }
        }
    }

    /// A pipe that has any room takes this much at once. A longer write waits for the reader, and signals do not end the
    /// wait.
    fn piece() -> usize {
        static CHOSEN: OnceLock<usize> = OnceLock::new();
        *CHOSEN.get_or_init(|| {
            let stdout = io::stdout();
            let kind = fstat(&stdout).map(|status| FileType::from_raw_mode(status.st_mode));
            match kind {
                Ok(FileType::RegularFile) => PIECE,
                Ok(FileType::CharacterDevice) if !stdout.is_terminal() => PIECE,
                _ => libc::PIPE_BUF,
            }
        })
    }

    impl Write for Stdout {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let stdout = io::stdout();
            if stdout_was_closed() {
                return Err(Errno::BADF.into());
            }
            rustix::io::write(&stdout, bytes).map_err(|error| {
                if error != Errno::AGAIN {
                    return error.into();
                }
                // Another process made the pipe or the terminal non-blocking. Wait, and have the caller try again.
                let _ = poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None);
                io::ErrorKind::Interrupted.into()
            })
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(not(unix))]
impl Stdout {
    /// Returns how many bytes may be written at a time.
    pub(super) fn wait_for_room() -> usize {
        PIECE
    }
}

#[cfg(not(unix))]
impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
