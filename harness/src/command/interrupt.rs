//! Requests to end: Ctrl-C, and on Unix also SIGTERM and SIGHUP.
//!
//! No thread waits for them, so a count on one thread works where the system allows only one.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use primelanes_backends::Error;

#[cfg(unix)]
pub(super) use self::unix::exit_code;

/// The exit code after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Whether the command was asked to end. Any further request ends the process at once.
static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Returns the flag that the first request sets. The second one ends the process at once. Call this once: each call
/// installs the handlers again.
///
/// # Errors
/// If the system does not let the requests be caught.
pub(super) fn flag() -> io::Result<&'static AtomicBool> {
    catch()?;
    Ok(&REQUESTED)
}

/// Returns whether there was a request since [`flag`] was first called.
pub(super) fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Makes the next request end the process at once. A command calls this when no worker is left and only its answer has
/// to be computed and written, which cannot be cancelled otherwise.
///
/// # Errors
/// [`Error::Cancelled`] if there was a request before.
pub(super) fn end_at_once() -> Result<(), Error> {
    if REQUESTED.swap(true, Ordering::SeqCst) { Err(Error::Cancelled) } else { Ok(()) }
}

#[cfg(unix)]
fn catch() -> io::Result<()> {
    unix::catch()
}

#[cfg(not(unix))]
fn catch() -> io::Result<()> {
    let handler = || {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(INTERRUPTED.into());
        }
    };
    ctrlc::set_handler(handler).map_err(io::Error::other)
}

/// The exit code of a command that was asked to end.
#[cfg(not(unix))]
pub(super) fn exit_code() -> u8 {
    INTERRUPTED
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use libc::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag::{register, register_conditional_shutdown, register_usize};

    use super::super::startup::is_ignored;
    use super::{INTERRUPTED, REQUESTED};

    /// The exit code that belongs to the last signal, or 0 before the first one.
    static EXIT_CODE: AtomicUsize = AtomicUsize::new(0);

    /// Handles the signals that were not ignored when the process started. The others stay ignored.
    pub(super) fn catch() -> io::Result<()> {
        [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| !is_ignored(signal)).try_for_each(|signal| {
            let code = 128 + signal;
            // The handlers run in this order, so the signal that sets the flag does not end the process.
            register_usize(signal, &EXIT_CODE, code as usize)?;
            register_conditional_shutdown(signal, code, &REQUESTED)?;
            register(signal, &REQUESTED).map(drop)
        })?;
        // A signal that came before its last handler was there has left only its code.
        if EXIT_CODE.load(Ordering::SeqCst) != 0 {
            REQUESTED.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    /// The exit code of a command that was asked to end: 128 and the number of the signal, as a shell reports it.
    pub(in super::super) fn exit_code() -> u8 {
        match EXIT_CODE.load(Ordering::SeqCst) {
            0 => INTERRUPTED,
            code => code as u8,
        }
    }
}
