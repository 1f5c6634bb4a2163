//! The description of a broken law.

use std::error::Error;

/// The result of checking a backend against a law, or of a step of the check.
pub(super) type Judged<T = ()> = Result<T, Broken>;

/// How a law is broken, in one line.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

/// An error breaks a law that requires an answer.
impl<E: Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Adds the case in which a law is broken.
pub(super) trait InCase<T> {
    fn in_case(self, case: impl FnOnce() -> String) -> Judged<T>;
}

impl<T, E: Into<Broken>> InCase<T> for Result<T, E> {
    fn in_case(self, case: impl FnOnce() -> String) -> Judged<T> {
        self.map_err(|error| Broken(format!("{}: {}", case(), error.into().0)))
    }
}

/// Returns [`Broken`] with the formatted message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::conformance::broken::Broken(format!($($message)+)));
        }
    };
}
pub(super) use ensure;
