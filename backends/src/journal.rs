//! Journals: a count goes on after the end of its process, on any lane and machine.
//!
//! A count is one fold or several. The segments of a fold's [`Ledger`](crate::Ledger) are what it has done so far: runs of
//! tiles with their folded partial results. Together with the plan, they describe all work that is done.
//!
//! ```text
//!   Journaled::count ──► Recording ──► backend ──► Watch
//!        │                  │ Step ◄── Recorder ─────┘
//!        ▼                  ▼
//!   JournalFile ◄── Writer ◄── Journal
//! ```
//!
//! - [`contents`]: what a journal contains.
//! - [`format`](mod@format): its bytes.
//! - [`file`]: how a file is locked, and replaced as a whole.
//! - [`recording`]: the backend in front of the one that counts, which runs only what is missing.
//! - [`writer`]: the thread that writes, so that no worker waits for a disk.

mod contents;
mod file;
mod format;
mod recording;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread;

use primelanes_core::{Backend, Error, Plan, PrimeCounter, Query, guard};

pub use self::contents::{Journal, Phase};
use self::file::JournalFile;
use self::recording::{Recording, Session};
use self::writer::Writer;

/// A counter that keeps a journal: if its process ends at any moment, the next count of the same query goes on from there.
///
/// The file is replaced as a whole every few seconds, and at the end, even if the count fails or is cancelled. If the
/// process is killed, at most five seconds of each worker's work are lost. The file holds the [`Plan`], so the count can go
/// on with another backend, another number of workers, or on another machine. A finished count is answered at once.
///
/// ```
/// use primelanes_backends::{Journaled, PrimeCounter, Query, ScopedThreads, SingleThread, available_workers};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("pi.journal");
///
/// let query = Query::up_to(1_000_000_000_000);
/// let warn = |trouble: &_| eprintln!("{trouble}");
/// let counter = Journaled::new(ScopedThreads::new(available_workers()), &path, warn);
/// assert_eq!(counter.count(&query), Ok(37_607_912_018));
/// assert_eq!(Journaled::new(SingleThread, &path, warn).count(&query), Ok(37_607_912_018)); // at once
/// ```
///
/// A file serves one query, which is a range, an algorithm, and whether the count is double-checked. While a count uses the
/// file, it is locked. A file that cannot be used is left as it is, and the count fails with [`Error::BadJournal`].
pub struct Journaled<B, W> {
    backend: B,
    path: PathBuf,
    warn: W,
}

impl<B: Backend, W: Fn(&Error) + Send + Sync> Journaled<B, W> {
    /// Creates a counter that counts on `backend` and keeps its journal in the file `path`.
    ///
    /// If the file cannot be written, for example because the disk is full, the count goes on. `warn` is then called, once
    /// for each count, and possibly from another thread. It is also called if the file system has no locks.
    pub fn new(backend: B, path: impl Into<PathBuf>, warn: W) -> Self {
        Self { backend, path: path.into(), warn }
    }

    /// Counts with the file open and locked.
    fn count_into(&self, file: JournalFile, journal: Journal, query: &Query<'_>) -> Result<u128, Error> {
        let query = query.clone().plan(journal.plan().clone());
        let session = Session::new(&self.path, journal, Writer::new(file, &self.warn));
        // If the file cannot be written, say so now and not after some seconds.
        session.write_now();
        let counted = thread::scope(|scope| {
            let spawned =
                thread::Builder::new().name("journal".to_owned()).spawn_scoped(scope, || session.writer.serve());
            session.writer.has_thread(spawned.is_ok());
            let _closed = session.writer.close_later();
            Recording::new(&self.backend, &session).count(&query)
        });
        session.end(counted.as_ref().ok().copied());
        counted
    }
}

impl<B: Backend, W: Fn(&Error) + Send + Sync> PrimeCounter for Journaled<B, W> {
    fn name(&self) -> &str {
        self.backend.label()
    }

    fn count(&self, query: &Query<'_>) -> Result<u128, Error> {
        // A query that cannot be counted leaves no file behind.
        let plan = guard("planning", || Plan::for_query(query, self.backend.crew()))?;
        let (file, journal) = JournalFile::open(&self.path, &self.warn)?;
        if let Some(journal) = &journal {
            journal.check(query).map_err(|reason| bad_journal(&self.path, reason))?;
            if let Some(count) = journal.count() {
                return query.get_control().report_step("journal").map(|()| count);
            }
        }
        self.count_into(file, journal.unwrap_or_else(|| Journal::new(query, plan)), query)
    }
}

impl<B: Backend, W> fmt::Debug for Journaled<B, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journaled")
            .field("backend", &self.backend.label())
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn bad_journal(path: &Path, reason: impl fmt::Display) -> Error {
    Error::BadJournal { file: path.display().to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
