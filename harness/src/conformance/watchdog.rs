//! A time limit for work that may never return.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use primelanes_backends::{Error, guard};

/// The longest wait between two checks of the cancel flag.
const CANCEL_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// How the work ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<T> {
    Returned(T),
    Panicked(String),
    /// The work did not return in time. Its thread stays until the process ends.
    Hung,
    /// The flag was set. The thread stays, as if the work had hung.
    Cancelled,
}

/// Runs `work` on a new thread. Waits for it up to `timeout`, and until `cancel` is set if there is such a flag.
pub(super) fn run<T: Send + 'static>(
    timeout: Duration,
    cancel: Option<&AtomicBool>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Outcome<T> {
    let (sender, receiver) = channel();
    let spawned = Builder::new().name("conformance".to_owned()).spawn(move || {
        // If the work is late, no receiver is left for its result.
        let _ = sender.send(guard("conformance", || Ok(work())));
    });
    if let Err(refusal) = spawned {
        return Outcome::Panicked(format!("no thread to run the law on: {refusal}"));
    }
    let start = Instant::now();
    loop {
        let left = timeout.saturating_sub(start.elapsed());
        return match receiver.recv_timeout(left.min(CANCEL_CHECK_INTERVAL)) {
            Ok(Ok(value)) => Outcome::Returned(value),
            Ok(Err(Error::Panicked { message, .. })) => Outcome::Panicked(message),
            Ok(Err(other)) => Outcome::Panicked(other.to_string()),
            Err(RecvTimeoutError::Timeout) if cancel.is_some_and(|flag| flag.load(Ordering::Relaxed)) => {
                Outcome::Cancelled
            }
            Err(RecvTimeoutError::Timeout) if !left.is_zero() => continue,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Outcome::Hung,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_returns_panics_or_hangs() {
        let long = Duration::from_mins(1);
        assert_eq!(run(long, None, || 3), Outcome::Returned(3));
        let panics = || -> u8 { std::panic::resume_unwind(Box::new("no more")) };
        assert_eq!(run(long, None, panics), Outcome::Panicked("no more".into()));
        let hangs = || loop {
            std::thread::park();
        };
        assert_eq!(run::<()>(Duration::from_millis(30), None, hangs), Outcome::Hung);
        let flag = AtomicBool::new(false);
        assert_eq!(run::<()>(Duration::from_millis(30), Some(&flag), hangs), Outcome::Hung);
        flag.store(true, Ordering::Relaxed);
        assert_eq!(run::<()>(long, Some(&flag), hangs), Outcome::Cancelled);
    }
}
