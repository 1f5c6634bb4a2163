//! The costs of virtual time, measured on this machine.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::global_lock::virtual_time::Costs;
use primelanes_backends::{Attached, Control, Gil, Pulse, Stopped};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::requests::Requests;
use super::units::microseconds;
use crate::statistics::{median, spread};

/// How often each cost is measured. The result is the median.
const SAMPLES: usize = 101;

/// CPython's switch interval. How late a timer fires depends on how long the core slept.
const WAIT: Duration = Duration::from_millis(5);

/// The sleep of the sleeper in the convoy experiment. How late it ends is one of the costs.
pub(crate) const SLEEP: Duration = Duration::from_micros(500);

/// The time between two requests, long enough for the other side to wait for the next one.
const REQUEST_PAUSE: Duration = Duration::from_millis(2);

/// No cost may exceed a second.
const MAX_US: f64 = 1e6;

/// Linux gives threads that share a core slices of about this length. It is not measured, since it matters only with
/// more running threads than cores.
const TIME_SLICE: Duration = Duration::from_millis(3);

/// The costs of this machine. The fields are those of the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calibration {
    /// The time from a signal until the thread that waits for it runs, in microseconds.
    pub(crate) wake_up_us: f64,
    /// How late a timed wait of 5 ms ends, in microseconds.
    pub(crate) timer_us: f64,
    /// How late a sleep of 0.5 ms ends, in microseconds.
    pub(crate) sleep_us: f64,
    /// The time to take or drop an uncontended lock, in nanoseconds.
    pub(crate) hand_over_ns: f64,
    /// The time that a thread takes to wake a waiter, in microseconds.
    pub(crate) signal_us: f64,
    /// The time between two check sites of a thread that does nothing else, in nanoseconds.
    pub(crate) check_ns: f64,
    /// The time to send a byte to a socket, in microseconds. `None` if there is no loopback interface.
    pub(crate) send_us: Option<f64>,
    /// The time from then until the answer of another thread is read, in microseconds. `None` if there is no loopback interface.
    pub(crate) echo_us: Option<f64>,
    /// The interquartile range of wake-up times relative to their median.
    pub(crate) jitter: f64,
}

impl Calibration {
    /// Measures the costs in about a second, while another thread computes as if it held a lock.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] if `cancel` is set, or [`Failure::Threads`] if the system cannot start a thread.
    pub(crate) fn measure(cancel: &AtomicBool) -> Result<Self, Failure> {
        let control = Control::new().cancel(cancel);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let (wake_ups, signals) = wake_ups().map_err(Failure::Threads)?;
            let spin = || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            };
            thread::Builder::new().spawn_scoped(scope, spin).map_err(Failure::Threads)?;
            let late = timers(&control).and_then(|timers| Ok((timers, sleeps(&control)?)));
            stop.store(true, Ordering::Relaxed);
            let (timers, sleeps) = late?;
            let socket = socket(cancel).ok();
            control.beat()?;
            Ok(Self {
                wake_up_us: median(wake_ups.iter().copied()),
                timer_us: median(timers),
                sleep_us: median(sleeps),
                hand_over_ns: hand_over(),
                signal_us: median(signals),
                check_ns: check(),
                send_us: socket.map(|(send, _)| send),
                echo_us: socket.map(|(_, echo)| echo),
                jitter: spread(&wake_ups).min(1.0),
            })
        })
    }

    /// Checks costs that come from a file.
    ///
    /// # Errors
    /// A message of one line that names the cost that is out of range.
    pub(crate) fn checked(self) -> Result<Self, String> {
        let microseconds = [
            ("wake_up_us", self.wake_up_us),
            ("timer_us", self.timer_us),
            ("sleep_us", self.sleep_us),
            ("hand_over_ns", self.hand_over_ns / 1e3),
            ("signal_us", self.signal_us),
            ("check_ns", self.check_ns / 1e3),
            ("send_us", self.send_us.unwrap_or_default()),
            ("echo_us", self.echo_us.unwrap_or_default()),
        ];
        for (name, cost) in microseconds {
            if !(0.0..=MAX_US).contains(&cost) {
                return Err(format!("{name} is not between 0 and a second"));
            }
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err("jitter is not between 0 and 1".to_owned());
        }
        Ok(self)
    }

    /// Returns the time to send a byte to a socket, and the time from then until its echo is read.
    pub(crate) fn socket(&self) -> Option<(Duration, Duration)> {
        self.send_us.map(microseconds).zip(self.echo_us.map(microseconds))
    }

    /// Returns the costs of the simulated machine.
    pub(crate) fn costs(&self) -> Costs {
        Costs {
            wake_up: microseconds(self.wake_up_us),
            timer: microseconds(self.timer_us),
            sleep: microseconds(self.sleep_us),
            hand_over: microseconds(self.hand_over_ns / 1e3),
            signal: microseconds(self.signal_us),
            check: microseconds(self.check_ns / 1e3),
            time_slice: TIME_SLICE,
            jitter: self.jitter,
        }
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wake_up_us, timer_us, sleep_us, hand_over_ns, signal_us, check_ns, send_us, echo_us, jitter } = self;
        writeln!(f, "a waiter runs     {wake_up_us:8.1} us after its signal, give or take {:.0} %", 100.0 * jitter)?;
        writeln!(f, "a timed wait is   {timer_us:8.1} us late")?;
        writeln!(f, "a sleep is        {sleep_us:8.1} us late")?;
        writeln!(f, "take or drop      {hand_over_ns:8.1} ns")?;
        writeln!(f, "waking takes      {signal_us:8.1} us")?;
        writeln!(f, "check sites are   {check_ns:8.1} ns apart")?;
        let (Some(send_us), Some(echo_us)) = (send_us, echo_us) else {
            return write!(f, "sending takes      unknown, since there is no loopback interface");
        };
        writeln!(f, "sending takes     {send_us:8.1} us")?;
        write!(f, "its echo takes    {echo_us:8.1} us")
    }
}

/// Collects the samples, unless the pulse stops.
fn samples(pulse: &impl Pulse, sample: impl Fn() -> f64) -> Result<Vec<f64>, Stopped> {
    (0..SAMPLES).map(|_| pulse.beat().map(|()| sample())).collect()
}

/// Returns how late timed waits end, in microseconds.
fn timers(pulse: &impl Pulse) -> Result<Vec<f64>, Stopped> {
    let (mutex, never) = (Mutex::new(()), Condvar::new());
    samples(pulse, || {
        let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = Instant::now();
        drop(never.wait_timeout(guard, WAIT));
        begun.elapsed().saturating_sub(WAIT).as_secs_f64() * 1e6
    })
}

/// Returns how late sleeps end, in microseconds.
fn sleeps(pulse: &impl Pulse) -> Result<Vec<f64>, Stopped> {
    samples(pulse, || {
        let begun = Instant::now();
        thread::sleep(SLEEP);
        begun.elapsed().saturating_sub(SLEEP).as_secs_f64() * 1e6
    })
}

/// Lets two threads signal each other in alternation. Returns how long each signal took until its waiter ran, and how
/// long it took to send, in microseconds.
fn wake_ups() -> io::Result<(Vec<f64>, Vec<f64>)> {
    let (whose_move, changed) = (Mutex::new((false, Instant::now())), Condvar::new());
    let play = |me: bool| {
        let (mut wake_ups, mut signals) = (Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES));
        let mut state = whose_move.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..SAMPLES {
            while state.0 != me {
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            wake_ups.push(state.1.elapsed().as_secs_f64() * 1e6);
            let begun = Instant::now();
            *state = (!me, begun);
            changed.notify_one();
            signals.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        // The first sample includes the start of the thread.
        (wake_ups.split_off(1), signals.split_off(1))
    };
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, || play(true))?;
        let (mut wake_ups, mut signals) = play(false);
        let (others, other_signals) = other.join().unwrap_or_default();
        wake_ups.extend(others);
        signals.extend(other_signals);
        Ok((wake_ups, signals))
    })
}

/// Nanoseconds to take or drop an uncontended lock.
fn hand_over() -> f64 {
    const PAIRS: u32 = 1000;
    let gil = Gil::new(WAIT);
    per_item(2 * PAIRS, || {
        for _ in 0..PAIRS {
            drop(gil.attach(|_| ()));
        }
    })
}

/// Nanoseconds between two check sites in the loop of the workload.
fn check() -> f64 {
    const CHECKS: u32 = 10_000;
    let gil = Gil::new(WAIT);
    let checks = |attached: &mut Attached<'_>| {
        per_item(CHECKS, || {
            for _ in 0..CHECKS {
                let _now = std::hint::black_box(Instant::now());
                attached.check();
            }
        })
    };
    gil.attach(checks).expect("no other thread knows this lock")
}

fn per_item(items: u32, work: impl Fn()) -> f64 {
    median((0..SAMPLES).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(items)
    }))
}

/// Microseconds to send a byte, and microseconds from then until the answer is read.
fn socket(cancel: &AtomicBool) -> Result<(f64, f64), Failure> {
    let requests = Requests::open()?;
    let failed = AtomicBool::new(false);
    let stop = || failed.load(Ordering::Relaxed) || cancel.load(Ordering::Relaxed);
    let mut peer = requests.connect(&stop)?;
    let exchanges = thread::scope(|scope| {
        let answer = || drop(peer.answer_all());
        thread::Builder::new().spawn_scoped(scope, answer).map_err(Failure::Threads)?;
        let sent = requests.send(SAMPLES, REQUEST_PAUSE, &stop);
        // The other side may wait for a connection that nobody accepts.
        failed.store(sent.is_err(), Ordering::Relaxed);
        sent.map_err(Failure::Socket)
    })?;
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    let sending = median(exchanges.iter().map(|exchange| microseconds(exchange.sending)));
    Ok((sending, median(exchanges.iter().map(|exchange| microseconds(exchange.waiting)))))
}
