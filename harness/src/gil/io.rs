//! Threads that wait for something outside: sleeps overlap, and a socket beside threads that compute does not.

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::GlobalLock;
use primelanes_backends::global_lock::virtual_time::{SimulatedThread, Step};
use serde::{Deserialize, Serialize};

use super::echo::EchoServer;
use super::failure::Failure;
use super::interpreter::Script as PythonScript;
use super::lab::{Lab, ROUNDS};
use super::report::{Column, Figures, Report, Row};
use super::units::{microseconds, milliseconds};
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "Sleeping threads do without the lock: together they take as long as one. The socket's thread sends a byte and reads\nits echo, fifty times over; each time it has waited, it needs the lock. Whether the echo comes before the one that\ncomputes has woken up is a matter of microseconds, which virtual time does not always get right.";

/// Round trips through the socket, one after the other.
const ROUND_TRIPS: u32 = 50;

/// Threads that compute beside the socket.
const CPU_THREADS: [usize; 2] = [0, 1];

#[derive(Serialize)]
#[serde(tag = "mode", rename_all = "lowercase")]
enum Parameters {
    Sleep { threads: usize, seconds: f64 },
    Socket { port: u16, round_trips: u32, cpu_threads: usize, interval_ms: f64 },
}

#[derive(Deserialize)]
struct Run {
    seconds: f64,
}

/// So many threads that sleep for so many seconds; then a socket beside threads that compute, at that interval.
///
/// # Errors
/// Cancellation, an interpreter that fails, or no loopback interface.
pub(crate) fn io(lab: &Lab<'_>, threads: usize, interval: Duration, seconds: f64) -> Result<Report, Failure> {
    let mut rows = sleep(lab, threads, seconds)?;
    for cpu_threads in CPU_THREADS {
        rows.extend(socket(lab, cpu_threads, interval)?);
    }
    lab.report("io", LEGEND, rows)
}

fn sleep(lab: &Lab<'_>, threads: usize, seconds: f64) -> Result<Vec<Row>, Failure> {
    let parameters = Parameters::Sleep { threads, seconds };
    let length = Duration::from_secs_f64(seconds);
    let (mut python, mut lock) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        python.push(lab.ask::<Run>(PythonScript::Io, &parameters, seconds)?);
        lab.check_cancelled()?;
        let gil = lab.gil(GlobalLock::SWITCH_INTERVAL);
        let begun = Instant::now();
        thread::scope(|scope| {
            let sleeper = |number| {
                let sleep = move |attached: &mut primelanes_backends::Attached<'_>| {
                    attached.detach(|| lab.wait(seconds));
                };
                workload::spawn(scope, &gil, format!("sleeper {number}"), sleep)
            };
            let sleepers: Vec<_> = (1..=threads).map(sleeper).collect::<io::Result<_>>()?;
            sleepers.into_iter().for_each(workload::join);
            Ok(())
        })
        .map_err(Failure::Threads)?;
        lock.push(begun.elapsed().as_secs_f64());
        lab.keep(format!("our lock: {threads} threads sleep {seconds} s"), gil.take_recording());
    }
    let sleeper = |number| SimulatedThread::once(format!("sleeper {number}"), [Step::Sleep(length)]);
    let outcome = lab.simulate((1..=threads).map(sleeper).collect(), GlobalLock::SWITCH_INTERVAL, 2.0 * seconds + 10.0);
    lab.keep_outcome(&format!("virtual time: {threads} threads sleep {seconds} s"), &outcome);
    let simulated = outcome.end.as_secs_f64();
    Ok(rows(threads, None, "sleep", python, &lock, simulated))
}

fn socket(lab: &Lab<'_>, cpu_threads: usize, interval: Duration) -> Result<Vec<Row>, Failure> {
    let server = EchoServer::start()?;
    let interval_ms = milliseconds(interval);
    let parameters =
        Parameters::Socket { port: server.address.port(), round_trips: ROUND_TRIPS, cpu_threads, interval_ms };
    let title = |column| format!("{column}: a socket beside {cpu_threads} that compute, interval {interval_ms} ms");
    let expected = (4.0 * interval_ms / 1e3 * f64::from(ROUND_TRIPS)).min(3600.0);
    let (mut python, mut lock) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        python.push(lab.ask::<Run>(PythonScript::Io, &parameters, expected)?);
        lab.check_cancelled()?;
        let gil = lab.gil(interval);
        let mut stream = server.connect()?;
        let (took, ..) = workload::beside(&gil, cpu_threads, "socket", |attached| -> io::Result<f64> {
            let begun = Instant::now();
            for _ in 0..ROUND_TRIPS {
                if lab.check_cancelled().is_err() {
                    break;
                }
                attached.detach(|| stream.write_all(&[1]))?;
                attached.detach(|| stream.read_exact(&mut [0]))?;
            }
            Ok(begun.elapsed().as_secs_f64())
        })
        .map_err(Failure::Threads)?;
        lock.push(took?);
        lab.keep(title("our lock"), gil.take_recording());
    }
    lab.check_cancelled()?;
    let (send, echo) = (microseconds(lab.calibration.send_us), microseconds(lab.calibration.echo_us));
    let steps = [Step::Release(send), Step::Block(echo)].repeat(ROUND_TRIPS as usize);
    let mut threads = super::convoy::threads(cpu_threads);
    threads[0] = SimulatedThread::once("socket", steps);
    let outcome = lab.simulate(threads, interval, expected + 1.0);
    lab.keep_outcome(&title("virtual time"), &outcome);
    let simulated = outcome.finished[0].map_or(f64::NAN, |end| end.as_secs_f64());
    Ok(rows(cpu_threads + 1, Some(interval), "socket", python, &lock, simulated))
}

fn rows(
    threads: usize,
    interval: Option<Duration>,
    mode: &str,
    python: Vec<Option<Run>>,
    lock: &[f64],
    simulated: f64,
) -> Vec<Row> {
    let row = |column, seconds| Row::new(column, threads, interval, Figures::Io { mode: mode.to_owned(), seconds });
    let python: Option<Vec<f64>> = python.into_iter().map(|run| Some(run?.seconds)).collect();
    let mut rows: Vec<_> = python.into_iter().map(|seconds| row(Column::Cpython, median(seconds))).collect();
    rows.extend([row(Column::Lock, median(lock.iter().copied())), row(Column::Virtual, simulated)]);
    rows
}
