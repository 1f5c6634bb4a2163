//! One worker process: starts it, exchanges messages over its pipes, and ends it. No process is left behind.

use std::io::{self, Write};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio, id as this_process};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_core::JobSpec;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::time::Timespec;

use super::frame::{self, FrameError, FrameReader};
use super::wire::{self, Answer, GreetingError, Reply, Request, Role};

/// How long workers may take to exit once they were told to exit, or once they have closed their pipe.
const EXIT_TIMEOUT: Duration = Duration::from_millis(200);

/// A worker process. Dropping it ends and reaps the process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// The process whose child it is. In a copy made by fork, the child belongs to another process.
    owner: u32,
    /// `None` once the worker was told to exit. It is a socket, since writing to a pipe without a reader kills a
    /// process that does not ignore SIGPIPE.
    input: Option<UnixStream>,
    output: ChildStdout,
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
    #[error("its output could not be read: {0}")]
    Pipe(io::Error),
}

impl Process {
    /// Starts a process and greets it. The process gets its own group, so that a Ctrl-C for this process does not reach
    /// it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let (input, theirs) = UnixStream::pair()?;
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).process_group(0);
        let spawned = command.spawn();
        // The command still owns its end of the socket, which must close when the worker exits.
        command.stdin(Stdio::null());
        let mut child = spawned?;
        let output = child.stdout.take().expect("it is piped");
        // If the process is already gone, reading from it will report that.
        drop((&input).write_all(&wire::greeting(Role::Parent)));
        Ok(Self {
            child,
            owner: this_process(),
            input: Some(input),
            output,
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

    /// Sends a request. The pipe always has room for the request, since a worker has one request at a time.
    pub(super) fn send(&mut self, spec: &JobSpec, run: &Range<u64>) -> io::Result<()> {
        self.request += 1;
        let request = Request { id: self.request, spec: spec.clone(), first: run.start, end: run.end };
        let mut input = self.input.as_ref().expect("a worker that was told to exit gets no requests");
        frame::send(&request, &mut input)
    }

    /// Reads once. Waits if there is nothing to read.
    pub(super) fn receive(&mut self) -> Result<(), Loss> {
        match self.reader.fill(&mut self.output) {
            Ok(0) if self.reader.is_empty() => Err(Loss::Ended(self.exit_status())),
            Ok(0) if !self.greeted => Err(GreetingError::foreign(self.reader.unread(), Role::Worker).into()),
            Ok(0) => Err(Loss::Truncated(self.exit_status())),
            Ok(_) => Ok(()),
            Err(error) => Err(Loss::Pipe(error)),
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

    /// A description of the exit status, after the process has closed its pipe.
    fn exit_status(&mut self) -> String {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) if start.elapsed() < EXIT_TIMEOUT => thread::sleep(Duration::from_millis(1)),
                Ok(None) => return "it had closed its pipe".to_owned(),
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

/// Tells processes to exit and kills those that do not.
pub(super) fn shut_down(mut processes: Vec<Process>) {
    for process in &mut processes {
        process.input = None;
    }
    let deadline = Instant::now() + EXIT_TIMEOUT;
    let mut running: Vec<_> = processes.iter().collect();
    while let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|_| !running.is_empty()) {
        // A process that exits closes its pipe, and `poll` reports that without a request.
        let closed = poll_output(&running, PollFlags::empty(), left);
        let mut closed = closed.into_iter();
        running.retain(|_| closed.next() == Some(false));
    }
}

/// Waits at most `timeout` until a process has output or closes its pipe. Returns for each process whether it has.
pub(super) fn await_output(processes: &[&Process], timeout: Duration) -> Vec<bool> {
    poll_output(processes, PollFlags::IN, timeout)
}

fn poll_output(processes: &[&Process], flags: PollFlags, timeout: Duration) -> Vec<bool> {
    let mut pipes: Vec<_> = processes.iter().map(|process| PollFd::new(&process.output, flags)).collect();
    poll_pipes(&mut pipes, timeout);
    pipes.iter().map(|pipe| !pipe.revents().is_empty()).collect()
}

/// Waits at most `timeout` for one of the requested events.
pub(super) fn poll_pipes(pipes: &mut [PollFd<'_>], timeout: Duration) {
    let timeout = Timespec { tv_sec: timeout.as_secs().cast_signed(), tv_nsec: timeout.subsec_nanos().into() };
    // An interrupted wait is just a short wait. With open descriptors, poll fails for no other reason.
    let _ = poll(pipes, Some(&timeout));
}
