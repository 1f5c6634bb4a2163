//! One worker process: started, talked to over its pipes, ended, and never left behind.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{io, mem};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::time::Timespec;

use super::wire::{self, Garbled, Inbox, Reply, Request, Role};

/// How long a worker that was told to end, or has closed its pipe, may take to be gone.
const PARTING: Duration = Duration::from_millis(200);

/// A worker process. Dropping it ends and reaps the process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// `None` once it was told to end.
    input: Option<ChildStdin>,
    output: ChildStdout,
    inbox: Inbox,
    greeted: bool,
    /// Its processor time, as it last said.
    pub(super) processor: Duration,
}

/// Why nothing more can be had of a process.
#[derive(Debug, thiserror::Error)]
pub(super) enum Loss {
    #[error("it ended: {0}")]
    Ended(String),
    #[error("it ended in the middle of a frame: {0}")]
    Truncated(String),
    #[error("it said something that makes no sense: {0}")]
    Garbled(#[from] Garbled),
    #[error("it could not be read from: {0}")]
    Pipe(io::Error),
}

impl Process {
    /// Starts a process in a group of its own, where no Ctrl-C reaches it that is meant for us, and greets it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are piped");
        };
        let process =
            Self { child, input: Some(input), output, inbox: Inbox::new(), greeted: false, processor: Duration::ZERO };
        // One that is gone already is told of when it is read from.
        drop(process.input().write_all(&wire::greeting(Role::Program)));
        Ok(process)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended; one that has is reaped.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether it has said who it is.
    pub(super) const fn has_greeted(&self) -> bool {
        self.greeted
    }

    /// Sends a request. There is always room for it in the pipe: a worker has one at a time.
    pub(super) fn send(&mut self, request: &Request) -> io::Result<()> {
        wire::send(request, &mut self.input())
    }

    /// Reads once what has come; waits if nothing has.
    pub(super) fn receive(&mut self) -> Result<(), Loss> {
        match self.inbox.fill(&mut self.output) {
            Ok(0) if self.inbox.is_empty() => Err(Loss::Ended(self.last_words())),
            Ok(0) => Err(Loss::Truncated(self.last_words())),
            Ok(_) => Ok(()),
            Err(error) => Err(Loss::Pipe(error)),
        }
    }

    /// The next message of those that have come.
    pub(super) fn reply(&mut self) -> Result<Option<Reply>, Loss> {
        if !self.greeted {
            let Some(greeting) = self.inbox.greeting() else { return Ok(None) };
            wire::check_greeting(&greeting, Role::Worker)?;
            self.greeted = true;
        }
        Ok(self.inbox.message()?)
    }

    /// Tells it to end, which it does by itself.
    pub(super) fn dismiss(&mut self) {
        self.input = None;
    }

    /// Forgets the process, which belongs to somebody else.
    pub(super) fn forget(self) {
        mem::forget(self);
    }

    /// How it ended, after it has closed its pipe; or that it has not, and then it is ended.
    fn last_words(&mut self) -> String {
        let since = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) if since.elapsed() < PARTING => thread::sleep(Duration::from_millis(1)),
                Ok(None) => return "it had closed its pipe".to_owned(),
                Err(error) => return error.to_string(),
            }
        }
    }

    fn input(&self) -> &ChildStdin {
        self.input.as_ref().expect("nobody speaks to it after it was told to end")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Told to end, it closes its pipe by ending.
        if self.input.is_none() {
            await_pipes(&mut [PollFd::new(&self.output, PollFlags::empty())], PARTING);
        }
        // With it goes what it started; its number is its group's until it has been waited for. All three fail only for a
        // process that has.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits at most for so long until some of the processes have said something or closed their pipes; gives which.
pub(super) fn await_any(processes: &[&Process], patience: Duration) -> Vec<bool> {
    let mut pipes: Vec<_> = processes.iter().map(|process| PollFd::new(&process.output, PollFlags::IN)).collect();
    await_pipes(&mut pipes, patience);
    pipes.iter().map(|pipe| !pipe.revents().is_empty()).collect()
}

pub(super) fn await_pipes(pipes: &mut [PollFd<'_>], patience: Duration) {
    let timeout = Timespec { tv_sec: patience.as_secs().cast_signed(), tv_nsec: patience.subsec_nanos().into() };
    // An interrupted wait is a short one; with open descriptors it fails in no other way.
    let _ = poll(pipes, Some(&timeout));
}
