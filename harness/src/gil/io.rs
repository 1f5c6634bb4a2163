//! The io experiment: threads wait for something outside. Sleeps overlap, but a thread that reads a socket waits for
//! computing threads.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::global_lock::virtual_time::{SimulatedThread, Step};
use primelanes_backends::{Attached, Gil, GlobalLock};
use serde::Deserialize;
use serde_json::json;

use super::convoy;
use super::echo::EchoServer;
use super::failure::Failure;
use super::interpreter::{Interpreter, Script};
use super::lab::{Lab, Who};
use super::report::{Column, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "Sleeping threads do not need the lock: together they take as long as one. The socket's thread sends a byte and reads its\necho, fifty times; after each wait it needs the lock. Whether the echo arrives before the computing thread has woken up\nis a matter of microseconds, which virtual time does not always get right.";

/// The number of round trips through the socket, one after the other.
const ROUND_TRIPS: u32 = 50;

/// The numbers of computing threads beside the socket.
const CPU_THREADS: [usize; 2] = [0, 1];

/// The values that all columns of a case share.
struct Case {
    mode: &'static str,
    threads: usize,
    interval: Option<Duration>,
}

/// The answer of the script.
#[derive(Deserialize)]
struct Run {
    seconds: f64,
}

/// Measures `threads` threads that sleep for `seconds`, then a socket beside computing threads at that interval.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, if the interpreter or a thread fails, or if there is no loopback
/// interface.
pub(crate) fn io(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Report, Failure> {
    // If there is no server, say so before threads sleep for nothing.
    let server = EchoServer::start()?;
    let socket_costs = lab.calibration.socket().ok_or(Failure::NoSocketCosts)?;
    let mut rows = sleep(lab, threads, seconds)?;
    for cpu_threads in CPU_THREADS {
        rows.extend(socket(lab, &server, socket_costs, cpu_threads, interval)?);
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
    let measured = lab.measure(Who::All, |python| ask(lab, python, &parameters, seconds), lock)?;
    let thread =
        |number| SimulatedThread::once(format!("sleeper {number}"), [Step::Sleep(Duration::from_secs_f64(seconds))]);
    let outcome =
        lab.simulate((1..=threads).map(thread).collect(), GlobalLock::SWITCH_INTERVAL, 2.0 * seconds + 10.0)?;
    lab.keep_outcome(&title("virtual time"), &outcome);
    Ok(Case { mode: "sleep", threads, interval: None }.rows(lab, measured, outcome.end.as_secs_f64()))
}

fn socket(
    lab: &Lab<'_>,
    server: &EchoServer,
    (send, echo): (Duration, Duration),
    cpu_threads: usize,
    interval: Duration,
) -> Result<Vec<Row>, Failure> {
    let interval_ms = milliseconds(interval);
    let title =
        |column| format!("{column}: a socket beside {cpu_threads} computing threads, interval {interval_ms} ms");
    let expected = (4.0 * interval_ms / 1e3 * f64::from(ROUND_TRIPS)).min(3600.0);
    let parameters = json!({
        "mode": "socket",
        "port": server.address.port(),
        "round_trips": ROUND_TRIPS,
        "cpu_threads": cpu_threads,
        "interval_ms": interval_ms,
    });
    let lock = || {
        let gil = lab.gil(interval);
        let elapsed = round_trips(lab, &gil, cpu_threads, server)?;
        lab.keep(title("our lock"), gil.take_recording());
        Ok(elapsed)
    };
    let measured = lab.measure(Who::All, |python| ask(lab, python, &parameters, expected), lock)?;
    let steps = [Step::Release(send), Step::Block(echo)].repeat(ROUND_TRIPS as usize);
    let mut threads = convoy::simulated_threads(cpu_threads);
    threads[0] = SimulatedThread::once("socket", steps);
    let outcome = lab.simulate(threads, interval, expected + 1.0)?;
    lab.keep_outcome(&title("virtual time"), &outcome);
    let simulated = outcome.finished[0].map_or(f64::NAN, |end| end.as_secs_f64());
    Ok(Case { mode: "socket", threads: cpu_threads + 1, interval: Some(interval) }.rows(lab, measured, simulated))
}

fn ask(lab: &Lab<'_>, interpreter: &Interpreter, parameters: &serde_json::Value, seconds: f64) -> Result<f64, Failure> {
    Ok(lab.ask::<Run>(interpreter, Script::Io, parameters, seconds)?.seconds)
}

/// Seconds that the round trips take under our lock.
fn round_trips(lab: &Lab<'_>, gil: &Gil, cpu_threads: usize, server: &EchoServer) -> Result<f64, Failure> {
    let mut client = server.connect(lab.cancel)?;
    let (elapsed, ..) = workload::beside(lab, gil, cpu_threads, "socket", |attached| -> io::Result<f64> {
        let begun = Instant::now();
        for _ in 0..ROUND_TRIPS {
            if lab.is_cancelled() {
                break;
            }
            attached.detach(|| client.send())?;
            attached.detach(|| client.receive())?;
        }
        Ok(begun.elapsed().as_secs_f64())
    })
    .map_err(Failure::Threads)?;
    lab.check_cancelled()?;
    elapsed.map_err(Failure::Socket)
}

impl Case {
    /// A row for each column, from the seconds of each run and those in virtual time.
    fn rows(&self, lab: &Lab<'_>, measured: Vec<(Column, Vec<f64>)>, simulated: f64) -> Vec<Row> {
        let measured = measured.into_iter().map(|(column, seconds)| (column, median(seconds)));
        let row = |(column, seconds)| {
            let figures = Figures::Io { mode: self.mode, seconds };
            let interval = self.interval.and_then(|interval| lab.interval(column, interval));
            Row::new(column, self.threads, interval, figures)
        };
        measured.chain([(Column::Virtual, simulated)]).map(row).collect()
    }
}
