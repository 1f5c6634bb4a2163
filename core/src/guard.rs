//! Turns panics into errors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Error;

/// Runs `work` and turns a panic in it into [`Error::Panicked`].
///
/// After a panic, do not use what `work` borrows again, unless it is valid at every step. Discard a scratch, for
/// example.
///
/// # Errors
/// The error of `work`, or [`Error::Panicked`] with the name of the phase and the text of the panic.
pub fn guard<T>(phase: &'static str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(Error::Panicked { phase: phase.into(), message: message_of(payload) }))
}

fn message_of(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other.downcast_ref::<&str>().map_or("(no text)", |text| text).to_owned(),
    }
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
}
