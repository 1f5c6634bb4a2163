//! The error type of the whole workspace.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// The name of a backend, phase or algorithm in an error. It is usually a literal, but a backend can also use its own
/// label.
type Name = Cow<'static, str>;

/// Why a count failed. Each variant carries the numbers or names that a user needs to act on it.
///
/// It can be serialised, so that a worker process can report its error unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cancel flag of the query's control was set, or its observer ended the count.
    #[error("cancelled")]
    Cancelled,

    /// A tile, a scratch constructor or a progress observer panicked. The backend stays usable.
    #[error("{phase} panicked: {message}")]
    Panicked {
        /// The phase of the kernel, or `progress observer`.
        phase: Name,
        /// The text that the panic carried.
        message: String,
    },

    /// The range ends beyond the last number that the algorithm can handle.
    #[error("{algorithm} counts up to {max}, but the range ends at {end}")]
    OutOfRange {
        /// The name of the algorithm.
        algorithm: Name,
        /// The last number that it can handle in a range with this start.
        max: u128,
        /// The last number of the range.
        end: u128,
    },

    /// A number is so large that no quick test is proven to tell whether it is prime.
    #[error("the primality test is proven up to {max}, but not for {number}")]
    NotProven {
        /// The number.
        number: u128,
        /// The last number for which the test is proven.
        max: u128,
    },

    /// A kernel was built for a range that holds no numbers.
    #[error("{phase} needs a range with at least one number")]
    EmptyRange {
        /// The phase of the kernel.
        phase: Name,
    },

    /// A count that does not fit in a `u64`.
    #[error("{counter} counted {count} primes, which does not fit in 64 bits")]
    CountTooLarge {
        /// The name of the counter.
        counter: Name,
        /// The number of primes that it counted.
        count: u128,
    },

    /// A double check counted another number of primes than the first count: one of the two is wrong.
    #[error("counted {first} primes, but {second} with other parameters")]
    CountsDiffer {
        /// The first count.
        first: u128,
        /// The count of the double check.
        second: u128,
    },

    /// A double check found that the number of primes is odd although the count is even, or the other way round.
    #[error("counted {count} primes, but the parity check found an {} number", if .count % 2 == 0 { "odd" } else { "even" })]
    ParityDiffers {
        /// The count.
        count: u128,
    },

    /// The parity check of a count is itself wrong: no count of primes leads to its result.
    #[error("the parity check of the primes up to {x} gave a result that no count leads to")]
    ParityFailed {
        /// The last number that the parity check covers.
        x: u128,
    },

    /// An algorithm cannot work with these parameters: the [`Tuning`](crate::algorithm::Tuning) of a sieve, or the
    /// [`Parameters`](crate::algorithm::Parameters) of the combinatorial method.
    #[error("bad tuning: {reason}")]
    BadTuning {
        /// The first value that is wrong, and its bounds.
        reason: String,
    },

    /// An environment variable has a value that cannot be used.
    #[error("invalid value '{value}' for the environment variable {variable}: {reason}")]
    BadVariable {
        /// The name of the variable.
        variable: Name,
        /// Its value.
        value: String,
        /// What is wrong with the value.
        reason: String,
    },

    /// There is not enough memory.
    #[error("out of memory: {bytes} bytes for {what}")]
    OutOfMemory {
        /// What the memory is for.
        what: Name,
        /// The number of bytes that were requested.
        bytes: u64,
    },

    /// A plan needs more memory than the query allows.
    #[error("the plan needs about {needed} bytes of memory, but the bound is {bound}")]
    MemoryBound {
        /// The approximate number of bytes that all workers need together.
        needed: u64,
        /// The number of bytes that the query allows.
        bound: u64,
    },

    /// The backend cannot have this many workers.
    #[error("{backend} takes at most {max} worker{}, not {requested}", if *.max == 1 { "" } else { "s" })]
    TooManyWorkers {
        /// The backend's label.
        backend: Name,
        /// The requested number of workers.
        requested: usize,
        /// The largest number of workers that the backend takes.
        max: usize,
    },

    /// The system refused to start a worker.
    #[error("{backend} could not start {requested} worker{}: {reason}", if *.requested == 1 { "" } else { "s" })]
    Spawn {
        /// The backend's label.
        backend: Name,
        /// The number of workers that should have started.
        requested: usize,
        /// What the system said.
        reason: String,
    },

    /// An unknown name.
    #[error("unknown {what} '{given}': expected one of {known}")]
    UnknownName {
        /// The kind of thing that was named, such as `backend`.
        what: Name,
        /// The name as given.
        given: String,
        /// The known names, separated by commas.
        known: String,
    },

    /// The backend runs its work outside this process, and the kernel has no [`JobSpec`](crate::JobSpec).
    #[error("{backend} runs work in other processes, but the phase '{phase}' can only run in this one")]
    NotPortable {
        /// The backend's label.
        backend: Name,
        /// The phase of the kernel.
        phase: Name,
    },

    /// This machine or this program lacks what was asked for.
    #[error("{what} is not available: {reason}")]
    Unavailable {
        /// What was asked for.
        what: Name,
        /// Why it is not available.
        reason: String,
    },

    /// Workers outside this process were lost, one after the other, on the same tiles.
    #[error("{backend} lost {deaths} workers on the tiles {}..{}; the last one: {reason}", .run.start, .run.end)]
    WorkersLost {
        /// The backend's label.
        backend: Name,
        /// The tiles for which no worker returned a result.
        run: Range<u64>,
        /// The number of workers that were lost on these tiles.
        deaths: u32,
        /// How the last one was lost.
        reason: String,
    },

    /// A worker outside this process is alive but could not do its work.
    #[error("{backend}: a worker failed: {cause}")]
    WorkerFailed {
        /// The backend's label.
        backend: Name,
        /// What went wrong in the worker. The message includes it, so it is not also the `source`.
        #[serde(deserialize_with = "refuse")]
        cause: Box<Error>,
    },

    /// The folded runs do not cover the tiles: a backend lost or invented work.
    #[error("expected the tiles {}..{} in one run, but folded {folded} of them in {runs} runs", .tiles.start, .tiles.end)]
    Incomplete {
        /// The tiles that should have been folded.
        tiles: Range<u64>,
        /// How many tiles were folded.
        folded: u64,
        /// How many separate runs they form.
        runs: usize,
    },

    /// A run of tiles was answered that is not part of the work, or that was answered before.
    #[error("the tiles {}..{} were answered twice or were not part of the work", .run.start, .run.end)]
    Overlap {
        /// The tiles of that result.
        run: Range<u64>,
    },

    /// Some bytes do not decode to what was expected.
    #[error("malformed {what}: {reason}")]
    Malformed {
        /// What the bytes should contain.
        what: Name,
        /// What the decoder said.
        reason: String,
    },

    /// A file could not be read or written.
    #[error("cannot {action} '{file}': {reason}")]
    Storage {
        /// What could not be done, such as `write`.
        action: Name,
        /// The file.
        file: String,
        /// What the system said.
        reason: String,
    },

    /// A thread that holds the global lock asked for it again.
    #[error("this thread already holds the global lock")]
    AlreadyAttached,

    /// A query for a range that holds numbers sets [`Plan::Empty`](crate::Plan::Empty).
    #[error("the plan is for an empty range, and the range is {start} to {end}")]
    EmptyPlan {
        /// The first number of the range.
        start: u128,
        /// The last number of the range.
        end: u128,
    },

    /// An nth prime was asked for that does not exist, or that does not fit in a `u64`.
    #[error("n must be from 1 to {max} for an nth prime below 2^64, not {n}")]
    NthOutOfRange {
        /// The given n.
        n: u64,
        /// The number of primes below 2^64.
        max: u64,
    },

    /// A count is too far from what it should be to be right.
    #[error("{counter} counted {count} primes from {start} to {end}, but about {expected} are there")]
    CountFarOff {
        /// The name of the counter.
        counter: Name,
        /// The first number of the range.
        start: u128,
        /// The last number of the range.
        end: u128,
        /// The number of primes that it counted.
        count: u128,
        /// The approximate number of primes in the range.
        expected: u128,
    },

    /// A journal cannot be used: it belongs to another count, another process or another version, or is damaged.
    #[error("cannot use the journal '{file}': {reason}")]
    BadJournal {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The error of a worker is never an [`Error::WorkerFailed`], since a worker has no workers. Decoding nested ones could
/// use any amount of stack.
fn refuse<'de, D: Deserializer<'de>>(_: D) -> Result<Box<Error>, D::Error> {
    Err(D::Error::custom("a worker has no workers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_the_numbers() {
        let one = Error::TooManyWorkers { backend: "single-thread".into(), requested: 2, max: 1 };
        assert_eq!(one.to_string(), "single-thread takes at most 1 worker, not 2");
        let more = Error::TooManyWorkers { backend: "rayon".into(), requested: 70_000, max: 65_535 };
        assert_eq!(more.to_string(), "rayon takes at most 65535 workers, not 70000");
        let beyond = Error::OutOfRange { algorithm: "sieve".into(), max: u64::MAX.into(), end: 1 << 64 };
        let text = "sieve counts up to 18446744073709551615, but the range ends at 18446744073709551616";
        assert_eq!(beyond.to_string(), text);
        let unproven = Error::NotProven { number: 101, max: 100 };
        assert_eq!(unproven.to_string(), "the primality test is proven up to 100, but not for 101");
    }

    #[test]
    fn a_failed_nth_prime_shows_its_bounds_and_counts() {
        let beyond = Error::NthOutOfRange { n: 0, max: 9 };
        assert_eq!(beyond.to_string(), "n must be from 1 to 9 for an nth prime below 2^64, not 0");
        let off = Error::CountFarOff { counter: "table".into(), start: 0, end: 100, count: 7, expected: 25 };
        assert_eq!(off.to_string(), "table counted 7 primes from 0 to 100, but about 25 are there");
    }

    #[test]
    fn a_failed_double_check_shows_both_results() {
        let counts = Error::CountsDiffer { first: 5, second: 6 };
        assert_eq!(counts.to_string(), "counted 5 primes, but 6 with other parameters");
        let parity = |count| Error::ParityDiffers { count }.to_string();
        assert_eq!(parity(4), "counted 4 primes, but the parity check found an odd number");
        assert_eq!(parity(5), "counted 5 primes, but the parity check found an even number");
        let failed = Error::ParityFailed { x: 100 };
        assert_eq!(failed.to_string(), "the parity check of the primes up to 100 gave a result that no count leads to");
    }

    #[test]
    fn a_worker_failure_says_its_cause_once() {
        let cause = Box::new(Error::BadTuning { reason: "a wheel of 42".into() });
        let failed = Error::WorkerFailed { backend: "processes".into(), cause };
        assert_eq!(failed.to_string(), "processes: a worker failed: bad tuning: a wheel of 42");
        assert!(std::error::Error::source(&failed).is_none());
    }
}
