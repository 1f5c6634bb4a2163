//! The other end: what a worker process does.
//!
//! A program that is to have workers of its own calls [`serve`] at the beginning of its `main` when it was started as one,
//! and otherwise says with [`register`] how to start itself as one:
//!
//! ```no_run
//! use primelanes_backends::{PrimeCounter, Processes, available_workers, worker};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     if std::env::args().nth(1).as_deref() == Some("worker") {
//!         return Ok(worker::serve(std::io::stdin(), std::io::stdout())?);
//!     }
//!     worker::register(std::env::current_exe()?, ["worker"]);
//!
//!     println!("{}", Processes::new(available_workers())?.count_primes(1_000_000_000)?);
//!     Ok(())
//! }
//! ```
//!
//! Nothing else may be written to the standard output of a worker. It ends when its standard input does: so workers end
//! with the program that they belong to, however that ended.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_core::job::{Heartbeat, Job};
use primelanes_core::{Error, JobSpec, guard};
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Signal, getpid, getppid, kill_process};
use rustix::time::{ClockId, clock_gettime};

use super::AWAKE;
use super::process::await_events;
use super::wire::{self, Answer, GREETING, Garbled, Inbox, Outcome, Reply, Request, Role};

/// How often a worker at work says that it is.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(100);

/// How long a run may take to notice that its program is gone; then the process ends all the same.
const PARTING: Duration = Duration::from_millis(300);

/// How this program starts its workers.
static PROGRAM: Mutex<Option<(PathBuf, Vec<OsString>)>> = Mutex::new(None);

/// Says which program is this one's worker: most likely itself, with arguments upon which it calls [`serve`].
/// [`Processes::new`](crate::Processes::new) starts it. What was said last holds.
pub fn register<A: Into<OsString>>(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = A>) {
    let program = (program.into(), arguments.into_iter().map(Into::into).collect());
    *PROGRAM.lock().unwrap_or_else(PoisonError::into_inner) = Some(program);
}

/// The program that was registered.
pub(crate) fn registered() -> Option<Command> {
    let program = PROGRAM.lock().unwrap_or_else(PoisonError::into_inner);
    program.as_ref().map(|(program, arguments)| {
        let mut command = Command::new(program);
        command.args(arguments);
        command
    })
}

/// Works on what is asked for on `input`, until that ends; the answers go to `output`. Standard input and output, most
/// likely; they are read and written past any buffer.
///
/// When the input ends, or the process that started this one, a run ends at its next beat; if it has none within
/// 0.3 seconds, or if the input stays open, this process is killed. Nothing else is to be said on `output`.
///
/// # Errors
/// If what comes is not from a program that has workers, or from one of another version, or if the answers cannot be
/// written, unless the program has ended: then there is nobody to tell.
pub fn serve(input: impl AsFd, output: impl AsFd) -> Result<(), Error> {
    let own = |pipe: &dyn AsFd| pipe.as_fd().try_clone_to_owned().map(File::from).map_err(broken);
    let (mut input, mut output) = (own(&input)?, own(&output)?);
    let watched = own(&input)?;
    let mut inbox = Inbox::new();
    let Some(greeting) = first(&mut inbox, &mut input)? else { return Ok(()) };
    let checked = wire::check_greeting(&greeting, Role::Program);
    // Another version is told ours; a stranger nothing.
    if matches!(checked, Ok(()) | Err(Garbled::Version { .. })) {
        output.write_all(&wire::greeting(Role::Worker)).or_else(unless_gone)?;
    }
    checked.map_err(|garbled| malformed(&garbled))?;

    let line = Line { output: Mutex::new(output), pulse: Heartbeat::new(), done: false.into() };
    thread::scope(|scope| {
        let guardian = thread::Builder::new().name("guardian".to_owned());
        guardian.spawn_scoped(scope, || line.guard(&watched)).map_err(|refusal| Error::Spawn {
            backend: "worker".into(),
            requested: 1,
            reason: refusal.to_string(),
        })?;
        let served = guard("worker", || line.answer_all(&mut inbox, &mut input));
        line.done.store(true, Ordering::Relaxed);
        served
    })
}

/// The greeting of the other end; `None` if there is no other end any more.
fn first(inbox: &mut Inbox, input: &mut File) -> Result<Option<[u8; GREETING]>, Error> {
    loop {
        if let Some(greeting) = inbox.greeting() {
            return Ok(Some(greeting));
        }
        if inbox.fill(input).map_err(broken)? == 0 {
            return if inbox.is_empty() { Ok(None) } else { Err(malformed(&"it ended in the middle of a greeting")) };
        }
    }
}

/// The way back to the program, and the pulse of the runs.
struct Line {
    output: Mutex<File>,
    /// Stopped when nobody waits for an answer any more.
    pulse: Heartbeat,
    /// The requests are over.
    done: AtomicBool,
}

/// The kernel of the last request, and the requests' only memory.
struct Open {
    spec: JobSpec,
    job: Box<dyn Job>,
}

impl Line {
    /// Answers requests until there are no more.
    fn answer_all(&self, inbox: &mut Inbox, input: &mut File) -> Result<(), Error> {
        let mut open = None;
        loop {
            let request: Option<Request> = inbox.message().map_err(|garbled| malformed(&garbled))?;
            let Some(request) = request else {
                stay_awake(input);
                match inbox.fill(input).map_err(broken)? {
                    0 => return Ok(()),
                    _ => continue,
                }
            };
            let answer = self.answer(&mut open, request);
            if self.pulse.is_stopped() {
                return Ok(());
            }
            self.say(answer)?;
        }
    }

    fn answer(&self, open: &mut Option<Open>, request: Request) -> Answer {
        let Request { turn, spec, first, end } = request;
        let (result, busy) = self.run(open, spec, first..end);
        let outcome = match result {
            Ok(bytes) => Outcome::Partial(bytes),
            Err(Error::Panicked { message, .. }) => Outcome::Panicked(message),
            Err(other) => Outcome::Failed(other.to_string()),
        };
        let clock = clock_gettime(ClockId::ProcessCPUTime);
        let processor = Duration::new(clock.tv_sec.cast_unsigned(), clock.tv_nsec as u32);
        Answer { turn, busy, processor, outcome }
    }

    /// Runs tiles with the kernel that is open, if it is the one; gives their result, and how long they took.
    fn run(&self, open: &mut Option<Open>, spec: JobSpec, run: Range<u64>) -> (Result<Vec<u8>, Error>, Duration) {
        if open.as_ref().is_none_or(|open| open.spec != spec) {
            // The memory of the last is free before the next takes its own.
            *open = None;
            match guard("set-up", || spec.open(&self.pulse)) {
                Ok(job) => *open = Some(Open { spec, job }),
                Err(fault) => return (Err(fault), Duration::ZERO),
            }
        }
        let job = &mut open.as_mut().expect("it has just been opened").job;
        let since = Instant::now();
        let result = job.run(run, &self.pulse);
        (result, since.elapsed())
    }

    /// Sends an answer; one that is too long to be sent is another answer.
    fn say(&self, answer: Answer) -> Result<(), Error> {
        let (turn, busy, processor) = (answer.turn, answer.busy, answer.processor);
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        match wire::send(&Reply::Answer(answer), &mut *output) {
            Err(refusal) if refusal.kind() == io::ErrorKind::InvalidData => {
                let outcome = Outcome::Failed(refusal.to_string());
                wire::send(&Reply::Answer(Answer { turn, busy, processor, outcome }), &mut *output).or_else(unless_gone)
            }
            sent => sent.or_else(unless_gone),
        }
    }

    /// Tells of runs that are at work; ends them, and in the end the process, when the input ends.
    fn guard(&self, input: &File) {
        let program = getppid();
        while !self.done.load(Ordering::Relaxed) {
            // No event but the end is waited for.
            let mut pipe = [PollFd::new(input, PollFlags::empty())];
            await_events(&mut pipe, HEARTBEAT);
            // A copy of the program, made by fork, may keep the pipe open when the program is gone.
            if getppid() != program || !pipe[0].revents().is_empty() {
                self.pulse.stop();
                return self.await_end();
            }
            if self.pulse.take_beat() {
                let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
                // Who cannot be told is gone, which the next wait shows.
                drop(wire::send(&Reply::Alive, &mut *output));
            }
        }
    }

    fn await_end(&self) {
        let since = Instant::now();
        while !self.done.load(Ordering::Relaxed) {
            if since.elapsed() > PARTING {
                // Not by exit, which would do what is left to do at the end of the program while that is at work.
                let _ = kill_process(getpid(), Signal::KILL);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Lets others run for a moment, as long as nothing has come: the next request usually comes at once.
fn stay_awake(input: &File) {
    let since = Instant::now();
    while since.elapsed() < AWAKE {
        let mut pipe = [PollFd::new(input, PollFlags::IN)];
        await_events(&mut pipe, Duration::ZERO);
        if !pipe[0].revents().is_empty() {
            return;
        }
        thread::yield_now();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
fn broken(error: io::Error) -> Error {
    Error::Unavailable { what: "the pipe of a worker".into(), reason: error.to_string() }
}

/// That nobody is there to read is the end, and no fault.
fn unless_gone(error: io::Error) -> Result<(), Error> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(broken(error)) }
}

fn malformed(reason: &dyn std::fmt::Display) -> Error {
    Error::Malformed { what: "input of a worker".into(), reason: reason.to_string() }
}
