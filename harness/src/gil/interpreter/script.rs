//! The scripts, with their parameters and answers.

/// A script. Its parameters and its answer are JSON objects with the fields given here. Fields that end in `_ms` are in
/// milliseconds, `seconds` is in seconds, and both may be fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Script {
    /// Time slices of computing threads: `{threads, interval_ms, seconds}` to
    /// `{slices_ms: [..], switches, seconds, work: [..]}`, where `work` holds the iterations of each thread. Without a lock,
    /// `slices_ms` and `switches` are null.
    Cpu,
    /// Sleeping threads: `{mode: "sleep", threads, seconds}` to `{seconds}`. A thread that answers requests of one byte
    /// from a port of this machine, beside computing threads: `{mode: "socket", port, cpu_threads, interval_ms}` to
    /// `{answered}`, the number of requests until the other side hung up.
    Io,
    /// Late wake-ups beside computing threads: `{cpu_threads, interval_ms, interpreters, sleep_ms, seconds}` to
    /// `{latencies_ms: [..], seconds, work: [..]}`: the time that each sleep exceeds `sleep_ms`, the time of the run, and
    /// the iterations of each computing thread. With `sleep_ms: null`, the threads compute alone. With
    /// `interpreters: true`, each has an interpreter of its own.
    Convoy,
    /// One native call of `seconds`, beside a thread that ticks every millisecond:
    /// `{mode: "attached" | "detached", collects, interval_ms, seconds}` to `{longest_stall_ms}`. The ticker `collects`
    /// garbage, too.
    Stall,
    /// Threads that add to one count: `{threads, interval_ms, seconds}` to `{expected, counted,
    /// nanoseconds_per_update}`.
    Integrity,
    /// Counts of primes: `{mode: "sequential" | "threads" | "processes" | "interpreters", limit, tasks}` to
    /// `{seconds, processor_seconds, counts: [..]}`.
    Primes,
}

/// The file name and text of a script.
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// The script that asks the interpreter what it is.
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
