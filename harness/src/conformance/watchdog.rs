//! A time limit for work that may never return.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

use primelanes_backends::{Error, guard};

/// How the work ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<T> {
    Returned(T),
    Panicked(String),
    /// The work did not return in time. Its thread stays until the process ends.
    Hung,
}

/// Runs `work` on a new thread and waits for it up to `timeout`.
pub(super) fn run<T: Send + 'static>(timeout: Duration, work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
    let (sender, receiver) = channel();
    let spawned = Builder::new().name("conformance".to_owned()).spawn(move || {
        // If the work is late, no receiver is left for its result.
        let _ = sender.send(guard("conformance", || Ok(work())));
    });
    if let Err(refusal) = spawned {
        return Outcome::Panicked(format!("no thread to run the law on: {refusal}"));
    }
    match receiver.recv_timeout(timeout) {
        Ok(Ok(value)) => Outcome::Returned(value),
        Ok(Err(Error::Panicked { message, .. })) => Outcome::Panicked(message),
        Ok(Err(other)) => Outcome::Panicked(other.to_string()),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Outcome::Hung,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_returns_panics_or_hangs() {
        let long = Duration::from_mins(1);
        assert_eq!(run(long, || 3), Outcome::Returned(3));
        let panics = || -> u8 { std::panic::resume_unwind(Box::new("no more")) };
        assert_eq!(run(long, panics), Outcome::Panicked("no more".into()));
        let hangs = || loop {
            std::thread::park();
        };
        assert_eq!(run::<()>(Duration::from_millis(20), hangs), Outcome::Hung);
    }
}
