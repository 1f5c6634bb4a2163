//! The scripts, and what goes into and comes out of each.

/// A script of our own. Parameters and answer are JSON objects with the fields given here; those that end in `_ms` are
/// in milliseconds, `seconds` is in seconds, and both take and give fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Script {
    /// Slices of threads that compute: `{threads, interval_ms, seconds}` to
    /// `{slices_ms: [..], switches, seconds, work: [..]}`, where `work` holds the iterations of each thread.
    Cpu,
    /// Waiting together: `{mode: "sleep", threads, seconds}` to `{seconds}`; and round trips of a byte to an echo server
    /// on this machine, beside threads that compute: `{mode: "socket", port, round_trips, cpu_threads, interval_ms}` to
    /// `{seconds, latencies_ms: [..]}`.
    Io,
    /// Late wake-ups beside threads that compute: `{cpu_threads, interval_ms, sleep_ms, seconds}` to
    /// `{latencies_ms: [..], seconds, work: [..]}`: each the time of a sleep beyond `sleep_ms`, the whole time, and the
    /// iterations of each thread that computes. With `sleep_ms` null nobody sleeps again and again.
    Convoy,
    /// One native call of so many seconds, beside a thread that ticks every millisecond:
    /// `{mode: "held" | "released", interval_ms, seconds}` to `{longest_stall_ms}`.
    Stall,
    /// Threads that add to one count: `{threads, interval_ms, seconds}` to `{expected, counted, nanoseconds_per_update}`.
    Integrity,
    /// Counts of primes: `{mode: "sequential" | "threads" | "processes", limit, tasks}` to
    /// `{seconds, processor_seconds, counts: [..]}`.
    Primes,
}

/// A file to be written and run.
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// Asks the interpreter what it is.
pub(super) const IDENTITY: Source = Source { name: "identity.py", text: include_str!("../scripts/identity.py") };

impl Script {
    /// All scripts.
    #[cfg(test)]
    pub(super) const ALL: [Self; 6] = [Self::Cpu, Self::Io, Self::Convoy, Self::Stall, Self::Integrity, Self::Primes];

    pub(super) const fn source(self) -> Source {
        let (name, text) = match self {
            Self::Cpu => ("cpu.py", include_str!("../scripts/cpu.py")),
            Self::Io => ("io.py", include_str!("../scripts/io.py")),
            Self::Convoy => ("convoy.py", include_str!("../scripts/convoy.py")),
            Self::Stall => ("stall.py", include_str!("../scripts/stall.py")),
            Self::Integrity => ("integrity.py", include_str!("../scripts/integrity.py")),
            Self::Primes => ("primes.py", include_str!("../scripts/primes.py")),
        };
        Source { name, text }
    }
}
