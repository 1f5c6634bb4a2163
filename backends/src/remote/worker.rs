//! The worker's end of the connection: what a worker process does.
//!
//! A program can be its own worker. It calls [`register`] to say how to start it as a worker, and calls [`serve`] at
//! the start of `main` if it was started as one:
//!
//! ```no_run
//! use primelanes_backends::{PrimeCounter, Processes, available_workers, worker};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     if std::env::args().nth(1).as_deref() == Some("worker") {
//!         return Ok(worker::serve(std::io::stdin())?);
//!     }
//!     worker::register(std::env::current_exe()?, ["worker"]);
//!
//!     println!("{}", Processes::new(available_workers())?.count_primes(1_000_000_000)?);
//!     Ok(())
//! }
//! ```
//!
//! The standard input of a worker is a socket that carries all messages, in both directions. Nothing else in the worker may
//! read from it. A worker may print anything on standard output and standard error: the parent process keeps the last
//! lines, and quotes them if the worker is lost. A worker exits when its standard input ends, so workers end with their
//! parent process, however the parent ends.

use std::ffi::OsString;
use std::fmt::Display;
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

use super::SPIN_TIME;
use super::frame::{self, FrameError, FrameReader};
use super::process::poll_sources;
use super::wire::{self, Answer, GREETING, GreetingError, Outcome, Reply, Request, Role};

/// The interval at which a worker shows that it is working.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(100);

/// How long a run may take to stop after the parent process is gone. After that, the worker is killed.
const STOP_TIMEOUT: Duration = Duration::from_millis(300);

/// The program that this process starts as its workers, with its arguments.
static PROGRAM: Mutex<Option<(PathBuf, Vec<OsString>)>> = Mutex::new(None);

/// Sets the program that [`Processes::new`](crate::Processes::new) starts as a worker. It is usually this program
/// itself, with arguments that make it call [`serve`]. The last call wins.
pub fn register<A: Into<OsString>>(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = A>) {
    let program = (program.into(), arguments.into_iter().map(Into::into).collect());
    *PROGRAM.lock().unwrap_or_else(PoisonError::into_inner) = Some(program);
}

/// Returns the registered program.
pub(crate) fn registered() -> Option<Command> {
    let program = PROGRAM.lock().unwrap_or_else(PoisonError::into_inner);
    program.as_ref().map(|(program, arguments)| {
        let mut command = Command::new(program);
        command.args(arguments);
        command
    })
}

/// Answers the requests of the parent process, until there are no more. The connection is a socket: the standard input of a
/// worker that [`Processes`](crate::Processes) has started. It is read and written without a buffer.
///
/// When the connection or the parent process ends, the current run stops at its next beat. If the run takes longer than
/// 0.3 seconds to stop, or if the connection is still open then, this process is killed.
///
/// # Errors
/// If the other end is not a parent process of this version, or if the answers cannot be sent. A parent process that has
/// ended is not an error.
pub fn serve(connection: impl AsFd) -> Result<(), Error> {
    let socket = connection.as_fd().try_clone_to_owned().map(File::from).map_err(connection_error)?;
    let mut reader = FrameReader::new();
    let Some(greeting) = read_greeting(&mut reader, &socket)? else { return Ok(()) };
    let checked = wire::check_greeting(&greeting, Role::Parent);
    // Send the greeting to a parent of another version too, so that it learns this version. Send nothing to any other
    // program.
    if matches!(checked, Ok(()) | Err(GreetingError::Version { .. })) {
        (&socket).write_all(&wire::greeting(Role::Worker)).or_else(ignore_closed)?;
    }
    checked.map_err(bad_greeting)?;

    let connection = Connection { output: Mutex::new(&socket), pulse: Heartbeat::new(), done: false.into() };
    thread::scope(|scope| {
        let monitor = thread::Builder::new().name("parent-monitor".to_owned());
        monitor.spawn_scoped(scope, || connection.monitor(&socket)).map_err(|refusal| Error::Spawn {
            backend: "worker".into(),
            requested: 1,
            reason: refusal.to_string(),
        })?;
        let served = guard("worker", || connection.answer_all(&mut reader, &socket));
        connection.done.store(true, Ordering::Relaxed);
        served
    })
}

/// Reads the greeting of the other end. Returns `None` if the input has ended.
fn read_greeting(reader: &mut FrameReader, input: &File) -> Result<Option<[u8; GREETING]>, Error> {
    loop {
        if let Some(greeting) = reader.take() {
            return Ok(Some(greeting));
        }
        if fill(reader, input)? == 0 {
            return if reader.is_empty() { Ok(None) } else { Err(malformed("greeting", &"it ends too early")) };
        }
    }
}

/// Reads once and returns the number of bytes read, 0 at the end.
fn fill(reader: &mut FrameReader, mut input: &File) -> Result<usize, Error> {
    reader.fill(&mut input).or_else(|error| ignore_closed(error).map(|()| 0))
}

/// The connection to the parent process, and the pulse of the runs.
struct Connection<'a> {
    output: Mutex<&'a File>,
    /// The pulse is stopped when nobody waits for an answer any more.
    pulse: Heartbeat,
    /// There are no more requests.
    done: AtomicBool,
}

/// The kernel of the last request. A worker keeps nothing else from one request to the next.
struct OpenJob {
    spec: JobSpec,
    job: Box<dyn Job>,
}

impl Connection<'_> {
    /// Answers requests until there are no more.
    fn answer_all(&self, reader: &mut FrameReader, input: &File) -> Result<(), Error> {
        let mut open = None;
        // The processor time between two requests, which goes into waiting for the next one.
        let mut idle = Duration::ZERO;
        let mut answered_at = None;
        loop {
            let request: Option<Request> = reader.message().map_err(|error| malformed("frame", &error))?;
            let Some(request) = request else {
                spin_until_readable(input);
                match fill(reader, input)? {
                    0 => return Ok(()),
                    _ => continue,
                }
            };
            idle += answered_at.map_or(Duration::ZERO, |since| processor_time().saturating_sub(since));
            let answer = self.answer(&mut open, request, idle);
            answered_at = Some(answer.processor + idle);
            if self.pulse.is_stopped() {
                return Ok(());
            }
            self.send(answer)?;
        }
    }

    fn answer(&self, open: &mut Option<OpenJob>, request: Request, idle: Duration) -> Answer {
        let Request { id, spec, first, end } = request;
        let (result, busy) = self.run(open, spec, first..end);
        let outcome = result.map_or_else(Outcome::Failed, Outcome::Partial);
        Answer { id, busy, processor: processor_time().saturating_sub(idle), outcome }
    }

    /// Runs tiles, and reuses the open job if it has the same spec. Returns the result and the time that the tiles
    /// took.
    fn run(&self, open: &mut Option<OpenJob>, spec: JobSpec, run: Range<u64>) -> (Result<Vec<u8>, Error>, Duration) {
        if open.as_ref().is_none_or(|open| open.spec != spec) {
            // Free the memory of the last job before the next takes its own.
            *open = None;
            match guard("set-up", || spec.open(&self.pulse)) {
                Ok(job) => *open = Some(OpenJob { spec, job }),
                Err(fault) => return (Err(fault), Duration::ZERO),
            }
        }
        let job = &mut open.as_mut().expect("it has just been opened").job;
        let start = Instant::now();
        let result = job.run(run, &self.pulse);
        (result, start.elapsed())
    }

    /// Sends an answer. If it is too long for a frame, sends an error in its place.
    fn send(&self, answer: Answer) -> Result<(), Error> {
        let (id, busy, processor) = (answer.id, answer.busy, answer.processor);
        let too_long = |error: FrameError| {
            let error = Error::Unavailable { what: "the answer".into(), reason: error.to_string() };
            frame::encode(&Reply::Answer(Answer { id, busy, processor, outcome: Outcome::Failed(error) }))
        };
        let frame = frame::encode(&Reply::Answer(answer)).or_else(too_long).expect("an error fits in a frame");
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(&frame).or_else(ignore_closed)
    }

    /// Reports that a run is working, until the input or the parent process ends. Then it stops the run, and kills this
    /// process if the run does not stop in time.
    fn monitor(&self, input: &File) {
        let parent = getppid();
        while !self.done.load(Ordering::Relaxed) {
            // `poll` reports the end of the connection without a request.
            let mut source = [PollFd::new(input, PollFlags::empty())];
            poll_sources(&mut source, HEARTBEAT);
            // If the parent process was forked, the copy may keep the connection open when the parent is gone.
            if getppid() != parent || !source[0].revents().is_empty() {
                self.pulse.stop();
                return self.await_end();
            }
            if self.pulse.take_beat() {
                let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
                // If this fails, the parent is gone, and the next check of the input shows that.
                drop(frame::send(&Reply::Alive, &mut *output));
            }
        }
    }

    fn await_end(&self) {
        let start = Instant::now();
        while !self.done.load(Ordering::Relaxed) {
            if start.elapsed() > STOP_TIMEOUT {
                // Do not call `exit`, which would run exit handlers while the run is still working.
                let _ = kill_process(getpid(), Signal::KILL);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Returns the processor time of this process.
fn processor_time() -> Duration {
    let clock = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(clock.tv_sec.cast_unsigned(), clock.tv_nsec as u32)
}

/// Yields to other threads for a moment or until there is input, since the next request usually comes at once.
fn spin_until_readable(input: &File) {
    let start = Instant::now();
    while start.elapsed() < SPIN_TIME {
        let mut source = [PollFd::new(input, PollFlags::IN)];
        poll_sources(&mut source, Duration::ZERO);
        if !source[0].revents().is_empty() {
            return;
        }
        thread::yield_now();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn connection_error(error: io::Error) -> Error {
    Error::Unavailable { what: "the connection to the parent process".into(), reason: error.to_string() }
}

/// Ignores that the other end has closed the connection: if nobody waits for answers, the work is over.
fn ignore_closed(error: io::Error) -> Result<(), Error> {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Ok(()),
        _ => Err(connection_error(error)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn bad_greeting(error: GreetingError) -> Error {
    match error {
        GreetingError::Foreign(..) => malformed("greeting", &error),
        GreetingError::Version { .. } => Error::Unavailable { what: "the worker".into(), reason: error.to_string() },
    }
}

fn malformed(what: &'static str, reason: &dyn Display) -> Error {
    Error::Malformed { what: what.into(), reason: reason.to_string() }
}
