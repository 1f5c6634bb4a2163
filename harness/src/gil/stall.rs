//! The stall experiment: how long a native call stalls a thread that ticks, if the call stays attached to the interpreter
//! and if it is detached.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::Attached;
use primelanes_backends::global_lock::virtual_time::{Outcome, SimulatedThread, Step};
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::interpreter::{Interpreter, Script};
use super::lab::{Lab, Who};
use super::report::{Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "One thread ticks every millisecond, as a user interface does. Another makes one native call. A call that stays attached\nholds the lock for its whole length, if there is a lock; a call that is detached releases it. To collect garbage, an\ninterpreter without a lock stops all attached threads, and waits for those in a call.";

/// The time between two ticks.
const TICK: Duration = Duration::from_millis(1);

/// The time before and after the call.
const MARGIN: Duration = Duration::from_millis(50);

#[derive(Clone, Copy)]
enum Mode {
    Attached,
    Detached,
}

/// The answer of the script.
#[derive(Deserialize)]
struct Run {
    longest_stall_ms: f64,
}

impl Mode {
    const fn name(self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::Detached => "detached",
        }
    }

    fn title(self, column: &str) -> String {
        format!("{column}: a 1 ms ticker beside a native call, {}", self.name())
    }
}

/// Measures a call of `seconds` under a lock with this interval.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, or if the interpreter or a thread fails.
pub(crate) fn stall(lab: &Lab<'_>, interval: Duration, seconds: f64) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    let figures =
        |mode: Mode, collects, longest_stall_ms| Figures::Stall { mode: mode.name(), collects, longest_stall_ms };
    let row = |mode, collects, (column, stalls): &(_, Vec<f64>)| {
        let figures = |stalls: &[f64]| figures(mode, collects, median(stalls.iter().copied()));
        Row::measured(*column, 2, lab.interval(*column, interval), stalls, figures)
    };
    for mode in [Mode::Attached, Mode::Detached] {
        let python = |python: &_| run_python(lab, python, mode, false, interval, seconds);
        let measured = lab.measure(Who::All, python, || run_lock(lab, mode, interval, seconds))?;
        rows.extend(measured.iter().map(|samples| row(mode, false, samples)));
        rows.push(Row::simulated(2, Some(interval), figures(mode, false, simulate(lab, mode, interval, seconds)?)));
    }
    for mode in [Mode::Attached, Mode::Detached] {
        let python = |python: &_| run_python(lab, python, mode, true, interval, seconds);
        let measured = lab.measure_python(Who::All, python)?;
        rows.extend(measured.iter().map(|samples| row(mode, true, samples)));
    }
    lab.report("stall", LEGEND, rows)
}

fn run_python(
    lab: &Lab<'_>,
    interpreter: &Interpreter,
    mode: Mode,
    collects: bool,
    interval: Duration,
    seconds: f64,
) -> Result<f64, Failure> {
    let parameters = json!({
        "mode": mode.name(),
        "collects": collects,
        "interval_ms": milliseconds(interval),
        "seconds": seconds,
    });
    Ok(lab.ask::<Run>(interpreter, Script::Stall, &parameters, seconds)?.longest_stall_ms)
}

fn run_lock(lab: &Lab<'_>, mode: Mode, interval: Duration, seconds: f64) -> Result<f64, Failure> {
    let gil = lab.gil(interval);
    let done = &AtomicBool::new(false);
    let call = |attached: &mut Attached<'_>| {
        attached.detach(|| thread::sleep(MARGIN));
        match mode {
            Mode::Attached => lab.wait(seconds),
            Mode::Detached => attached.detach(|| lab.wait(seconds)),
        }
        attached.detach(|| thread::sleep(MARGIN));
        done.store(true, Ordering::Relaxed);
    };
    let begun = Instant::now();
    let longest = thread::scope(|scope| {
        let caller = workload::spawn(scope, &gil, "caller", call)?;
        let ticker = workload::spawn(scope, &gil, "ticker", |attached| {
            let (mut longest, mut last) = (Duration::ZERO, begun);
            while !done.load(Ordering::Relaxed) {
                attached.detach(|| thread::sleep(TICK));
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
            longest
        })?;
        workload::join(caller);
        io::Result::Ok(workload::join(ticker))
    })
    .map_err(Failure::Threads)?;
    lab.keep(mode.title("our lock"), gil.take_recording());
    Ok(milliseconds(longest))
}

fn simulate(lab: &Lab<'_>, mode: Mode, interval: Duration, seconds: f64) -> Result<f64, Failure> {
    let length = Duration::from_secs_f64(seconds);
    let call = match mode {
        Mode::Attached => Step::Hold(length),
        Mode::Detached => Step::Release(length),
    };
    let caller = SimulatedThread::once("caller", [Step::Sleep(MARGIN), call, Step::Sleep(MARGIN)]);
    let ticker = SimulatedThread::forever("ticker", [Step::Sleep(TICK)]);
    let outcome = lab.simulate(vec![caller, ticker], interval, seconds + 3.0 * MARGIN.as_secs_f64())?;
    lab.keep_outcome(&mode.title("virtual time"), &outcome);
    Ok(longest_stall(&outcome))
}

/// Returns the longest time between two ticks of the second thread: its sleep plus the delay after it.
fn longest_stall(outcome: &Outcome) -> f64 {
    let delays = outcome.delays.iter().filter(|(thread, _)| *thread == 1).map(|(_, delay)| *delay);
    milliseconds(TICK + delays.max().unwrap_or_default())
}
