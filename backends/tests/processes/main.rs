//! The lane of worker processes, and every fault that it survives, provoked for real.
//!
//! This program is its own worker program, honest or not; so it has a `main` of its own.

#![allow(clippy::unwrap_used, reason = "in a test, what cannot be had fails it")]

#[cfg(unix)]
mod deaths;
#[cfg(unix)]
mod nonsense;
#[cfg(unix)]
mod saboteur;
#[cfg(unix)]
mod sharing;
#[cfg(unix)]
mod starting;
#[cfg(unix)]
mod storm;
#[cfg(unix)]
mod system;

/// A list of trials, each by the name of its function.
#[cfg(unix)]
macro_rules! trials {
    ($($test:ident),* $(,)?) => {
        pub(super) fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$(libtest_mimic::Trial::test(stringify!($test), || { $test(); Ok(()) })),*]
        }
    };
}
#[cfg(unix)]
use trials;

#[cfg(unix)]
fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", ref conduct @ ..] => saboteur::work(conduct),
        ["host"] => deaths::host(),
        ["forgetful"] => starting::forgetful(),
        _ => {
            let modules =
                [starting::trials(), deaths::trials(), nonsense::trials(), sharing::trials(), storm::trials()];
            let trials = modules.into_iter().flatten().collect();
            libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
        }
    }
}

#[cfg(not(unix))]
fn main() {}
