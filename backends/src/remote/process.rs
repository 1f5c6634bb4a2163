//! One worker process: started, talked to over its pipes, ended, and never left behind.

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

use super::wire::{self, Answer, Garbled, Inbox, Reply, Request, Role};

/// How long workers that were told to end, or one that has closed its pipe, may take to be gone.
const PARTING: Duration = Duration::from_millis(200);

/// A worker process. Dropping it ends and reaps the process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// The process whose child it is: in a copy made by fork it is another's.
    owner: u32,
    /// `None` once it was told to end. A socket, since a pipe that nobody reads from kills who writes to it and does not
    /// ignore SIGPIPE.
    input: Option<UnixStream>,
    output: ChildStdout,
    inbox: Inbox,
    greeted: bool,
    /// Of the last request. None comes twice, so that an answer that comes late is known for what it is.
    turn: u64,
    /// Its processor time, as it last said.
    processor: Duration,
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
    #[error("it answered request {answered} after it was asked {asked}")]
    Unasked { answered: u64, asked: u64 },
    #[error("it could not be read from: {0}")]
    Pipe(io::Error),
}

impl Process {
    /// Starts a process in a group of its own, where no Ctrl-C reaches it that is meant for us, and greets it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let (input, theirs) = UnixStream::pair()?;
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).process_group(0);
        let spawned = command.spawn();
        // The command keeps its end of the socket, which is to be closed when the worker ends.
        command.stdin(Stdio::null());
        let mut child = spawned?;
        let output = child.stdout.take().expect("it is piped");
        // One that is gone already is told of when it is read from.
        drop((&input).write_all(&wire::greeting(Role::Program)));
        Ok(Self {
            child,
            owner: this_process(),
            input: Some(input),
            output,
            inbox: Inbox::new(),
            greeted: false,
            turn: 0,
            processor: Duration::ZERO,
        })
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

    /// Sends a request. There is always room for it: a worker has one at a time.
    pub(super) fn send(&mut self, spec: &JobSpec, run: &Range<u64>) -> io::Result<()> {
        self.turn += 1;
        let request = Request { turn: self.turn, spec: spec.clone(), first: run.start, end: run.end };
        let mut input = self.input.as_ref().expect("nobody speaks to it after it was told to end");
        wire::send(&request, &mut input)
    }

    /// Reads once what has come; waits if nothing has.
    pub(super) fn receive(&mut self) -> Result<(), Loss> {
        match self.inbox.fill(&mut self.output) {
            Ok(0) if self.inbox.is_empty() => Err(Loss::Ended(self.last_words())),
            Ok(0) if !self.greeted => Err(self.inbox.no_greeting(Role::Worker).into()),
            Ok(0) => Err(Loss::Truncated(self.last_words())),
            Ok(_) => Ok(()),
            Err(error) => Err(Loss::Pipe(error)),
        }
    }

    /// The answer to the last request, if all of it has come; and the processor time since the one before.
    pub(super) fn answer(&mut self) -> Result<Option<(Answer, Duration)>, Loss> {
        if !self.greeted {
            let Some(greeting) = self.inbox.greeting() else { return Ok(None) };
            wire::check_greeting(&greeting, Role::Worker)?;
            self.greeted = true;
        }
        let mut answered = None;
        while let Some(reply) = self.inbox.message()? {
            match reply {
                Reply::Alive => {}
                Reply::Answer(answer) if answer.turn == self.turn && answered.is_none() => {
                    let more = answer.processor.saturating_sub(self.processor);
                    self.processor = answer.processor;
                    answered = Some((answer, more));
                }
                Reply::Answer(Answer { turn, .. }) => return Err(Loss::Unasked { answered: turn, asked: self.turn }),
            }
        }
        Ok(answered)
    }

    /// How it ended, after it has closed its pipe; or that it has not.
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
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.owner != this_process() {
            return;
        }
        // As long as it has not been waited for, its number is its own, and its group's: with it goes what it started.
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// Tells processes to end, which they do by themselves; ends those that do not.
pub(super) fn dismiss(mut processes: Vec<Process>) {
    for process in &mut processes {
        process.input = None;
    }
    let deadline = Instant::now() + PARTING;
    let mut waiting: Vec<_> = processes.iter().collect();
    while let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|_| !waiting.is_empty()) {
        // What a process does when it ends is to close its pipe; nothing else is waited for.
        let closed = await_pipes(&waiting, PollFlags::empty(), left);
        let mut closed = closed.into_iter();
        waiting.retain(|_| closed.next() == Some(false));
    }
}

/// Waits at most for so long until some of the processes have said something or closed their pipes; gives which.
pub(super) fn await_any(processes: &[&Process], patience: Duration) -> Vec<bool> {
    await_pipes(processes, PollFlags::IN, patience)
}

fn await_pipes(processes: &[&Process], flags: PollFlags, patience: Duration) -> Vec<bool> {
    let mut pipes: Vec<_> = processes.iter().map(|process| PollFd::new(&process.output, flags)).collect();
    await_events(&mut pipes, patience);
    pipes.iter().map(|pipe| !pipe.revents().is_empty()).collect()
}

/// Waits at most for so long until something of what is asked for has happened.
pub(super) fn await_events(pipes: &mut [PollFd<'_>], patience: Duration) {
    let timeout = Timespec { tv_sec: patience.as_secs().cast_signed(), tv_nsec: patience.subsec_nanos().into() };
    // An interrupted wait is a short one; with open descriptors it fails in no other way.
    let _ = poll(pipes, Some(&timeout));
}
