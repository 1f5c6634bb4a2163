//! One worker process: starts it, exchanges messages with it over a socket, and ends it. No process is left behind.
//!
//! The socket is the worker's standard input, in both directions. Its standard output and standard error do not belong to
//! the protocol, so that whatever the worker prints does no harm.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::Shutdown;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio, id as this_process};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_core::JobSpec;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::time::Timespec;

use super::frame::{self, FrameError, FrameReader};
use super::log::Log;
use super::wire::{self, Answer, GreetingError, Reply, Request, Role};

/// How long workers may take to exit once they were told to exit, or once they have closed their connection.
const EXIT_TIMEOUT: Duration = Duration::from_millis(200);

/// A worker process. Dropping it ends and reaps the process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// The process whose child it is. In a copy made by fork, the child belongs to another process.
    owner: u32,
    connection: UnixStream,
    log: Log,
    reader: FrameReader,
    greeted: bool,
    /// The ID of the last request. No ID is used twice, so that a late answer can be told from the expected one.
    request: u64,
    /// The processor time of the worker, as of its last answer.
    processor: Duration,
}

/// Why a process can no longer be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Loss {
    #[error("it ended: {0}")]
    Ended(String),
    #[error("it ended in the middle of a frame: {0}")]
    Truncated(String),
    #[error(transparent)]
    Greeting(#[from] GreetingError),
    #[error("it sent a bad frame: {0}")]
    Frame(#[from] FrameError),
    #[error("it answered request {answered} instead of request {expected}")]
    WrongRequest { answered: u64, expected: u64 },
    #[error("its connection could not be read: {0}")]
    Connection(io::Error),
}

impl Process {
    /// Starts a process and greets it. The process gets its own group, so that a Ctrl-C for this process does not reach
    /// it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let (connection, theirs) = UnixStream::pair()?;
        let (log, writer) = Log::new()?;
        command.stdin(OwnedFd::from(theirs)).stdout(writer.try_clone()?).stderr(writer).process_group(0);
        let spawned = command.spawn();
        // The command still owns the worker's end of the socket, which must close when the worker exits.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = spawned?;
        // If the process is already gone, reading from it will report that.
        drop((&connection).write_all(&wire::greeting(Role::Parent)));
        Ok(Self {
            child,
            owner: this_process(),
            connection,
            log,
            reader: FrameReader::new(),
            greeted: false,
            request: 0,
            processor: Duration::ZERO,
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns whether the process is still running. If it has exited, it is reaped.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub(super) const fn has_greeted(&self) -> bool {
        self.greeted
    }

    /// Sends a request. The socket always has room for the request, since a worker has one request at a time.
    pub(super) fn send(&mut self, spec: &JobSpec, run: &Range<u64>) -> io::Result<()> {
        self.request += 1;
        let request = Request { id: self.request, spec: spec.clone(), first: run.start, end: run.end };
        frame::send(&request, &mut &self.connection)
    }

    /// Reads once. Waits if there is nothing to read.
    pub(super) fn receive(&mut self) -> Result<(), Loss> {
        let read = match self.reader.fill(&mut &self.connection) {
            // A process that ends before it has read everything resets the connection.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(0),
            read => read,
        };
        match read {
            Ok(0) if self.reader.is_empty() => Err(Loss::Ended(self.exit_status())),
            Ok(0) if !self.greeted => Err(GreetingError::foreign(self.reader.unread(), Role::Worker).into()),
            Ok(0) => Err(Loss::Truncated(self.exit_status())),
            Ok(_) => Ok(()),
            Err(error) => Err(Loss::Connection(error)),
        }
    }

    /// Returns the answer to the last request, if all of it has arrived, and the worker's processor time since its
    /// previous answer.
    pub(super) fn answer(&mut self) -> Result<Option<(Answer, Duration)>, Loss> {
        if !self.greeted {
            let Some(greeting) = self.reader.take() else { return Ok(None) };
            wire::check_greeting(&greeting, Role::Worker)?;
            self.greeted = true;
        }
        let mut answered = None;
        while let Some(reply) = self.reader.message()? {
            match reply {
                Reply::Alive => {}
                Reply::Answer(answer) if answer.id == self.request && answered.is_none() => {
                    let more = answer.processor.saturating_sub(self.processor);
                    self.processor = answer.processor;
                    answered = Some((answer, more));
                }
                Reply::Answer(Answer { id, .. }) => {
                    return Err(Loss::WrongRequest { answered: id, expected: self.request });
                }
            }
        }
        Ok(answered)
    }

    /// Adds the last lines that the process wrote to the reason why it was lost.
    pub(super) fn explain(&mut self, reason: impl Display) -> String {
        match self.log.last_lines() {
            Some(lines) => format!("{reason}; its last output: {lines}"),
            None => reason.to_string(),
        }
    }

    /// A description of the exit status, after the process has closed its connection.
    fn exit_status(&mut self) -> String {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return describe(status),
                Ok(None) if start.elapsed() < EXIT_TIMEOUT => thread::sleep(Duration::from_millis(1)),
                Ok(None) => return "it had closed its connection".to_owned(),
                Err(error) => return error.to_string(),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.owner != this_process() {
            return;
        }
        // Until the child is waited for, no other process has its process ID or its group ID. The group includes
        // whatever the child has started.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// Describes an exit status. A system that runs out of memory kills processes without a word.
fn describe(status: ExitStatus) -> String {
    let killed = status.signal() == Some(Signal::KILL.as_raw());
    let hint = if killed { "; the system may have run out of memory" } else { "" };
    format!("{status}{hint}")
}

/// Tells processes to exit, and gives them some time to do so. Dropping them kills those that do not.
pub(super) fn shut_down(processes: &[Process]) {
    for process in processes {
        // This fails only if the process has closed its end already.
        drop(process.connection.shutdown(Shutdown::Write));
    }
    let deadline = Instant::now() + EXIT_TIMEOUT;
    let mut running: Vec<_> = processes.iter().collect();
    while let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|_| !running.is_empty()) {
        // A process that exits closes its connection, and `poll` reports that without a request.
        let mut sources: Vec<_> =
            running.iter().map(|process| PollFd::new(&process.connection, PollFlags::empty())).collect();
        poll_sources(&mut sources, left);
        let mut open = sources.iter().map(|source| source.revents().is_empty());
        running.retain(|_| open.next() == Some(true));
    }
}

/// Waits at most `timeout` until a process sends something or closes its connection. Returns for each process whether it
/// has. Reads what the processes log meanwhile.
pub(super) fn await_messages(processes: &mut [&mut Process], timeout: Duration) -> Vec<bool> {
    let connections = processes.iter().map(|process| PollFd::new(&process.connection, PollFlags::IN));
    let logs = processes.iter().filter_map(|process| process.log.source());
    let mut sources: Vec<_> = connections.chain(logs).collect();
    poll_sources(&mut sources, timeout);
    let mut events = sources.iter().map(|source| !source.revents().is_empty());
    let ready = events.by_ref().take(processes.len()).collect();
    let logged: Vec<_> = events.collect();
    let logs = processes.iter_mut().map(|process| &mut process.log).filter(|log| log.source().is_some());
    logs.zip(logged).filter(|(_, logged)| *logged).for_each(|(log, _)| log.read());
    ready
}

/// Waits at most `timeout` for one of the requested events.
pub(super) fn poll_sources(sources: &mut [PollFd<'_>], timeout: Duration) {
    let timeout = Timespec { tv_sec: timeout.as_secs().cast_signed(), tv_nsec: timeout.subsec_nanos().into() };
    // An interrupted wait is just a short wait. With open descriptors, poll fails for no other reason.
    let _ = poll(sources, Some(&timeout));
}
