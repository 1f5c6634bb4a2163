//! Threads under our lock that do the same work as the scripts in CPython.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use primelanes_backends::{Attached, Gil};

use super::lab::Lab;

/// Spawns a thread that is attached to the lock as long as it runs.
///
/// # Errors
/// If the system refuses the thread.
pub(super) fn spawn<'scope, 'env, R: Send + 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    gil: &'scope Gil,
    name: impl Into<String>,
    work: impl FnOnce(&mut Attached<'_>) -> R + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, R>> {
    let attach_and_work = move || gil.attach(work).expect("a new thread is not attached");
    thread::Builder::new().name(name.into()).spawn_scoped(scope, attach_and_work)
}

/// Waits for a thread, and resumes its panic.
pub(super) fn join<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The work of computing threads.
pub(super) struct Computed {
    /// How long each thread had the lock before another took it.
    pub(super) slices: Vec<Duration>,
    /// How often a thread noticed that another had had the lock.
    pub(super) switches: u64,
    pub(super) seconds: f64,
    /// The number of iterations of each thread.
    pub(super) work: Vec<u64>,
}

/// Runs computing threads, which check in each iteration whether they have lost the lock since the last one.
///
/// # Errors
/// If the system refuses a thread.
pub(super) fn compute(lab: &Lab<'_>, gil: &Gil, threads: usize, seconds: f64) -> io::Result<Computed> {
    const NOBODY: usize = usize::MAX;
    let (stop, owner) = (AtomicBool::new(false), AtomicUsize::new(NOBODY));
    let spin = |me: usize, attached: &Attached<'_>| {
        let (mut slices, mut switches, mut work) = (Vec::new(), 0, 0);
        let mut begun: Option<Instant> = None;
        let mut last = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            work += 1;
            let before = owner.load(Ordering::Relaxed);
            if before == me {
                last = now;
            } else {
                slices.extend(begun.map(|begun| last - begun));
                switches += u64::from(before != NOBODY);
                owner.store(me, Ordering::Relaxed);
                last = now;
                begun = Some(now);
            }
            attached.check();
        }
        (slices, switches, work)
    };
    let begun = Instant::now();
    let done: Vec<_> = thread::scope(|scope| {
        let spinning: io::Result<Vec<_>> = (0..threads)
            .map(|me| {
                let spin = &spin;
                spawn(scope, gil, format!("cpu {}", me + 1), move |attached| spin(me, attached))
            })
            .collect();
        if spinning.is_ok() {
            lab.wait(seconds);
        }
        stop.store(true, Ordering::Relaxed);
        io::Result::Ok(spinning?.into_iter().map(join).collect())
    })?;
    Ok(Computed {
        seconds: begun.elapsed().as_secs_f64(),
        slices: done.iter().flat_map(|(slices, ..)| slices).copied().collect(),
        switches: done.iter().map(|(_, switches, _)| switches).sum(),
        work: done.iter().map(|(.., work)| *work).collect(),
    })
}

/// Runs `body` in an attached thread beside computing threads. Returns its result, the seconds until all threads had
/// ended, and the iterations of each computing thread. If the experiment is cancelled, the computing threads end, so
/// that `body` need not wait for them until the interval is over.
///
/// # Errors
/// If the system refuses a thread.
pub(super) fn beside<R: Send>(
    lab: &Lab<'_>,
    gil: &Gil,
    cpu_threads: usize,
    name: &str,
    body: impl FnOnce(&mut Attached<'_>) -> R + Send,
) -> io::Result<(R, f64, Vec<u64>)> {
    let stop = &AtomicBool::new(false);
    let begun = Instant::now();
    thread::scope(|scope| {
        let computing: io::Result<Vec<_>> = (1..=cpu_threads)
            .map(|number| {
                spawn(scope, gil, format!("cpu {number}"), |attached| {
                    let mut work = 0_u64;
                    while !stop.load(Ordering::Relaxed) && !lab.is_cancelled() {
                        work += 1;
                        attached.check();
                    }
                    work
                })
            })
            .collect();
        let result = computing.and_then(|computing| Ok((computing, join(spawn(scope, gil, name, body)?))));
        stop.store(true, Ordering::Relaxed);
        let (computing, result) = result?;
        let work = computing.into_iter().map(join).collect();
        Ok((result, begun.elapsed().as_secs_f64(), work))
    })
}

/// Sleeps repeatedly. Returns the time from the end of each sleep until the thread ran again.
pub(super) fn sleep_repeatedly(
    lab: &Lab<'_>,
    attached: &mut Attached<'_>,
    sleep: Duration,
    seconds: f64,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end && !lab.is_cancelled() {
        let begun = Instant::now();
        attached.detach(|| thread::sleep(sleep));
        latencies.push(begun.elapsed().saturating_sub(sleep));
    }
    latencies
}
