//! The stall experiment: how long a native call stalls a thread that ticks, if the call holds the lock and if it does
//! not.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::Attached;
use primelanes_backends::global_lock::virtual_time::{Outcome, SimulatedThread, Step};
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::interpreter::Script;
use super::lab::Lab;
use super::report::{Column, Figures, Report, Row};
use super::units::milliseconds;
use super::workload;
use crate::statistics::median;

const LEGEND: &str = "One thread ticks every millisecond, as a user interface does. Another makes one native call, which holds the lock for\nits whole length or releases it.";

/// The time between two ticks.
const TICK: Duration = Duration::from_millis(1);

/// The time before and after the call.
const MARGIN: Duration = Duration::from_millis(50);

#[derive(Clone, Copy)]
enum Mode {
    Held,
    Released,
}

/// The answer of the script.
#[derive(Deserialize)]
struct Run {
    longest_stall_ms: f64,
}

impl Mode {
    const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Released => "released",
        }
    }

    fn title(self, column: &str) -> String {
        format!("{column}: a 1 ms ticker beside a native call, lock {}", self.name())
    }
}

/// Measures a call of `seconds` under a lock with this interval.
///
/// # Errors
/// [`Failure`] if the experiment is cancelled, or if the interpreter or a thread fails.
pub(crate) fn stall(lab: &Lab<'_>, interval: Duration, seconds: f64) -> Result<Report, Failure> {
    let mut rows = Vec::new();
    for mode in [Mode::Held, Mode::Released] {
        let python = || run_python(lab, mode, interval, seconds);
        let measured = lab.measure(python, || run_lock(lab, mode, interval, seconds))?;
        let measured = measured.into_iter().map(|(column, stalls)| (column, median(stalls)));
        let simulated = (Column::Virtual, simulate(lab, mode, interval, seconds)?);
        rows.extend(measured.chain([simulated]).map(|(column, longest_stall_ms)| {
            Row::new(column, 2, Some(interval), Figures::Stall { mode: mode.name(), longest_stall_ms })
        }));
    }
    lab.report("stall", LEGEND, rows)
}

fn run_python(lab: &Lab<'_>, mode: Mode, interval: Duration, seconds: f64) -> Result<Option<f64>, Failure> {
    let parameters = json!({ "mode": mode.name(), "interval_ms": milliseconds(interval), "seconds": seconds });
    Ok(lab.ask::<Run>(Script::Stall, &parameters, seconds)?.map(|run| run.longest_stall_ms))
}

fn run_lock(lab: &Lab<'_>, mode: Mode, interval: Duration, seconds: f64) -> Result<f64, Failure> {
    let gil = lab.gil(interval);
    let done = &AtomicBool::new(false);
    let call = |attached: &mut Attached<'_>| {
        attached.detach(|| thread::sleep(MARGIN));
        match mode {
            Mode::Held => lab.wait(seconds),
            Mode::Released => attached.detach(|| lab.wait(seconds)),
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
        Mode::Held => Step::Hold(length),
        Mode::Released => Step::Release(length),
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
