//! What the tests need from the operating system.

use std::fs;
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use primelanes_backends::probe::{Probe, Visit};
use primelanes_backends::{Algorithm, Error, PrimeCounter, Processes, Query};
use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take, on the slowest of machines.
const WATCHDOG: Duration = Duration::from_mins(1);

pub(super) fn workers(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Tiles of one millisecond each.
pub(super) fn slow(tiles: u64) -> Probe {
    Probe { pause: Duration::from_millis(1), ..Probe::new(tiles) }
}

/// Counts by a fold, and not by a look at a table.
pub(super) fn sieve(lane: &impl PrimeCounter, limit: u128) -> Result<u128, Error> {
    lane.count(&Query::up_to(limit).algorithm(Algorithm::Sieve))
}

pub(super) fn tiles_of(visits: &[Visit]) -> Vec<u64> {
    visits.iter().map(|visit| visit.tile).collect()
}

/// The processes that made the visits.
pub(super) fn processes_of(visits: &[Visit]) -> Vec<u32> {
    let mut processes: Vec<_> = visits.iter().map(|visit| (visit.scratch >> 32) as u32).collect();
    processes.sort_unstable();
    processes.dedup();
    processes
}

/// Sends a signal, if the process still exists.
pub(super) fn signal(process: u32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(process as i32).unwrap(), signal);
}

pub(super) fn kill_all(processes: &Processes) {
    processes.process_ids().into_iter().for_each(|id| signal(id, Signal::KILL));
}

/// The state of a process from `/proc`, such as `Z` for a zombie; `None` if the process does not exist.
pub(super) fn state_of(process: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Whether the process has ended. A zombie of another parent may be left.
pub(super) fn is_gone(process: u32) -> bool {
    matches!(state_of(process), None | Some('Z' | 'X'))
}

/// The children of this process, including zombies.
pub(super) fn children() -> Vec<u32> {
    let this = std::process::id();
    let parent_of = |id: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
    };
    let ids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|&id| parent_of(id) == Some(this)).collect()
}

/// How many file descriptors this process has open.
pub(super) fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits until the condition holds.
pub(super) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < WATCHDOG, "not within {WATCHDOG:?}: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
