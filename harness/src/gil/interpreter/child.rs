//! A program that is run to its end, or to ours.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use self::leash::Leash;

/// How often the program, the cancel flag and the clock are looked at.
const POLL: Duration = Duration::from_millis(10);

/// More than any script of ours says; a program that goes on and on is cut off here.
const MOST_BYTES: u64 = 64 << 20;

/// How long a pipe may stay open after the program has ended, by the hand of a process that left its group.
const LINGERING: Duration = Duration::from_secs(1);

/// How a program ended by itself, and what it said.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Why a program has no end of its own.
pub(super) enum Interruption {
    Start(io::Error),
    TimedOut,
    Cancelled,
}

/// Runs a program without input. When this returns, the program and what it started have been killed, unless they
/// ended by themselves.
pub(super) fn run(command: &mut Command, patience: Duration, cancel: &AtomicBool) -> Result<Ended, Interruption> {
    let mut running = Running::start(command).map_err(Interruption::Start)?;
    // Both are read while the program runs: it would wait for a full pipe to be emptied.
    let stdout = running.child.stdout.take().map(read_all);
    let stderr = running.child.stderr.take().map(read_all);
    let status = running.wait(patience, cancel)?;
    // What the program left behind may still hold the pipes open.
    drop(running);
    let text = |receiver: Option<Receiver<Vec<u8>>>| {
        receiver.and_then(|receiver| receiver.recv_timeout(LINGERING).ok()).unwrap_or_default()
    };
    Ok(Ended { status, stdout: text(stdout), stderr: text(stderr) })
}

/// The program on its leash. Dropping it kills and reaps the program, and what it started with it.
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

    fn wait(&mut self, patience: Duration, cancel: &AtomicBool) -> Result<ExitStatus, Interruption> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().map_err(Interruption::Start)? {
                return Ok(status);
            }
            if cancel.load(Ordering::Relaxed) {
                return Err(Interruption::Cancelled);
            }
            if since.elapsed() >= patience {
                return Err(Interruption::TimedOut);
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.leash.pull();
        // Both fail only for a program that has been waited for.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads on a thread of its own and sends what there was. Nobody waits for the thread; it ends with the pipe.
fn read_all(pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has said what it had to say.
        drop(pipe.take(MOST_BYTES).read_to_end(&mut bytes));
        drop(sender.send(bytes));
    });
    receiver
}

/// The leash is a shell at the head of a process group that the program joins. It waits for its standard input to end,
/// and then kills the group, itself included: when we let go of the pipe, or when we are gone, even killed outright.
/// Processes that the program starts are in the group too. So nobody is left behind, without a word of unsafe code.
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
            // The group bears the number of the shell for as long as that has not been waited for.
            command.process_group(self.0.id() as i32);
        }

        /// Kills the group. Pulling it again does nothing.
        pub(super) fn pull(&mut self) {
            drop(self.0.stdin.take());
            // Fails only for a shell that has been waited for.
            drop(self.0.wait());
        }
    }

    impl Drop for Leash {
        fn drop(&mut self) {
            self.pull();
        }
    }
}

/// Elsewhere only the program itself is killed, and only by us.
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
