//! The `processes` lane, and every fault that it survives, provoked for real.
//!
//! The tests start this program again as their workers, honest or faulty. That is why it has its own `main`.

#![allow(clippy::unwrap_used, reason = "a test fails if a value is missing")]

#[cfg(unix)]
mod deaths;
#[cfg(unix)]
mod killed_counts;
#[cfg(unix)]
mod nonsense;
#[cfg(unix)]
mod output;
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

/// The trials of a module, each named after its function.
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
        ["worker", ref behaviour @ ..] => saboteur::work(behaviour),
        ["parent"] => deaths::parent(),
        ["forgetful"] => starting::forgetful(),
        _ => {
            let modules = [
                starting::trials(),
                deaths::trials(),
                nonsense::trials(),
                output::trials(),
                sharing::trials(),
                storm::trials(),
                killed_counts::trials(),
            ];
            let trials = modules.into_iter().flatten().collect();
            libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
        }
    }
}

#[cfg(not(unix))]
fn main() {}
