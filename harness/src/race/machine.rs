//! The load that other processes put on the machine.

use std::fs;
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

/// How long the load is measured before a race: twenty ticks of the operating system's clock.
const MOMENT: Duration = Duration::from_millis(200);

/// The machine that a race ran on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    /// The number of cores that this process may use.
    pub(super) cores: usize,
    /// The number of cores that other processes kept busy before and during the race. `None` if the system does not
    /// report it.
    pub(super) busy_before: Option<f64>,
    pub(super) busy_beside: Option<f64>,
}

/// The activity of all cores, and the part of this process in it, since [`start`](Activity::start).
pub(super) struct Activity {
    ticks: Option<Ticks>,
    own: ProcessTime,
    since: Instant,
}

/// The time of all cores together in ticks, from `/proc/stat` (`man 5 proc_stat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    busy: u64,
    all: u64,
    cores: u32,
}

impl Activity {
    pub(super) fn start() -> Self {
        Self { ticks: Ticks::now(), own: ProcessTime::now(), since: Instant::now() }
    }

    /// Returns the number of cores that other processes kept busy since the start, given the processor time of this
    /// process's workers. `None` if the system does not report it, right after the start, or if this process may not
    /// use all cores.
    pub(super) fn of_others(&self, workers: Duration) -> Option<f64> {
        let (now, then) = (Ticks::now()?, self.ticks?);
        // Fewer than twenty ticks are too coarse, and the ticks include cores that this process may not use.
        let granted = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        if self.since.elapsed() < MOMENT || then.cores as usize != granted {
            return None;
        }
        let own = (self.own.elapsed() + workers).as_secs_f64() / self.since.elapsed().as_secs_f64();
        Some((now.cores_busy_since(then) - own).max(0.0))
    }

    /// Returns the number of cores that other processes keep busy while this process sleeps for a moment.
    pub(super) fn over_a_moment() -> Option<f64> {
        let activity = Self::start();
        activity.ticks?;
        thread::sleep(MOMENT);
        activity.of_others(Duration::ZERO)
    }
}

impl Ticks {
    fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| line.starts_with("cpu"));
        // The columns are: user nice system idle iowait irq softirq steal. Guests are included in user.
        let total: Vec<u64> = lines.next()?.split_whitespace().skip(1).take(8).map_while(|n| n.parse().ok()).collect();
        let (all, idle) = (total.iter().sum(), total.get(3)? + total.get(4)?);
        Some(Self { busy: all - idle, all, cores: lines.count() as u32 })
    }

    fn cores_busy_since(self, then: Self) -> f64 {
        let (busy, all) = (self.busy.saturating_sub(then.busy), self.all.saturating_sub(then.all));
        busy as f64 / all.max(1) as f64 * f64::from(self.cores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "cpu  100 0 50 800 40 0 10 0 7 0\ncpu0 50 0 25 400 20 0 5 0 7 0\ncpu1 50 0 25 400 20 0 5 0 0 0\nintr 1";

    #[test]
    fn busy_is_what_is_not_idle() {
        let then = Ticks::parse(STAT).unwrap();
        assert_eq!(then, Ticks { busy: 160, all: 1000, cores: 2 });
        let now = Ticks { busy: 160 + 50, all: 1000 + 100, cores: 2 };
        assert!((now.cores_busy_since(then) - 1.0).abs() < 1e-9);
        assert!(then.cores_busy_since(then).abs() < 1e-9);
        assert_eq!(Ticks::parse("intr 1\ncpu"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_says() {
        let cores = Ticks::now().unwrap().cores;
        if cores as usize == thread::available_parallelism().unwrap().get() {
            let busy = Activity::over_a_moment().unwrap();
            assert!((0.0..=f64::from(cores)).contains(&busy), "{busy} of {cores}");
        }
        assert_eq!(Activity::start().of_others(Duration::ZERO), None, "too soon to tell");
    }
}
