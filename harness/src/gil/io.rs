//! The io experiment: threads wait for something outside. Sleeps overlap, but a thread that answers requests waits for
//! computing threads.
//!
//! A request comes so late that the thread surely waits for it. If it came at once, it would be a matter of microseconds
//! whether the thread still has the lock: to read or to write a byte takes about as long as to wake a thread that waits
//! for the lock.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::global_lock::virtual_time::{SimulatedThread, Step};
use primelanes_backends::{Attached, Gil, GlobalLock};
use serde::Deserialize;
use serde_json::json;

use super::convoy;
use super::failure::Failure;
use super::interpreter::{Interpreter, Script};
use super::lab::{Lab, Who};
use super::report::{Distribution, Figures, Report, Row};
use super::requests::{Requests, Stop};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;
use crate::text::plural;

const LEGEND: &str = "Sleeping threads do not need the lock: together they take as long as one. The socket's thread answers requests of one byte.\nWhen a request arrives, the thread needs the lock. The response time is the time from then until the answer is there.";

/// The number of requests in a run, one after the other.
const REQUESTS: usize = 20;

/// The numbers of computing threads beside the socket.
const CPU_THREADS: [usize; 2] = [0, 1];

/// A thread that answers requests beside computing threads.
#[derive(Clone, Copy)]
struct Socket {
    cpu_threads: usize,
    interval: Duration,
}

/// The answer of the script in the mode `sleep`.
#[derive(Deserialize)]
struct Slept {
    seconds: f64,
}

/// The answer of the script in the mode `socket`.
#[derive(Deserialize)]
struct Answered {
    #[expect(dead_code, reason = "it is there so that an answer without it is malformed")]
    answered: usize,
}

/// Measures `threads` threads that sleep for `seconds`, then a socket beside computing threads at that interval.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, if the interpreter or a thread fails, or if there is no loopback
/// interface.
pub(crate) fn io(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Report, Failure> {
    // If there is no socket, say so before threads sleep for nothing.
    drop(Requests::open()?);
    let socket_costs = lab.calibration.socket().ok_or(Failure::NoSocketCosts)?;
    let mut rows = sleep(lab, threads, seconds)?;
    for cpu_threads in CPU_THREADS {
        rows.extend(Socket { cpu_threads, interval }.rows(lab, socket_costs)?);
    }
    lab.report("io", LEGEND, rows)
}

fn sleep(lab: &Lab<'_>, threads: usize, seconds: f64) -> Result<Vec<Row>, Failure> {
    let title = |column| format!("{column}: {threads} threads sleep {seconds} s");
    let parameters = json!({ "mode": "sleep", "threads": threads, "seconds": seconds });
    let lock = || {
        let gil = lab.gil(GlobalLock::SWITCH_INTERVAL);
        let begun = Instant::now();
        thread::scope(|scope| {
            let sleep = |attached: &mut Attached<'_>| attached.detach(|| lab.wait(seconds));
            let sleeper = |number| workload::spawn(scope, &gil, format!("sleeper {number}"), sleep);
            let sleepers: Vec<_> = (1..=threads).map(sleeper).collect::<io::Result<_>>()?;
            sleepers.into_iter().for_each(workload::join);
            Ok(())
        })
        .map_err(Failure::Threads)?;
        let elapsed = begun.elapsed().as_secs_f64();
        lab.keep(title("our lock"), gil.take_recording());
        Ok(elapsed)
    };
    let python = |python: &_| Ok(lab.ask::<Slept>(python, Script::Io, &parameters, seconds)?.seconds);
    let measured = lab.measure(Who::All, python, lock)?;
    let thread =
        |number| SimulatedThread::once(format!("sleeper {number}"), [Step::Sleep(Duration::from_secs_f64(seconds))]);
    let outcome =
        lab.simulate((1..=threads).map(thread).collect(), GlobalLock::SWITCH_INTERVAL, 2.0 * seconds + 10.0)?;
    lab.keep_outcome(&title("virtual time"), &outcome);
    let figures = |seconds| Figures::Io { mode: "sleep", seconds };
    let row = |(column, seconds): &(_, Vec<f64>)| {
        Row::measured(*column, threads, None, seconds, |seconds| figures(median(seconds.iter().copied())))
    };
    let simulated = Row::simulated(threads, None, figures(outcome.end.as_secs_f64()));
    Ok(measured.iter().map(row).chain([simulated]).collect())
}

impl Socket {
    fn rows(self, lab: &Lab<'_>, (send, echo): (Duration, Duration)) -> Result<Vec<Row>, Failure> {
        let lock = || {
            let gil = lab.gil(self.interval);
            let times = self.answer_under_lock(lab, &gil)?;
            lab.keep(self.title("our lock"), gil.take_recording());
            Ok(times)
        };
        let measured = lab.measure(Who::All, |python| self.answer_in_python(lab, python), lock)?;
        let mut threads = convoy::simulated_threads(self.cpu_threads);
        let steps = [Step::Block(self.pause()), Step::Release(send)].repeat(REQUESTS);
        threads[0] = SimulatedThread::once("socket", steps);
        let outcome = lab.simulate(threads, self.interval, self.longest().as_secs_f64())?;
        lab.keep_outcome(&self.title("virtual time"), &outcome);
        let simulated: Vec<f64> = outcome.delays.iter().map(|&(_, delay)| milliseconds(send + echo + delay)).collect();

        let figures = |times: &[f64]| Figures::Socket { mode: "socket", response_ms: Distribution::of(times) };
        let threads = self.cpu_threads + 1;
        let row = |(column, runs): &(_, Vec<Vec<f64>>)| {
            let interval = lab.interval(*column, self.interval);
            Row::measured(*column, threads, interval, runs, |runs| figures(&runs.concat()))
        };
        let simulated = Row::simulated(threads, Some(self.interval), figures(&simulated));
        Ok(measured.iter().map(row).chain([simulated]).collect())
    }

    fn title(self, column: &str) -> String {
        let others = plural(self.cpu_threads, "computing thread");
        format!("{column}: a socket beside {others}, interval {} ms", milliseconds(self.interval))
    }

    /// The time between an answer and the next request. A thread that has lost the lock while it answered gets it back in
    /// this time, and waits for the request.
    fn pause(self) -> Duration {
        let waits_for_lock = if self.cpu_threads > 0 { self.interval } else { Duration::ZERO };
        waits_for_lock + Duration::from_millis(2)
    }

    /// More than all requests take.
    fn longest(self) -> Duration {
        REQUESTS as u32 * (4 * self.interval + self.pause()) + Duration::from_secs(1)
    }

    /// Has an interpreter answer requests. Returns the response times in milliseconds.
    fn answer_in_python(self, lab: &Lab<'_>, interpreter: &Interpreter) -> Result<Vec<f64>, Failure> {
        self.request(lab, |requests, _| {
            let parameters = json!({
                "mode": "socket",
                "port": requests.address.port(),
                "cpu_threads": self.cpu_threads,
                "interval_ms": milliseconds(self.interval),
            });
            lab.ask::<Answered>(interpreter, Script::Io, &parameters, self.longest().as_secs_f64()).map(drop)
        })
    }

    /// Has a thread under our lock answer requests. Returns the response times in milliseconds.
    fn answer_under_lock(self, lab: &Lab<'_>, gil: &Gil) -> Result<Vec<f64>, Failure> {
        self.request(lab, |requests, stop| {
            let mut peer = requests.connect(stop)?;
            let answer = |attached: &mut Attached<'_>| -> io::Result<()> {
                while attached.detach(|| peer.receive())? {
                    attached.detach(|| peer.send())?;
                }
                Ok(())
            };
            let (answered, ..) =
                workload::beside(lab, gil, self.cpu_threads, "socket", answer).map_err(Failure::Threads)?;
            lab.check_cancelled()?;
            answered.map_err(Failure::Socket)
        })
    }

    /// Sends requests while `answer` runs. Returns the response times in milliseconds.
    fn request(
        self,
        lab: &Lab<'_>,
        answer: impl FnOnce(&Requests, Stop<'_>) -> Result<(), Failure>,
    ) -> Result<Vec<f64>, Failure> {
        let requests = Requests::open()?;
        let ended = AtomicBool::new(false);
        let stop = || ended.load(Ordering::Relaxed) || lab.is_cancelled();
        let exchanges = thread::scope(|scope| {
            let send = || {
                let sent = requests.send(REQUESTS, self.pause(), &stop);
                if sent.is_err() {
                    // The other side may wait for a connection that nobody accepts.
                    ended.store(true, Ordering::Relaxed);
                }
                sent
            };
            let sending = thread::Builder::new().spawn_scoped(scope, send).map_err(Failure::Threads)?;
            let answered = answer(&requests, &stop);
            ended.store(true, Ordering::Relaxed);
            let exchanges = workload::join(sending);
            // If the other side failed, it says why.
            answered?;
            exchanges.map_err(Failure::Socket)
        })?;
        Ok(exchanges.iter().map(|exchange| milliseconds(exchange.sending + exchange.waiting)).collect())
    }
}
