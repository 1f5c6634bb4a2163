//! A program that runs to its end, its timeout, or the end of this process.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use self::leash::Leash;

/// How often the program, the cancel flag and the clock are checked.
const POLL: Duration = Duration::from_millis(10);

/// The largest output that is read, which is more than any script writes. It cuts off the output of an endless program.
const MAX_BYTES: u64 = 64 << 20;

/// How long the pipes may stay open after the program has ended. A process that left the group may hold them open.
const LINGERING: Duration = Duration::from_secs(1);

/// The exit status and output of a program.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Why a program did not end by itself.
pub(super) enum Interruption {
    Start(io::Error),
    TimedOut,
    Cancelled,
}

/// Runs a program without input. When this returns, the program and all processes that it started have ended or been
/// killed.
pub(super) fn run(command: &mut Command, timeout: Duration, cancel: &AtomicBool) -> Result<Ended, Interruption> {
    let mut running = Running::start(command).map_err(Interruption::Start)?;
    // Both pipes are read while the program runs, because a full pipe would block it.
    let stdout = running.child.stdout.take().map(read_all).transpose().map_err(Interruption::Start)?;
    let stderr = running.child.stderr.take().map(read_all).transpose().map_err(Interruption::Start)?;
    let status = running.wait(timeout, cancel)?;
    // Processes that the program left behind may still hold the pipes open.
    drop(running);
    let since = Instant::now();
    let text = |receiver: Option<Receiver<Vec<u8>>>| -> Result<Vec<u8>, Interruption> {
        let Some(receiver) = receiver else { return Ok(Vec::new()) };
        loop {
            match receiver.recv_timeout(POLL) {
                Ok(bytes) => return Ok(bytes),
                Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::Relaxed) => {
                    return Err(Interruption::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) if since.elapsed() < LINGERING => {}
                Err(_) => return Ok(Vec::new()),
            }
        }
    };
    Ok(Ended { status, stdout: text(stdout)?, stderr: text(stderr)? })
}

/// A running program. Dropping it kills and reaps the program and the processes that it started.
struct Running {
    child: Child,
    leash: Leash,
}

impl Running {
    fn start(command: &mut Command) -> io::Result<Self> {
        let leash = Leash::new()?;
        leash.put_on(command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        Ok(Self { child, leash })
    }

    fn wait(&mut self, timeout: Duration, cancel: &AtomicBool) -> Result<ExitStatus, Interruption> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().map_err(Interruption::Start)? {
                return Ok(status);
            }
            if cancel.load(Ordering::Relaxed) {
                return Err(Interruption::Cancelled);
            }
            if since.elapsed() >= timeout {
                return Err(Interruption::TimedOut);
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.leash.pull();
        // Both fail only if the program has already been reaped.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads a pipe to its end on a new thread, and sends the bytes. Nobody joins the thread; it ends with the pipe.
fn read_all(pipe: impl Read + Send + 'static) -> io::Result<Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        // If the pipe breaks, keep the bytes that came before.
        drop(pipe.take(MAX_BYTES).read_to_end(&mut bytes));
        drop(sender.send(bytes));
    })?;
    Ok(receiver)
}

/// A leash ends a program together with this process. It is a shell that leads a process group, which the program
/// joins. The shell waits for the end of its standard input, and then kills the group, including itself. The input ends
/// when we close the pipe, and also when this process ends, even if it is killed. Processes that the program starts are
/// in the group too. This needs no unsafe code.
#[cfg(unix)]
mod leash {
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    pub(super) struct Leash(Child);

    impl Leash {
        pub(super) fn new() -> io::Result<Self> {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", "read -r _; kill -KILL 0"]).process_group(0);
            shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            shell.spawn().map(Self).map_err(|error| io::Error::new(error.kind(), format!("/bin/sh: {error}")))
        }

        pub(super) fn put_on(&self, command: &mut Command) {
            // The group has the process id of the shell, which is not reused until the shell is reaped.
            command.process_group(self.0.id() as i32);
        }

        /// Kills the group. A second call does nothing.
        pub(super) fn pull(&mut self) {
            drop(self.0.stdin.take());
            // Fails only if the shell has already been reaped.
            drop(self.0.wait());
        }
    }

    impl Drop for Leash {
        fn drop(&mut self) {
            self.pull();
        }
    }
}

/// On other systems, only the program itself is killed, and only by this process.
#[cfg(not(unix))]
mod leash {
    use std::io;
    use std::process::Command;

    pub(super) struct Leash;

    impl Leash {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn put_on(&self, _: &mut Command) {}

        pub(super) fn pull(&mut self) {}
    }
}
