//! The state that the process was started in.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::{Errno, fcntl_getfd};
use rustix::stdio;

static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

ctor::declarative::ctor! {
    /// Checks whether standard output is closed. Before `main`, the standard library replaces closed streams by
    /// `/dev/null`, and the two can no longer be distinguished.
    #[ctor(unsafe)]
    fn look_at_standard_output() {
        STDOUT_WAS_CLOSED.store(fcntl_getfd(stdio::stdout()) == Err(Errno::BADF), Ordering::Relaxed);
    }
}

/// Returns whether the process was started with standard output closed.
pub(super) fn stdout_was_closed() -> bool {
    STDOUT_WAS_CLOSED.load(Ordering::Relaxed)
}

/// Returns whether a signal is ignored. A shell ignores SIGINT for the background jobs of a script, and `nohup` ignores
/// SIGHUP.
pub(super) fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action, the call only writes the current one to memory that is large enough for it.
    let done = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) } == 0;
    // SAFETY: an action is plain data, and all of it was initialised.
    done && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Makes a write beyond the limit on the size of files an error of that write. By default, it ends the process.
pub(super) fn survive_file_size_limit() -> io::Result<()> {
    static REACHED: AtomicBool = AtomicBool::new(false);
    signal_hook::flag::register(libc::SIGXFSZ, &REACHED).map(drop)
}

/// Makes the system keep the exit status of each child until this process asks for it. It does not if the process was
/// started with SIGCHLD ignored.
pub(super) fn learn_how_children_end() {
    // SAFETY: no handler is involved, and no child has been started yet.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}
