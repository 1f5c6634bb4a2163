//! The size of the memory.

use std::fs;
use std::sync::OnceLock;

/// The memory of the machine, if the system does not report it.
const USUAL: u64 = 4 << 30;

/// A count takes at most this part of the memory by default, so that it does not disturb other programs.
const DEFAULT_PART: u64 = 16;

/// The limits of the control group that a container runs in.
const GROUP_LIMITS: [&str; 2] = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// Returns the number of bytes that a count may take by default, for all workers together: a sixteenth of the memory that
/// this process can use. That is the memory of the machine, or less if a control group or the resource limit of the
/// address space (`ulimit -v`) says so.
#[must_use]
pub fn default_memory() -> u64 {
    static SYSTEM: OnceLock<u64> = OnceLock::new();
    let system = *SYSTEM.get_or_init(|| {
        let groups = GROUP_LIMITS.into_iter().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
        groups.fold(machine().unwrap_or(USUAL), u64::min)
    });
    address_space().map_or(system, |limit| limit.min(system)) / DEFAULT_PART
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn machine() -> Option<u64> {
    let rustix::system::Sysinfo { totalram, mem_unit, .. } = rustix::system::sysinfo();
    let bytes = u128::from(totalram) * u128::from(mem_unit);
    bytes.try_into().ok().filter(|&bytes| bytes > 0)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
const fn machine() -> Option<u64> {
    None
}

/// The limit can change while the process runs.
#[cfg(unix)]
fn address_space() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

#[cfg(not(unix))]
const fn address_space() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_may_take_some_memory() {
        // From a machine of 64 MB to one of 64 TB.
        assert!((4 << 20..4 << 40).contains(&default_memory()), "{}", default_memory());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_memory_of_the_machine_is_what_the_system_says() {
        let Ok(said) = fs::read_to_string("/proc/meminfo") else { return };
        let total = said.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
        assert_eq!(machine(), Some(1024 * total.unwrap().parse::<u64>().unwrap()));
        assert!(default_memory() <= machine().unwrap() / 16);
    }
}
