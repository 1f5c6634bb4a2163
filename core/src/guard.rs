//! Turns panics into errors.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::Error;

/// Runs `work` and turns a panic in it into [`Error::Panicked`].
///
/// After a panic, do not use what `work` borrows again, unless it is valid at every step. Discard a scratch, for
/// example.
///
/// # Errors
/// The error of `work`, [`Error::OutOfMemory`] if a kernel found no memory, or [`Error::Panicked`] with the name of the
/// phase and the text of the panic.
pub fn guard<T>(phase: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(error_of(phase, payload)))
}

/// Unwinds to the [`guard`], which returns the error. For failures where a kernel cannot return one: the contract lets
/// its tiles and scratches fail only because they were stopped.
pub(crate) fn raise(error: Error) -> ! {
    resume_unwind(Box::new(error))
}

fn error_of(phase: &'static str, payload: Box<dyn Any + Send>) -> Error {
    let payload = match payload.downcast::<Error>() {
        Ok(raised) => return *raised,
        Err(payload) => payload,
    };
    let message = payload.downcast_ref::<String>().cloned();
    let message = message.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
    if message.is_none() {
        // Dropping a value of an unknown type can panic again.
        mem::forget(payload);
    }
    Error::Panicked { phase: phase.into(), message: message.unwrap_or_else(|| "(no text)".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_panic_names_its_phase_and_text() {
        let panicked = |message: &str| Err(Error::Panicked { phase: "sums".into(), message: message.into() });
        assert_eq!(guard::<()>("sums", || panic!("tile {}", 7)), panicked("tile 7"));
        assert_eq!(guard::<()>("sums", || panic!("plain")), panicked("plain"));
        assert_eq!(guard::<()>("sums", || std::panic::panic_any(3_u8)), panicked("(no text)"));
        assert_eq!(guard("sums", || Ok(1)), Ok(1));
    }

    #[test]
    fn a_raised_error_is_returned_unchanged() {
        assert_eq!(guard::<()>("sums", || raise(Error::AlreadyAttached)), Err(Error::AlreadyAttached));
    }

    #[test]
    fn a_panic_that_panics_when_it_is_dropped_is_an_error() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        let panicked = Error::Panicked { phase: "sums".into(), message: "(no text)".into() };
        assert_eq!(guard::<()>("sums", || std::panic::panic_any(Bomb)), Err(panicked));
    }
}
