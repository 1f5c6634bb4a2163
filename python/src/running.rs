//! Work on its own thread, which can be cancelled, and which nobody has to wait for.
//!
//! CPython delivers signals to its main thread only, and only while that thread runs Python code. When CPython shuts down, it
//! ends every other thread that asks for its lock, up to version 3.13 by unwinding the stack of the thread. A frame of Rust
//! on that stack aborts the process. So no function here waits, and none needs the lock: Python code sleeps until there is
//! news, and then asks for it.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::mem;
use std::ops::ControlFlow;
use std::process::id as this_process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use primelanes_backends::{Error, Observer, Progress, guard};

/// Work that has started. Dropping it cancels the work, and does not wait for its end.
#[derive(Debug)]
pub struct Running<T> {
    shared: Arc<Shared<T>>,
    /// Holds one byte while there is news. If the system had no pipe, it is `None`, and whoever waits must poll.
    signal: Option<PipeReader>,
    /// The process that does the work. A fork of it has no thread that does.
    owner: u32,
}

/// What connects the work with whoever waits for it.
#[expect(missing_debug_implementations, reason = "functions have no debug output")]
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// The work must end soon after this becomes true.
    pub cancel: &'a AtomicBool,
    /// Receives the progress.
    pub observer: &'a Observer<'a>,
    /// Receives troubles that do not end the work.
    pub warn: &'a (dyn Fn(&Error) + Send + Sync + 'a),
}

/// What has happened since the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The last progress of each phase.
    pub reports: Vec<Progress>,
    /// Troubles that do not end the work.
    pub warnings: Vec<String>,
    /// Whether the work has ended.
    pub ended: bool,
}

#[derive(Debug)]
struct Shared<T> {
    cancel: AtomicBool,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    reports: Vec<Progress>,
    warnings: Vec<String>,
    result: Option<Result<T, Error>>,
    ended: bool,
    /// The other end of the signal.
    signal: Option<PipeWriter>,
    /// The signal holds a byte.
    signalled: bool,
}

impl<T: Send + 'static> Running<T> {
    /// Starts `work` on another thread.
    ///
    /// # Errors
    /// [`Error::Spawn`] if the system cannot start the thread.
    pub fn start(work: impl FnOnce(Line<'_>) -> Result<T, Error> + Send + 'static) -> Result<Self, Error> {
        let (signal, writer) = pipe().ok().unzip();
        let state = State {
            reports: Vec::new(),
            warnings: Vec::new(),
            result: None,
            ended: false,
            signal: writer,
            signalled: false,
        };
        let shared = Arc::new(Shared { cancel: AtomicBool::new(false), state: Mutex::new(state) });
        let working = Arc::clone(&shared);
        let run = move || {
            let observer = |progress| {
                working.state().report(progress);
                ControlFlow::Continue(())
            };
            let warn = |trouble: &Error| working.state().warn(trouble.to_string());
            let line = Line { cancel: &working.cancel, observer: &observer, warn: &warn };
            let result = guard("count", || work(line));
            working.state().end(result);
        };
        thread::Builder::new().name("primelanes".to_owned()).spawn(run).map_err(|refusal| Error::Spawn {
            backend: "the count".into(),
            requested: 1,
            reason: refusal.to_string(),
        })?;
        Ok(Self { shared, signal, owner: this_process() })
    }
}

impl<T> Running<T> {
    /// Returns the pipe that can be read while there is news, if there is one. It must not be read.
    #[must_use]
    pub const fn signal(&self) -> Option<&PipeReader> {
        self.signal.as_ref()
    }

    /// Takes the news. Progress that arrived faster than it was taken is left out, except for the last of each phase.
    #[must_use]
    pub fn news(&self) -> News {
        // The other thread may have held the mutex during the fork.
        if self.is_forked() {
            return News { reports: Vec::new(), warnings: Vec::new(), ended: true };
        }
        let mut state = self.shared.state();
        if let Some(mut signal) = self.signal.as_ref().filter(|_| state.signalled) {
            // There is a byte, so this does not wait.
            state.signalled = !signal.read(&mut [0]).is_ok_and(|count| count == 1);
        }
        let (reports, warnings) = (mem::take(&mut state.reports), mem::take(&mut state.warnings));
        News { reports, warnings, ended: state.ended }
    }

    /// Returns a function that makes the signal readable, as if there were news.
    pub fn waker(&self) -> impl Fn() + Send + Sync + use<T>
    where
        T: Send,
    {
        let shared = Arc::clone(&self.shared);
        move || shared.state().notify()
    }

    /// Asks the work to end.
    pub fn cancel(&self) {
        self.shared.cancel.store(true, Ordering::Relaxed);
    }

    /// Takes the result.
    ///
    /// # Errors
    /// The error of the work, [`Error::Unavailable`] if the result was taken before or this process is a fork of the one
    /// that does the work, or [`Error::Cancelled`] if the work has not ended yet.
    pub fn take_result(&self) -> Result<T, Error> {
        let unavailable = |reason: &str| Error::Unavailable { what: "the result".into(), reason: reason.to_owned() };
        if self.is_forked() {
            return Err(unavailable("this process is a fork of the one that counts"));
        }
        let mut state = self.shared.state();
        match state.result.take() {
            Some(result) => result,
            None if state.ended => Err(unavailable("it was taken before")),
            None => Err(Error::Cancelled),
        }
    }

    fn is_forked(&self) -> bool {
        this_process() != self.owner
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        // No code that runs under the mutex leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn report(&mut self, progress: Progress) {
        self.reports.pop_if(|last| last.phase == progress.phase);
        self.reports.push(progress);
        self.notify();
    }

    fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
        self.notify();
    }

    fn end(&mut self, result: Result<T, Error>) {
        self.result = Some(result);
        self.ended = true;
        self.notify();
    }

    /// Writes a byte, unless there is one. So the pipe is never full.
    fn notify(&mut self) {
        if let Some(mut signal) = self.signal.as_ref().filter(|_| !self.signalled) {
            // This fails only if nobody waits any more.
            self.signalled = signal.write(&[0]).is_ok();
        }
    }
}

#[cfg(test)]
mod tests;
