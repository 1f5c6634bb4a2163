//! How a law is seen to be broken.

use std::error::Error;

/// The result of putting a backend to a law, or of a step of that.
pub(super) type Judged<T = ()> = Result<T, Broken>;

/// What was seen that breaks a law, in one line.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

/// An error where the law demands an answer.
impl<E: Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Says in which case a law is broken.
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
