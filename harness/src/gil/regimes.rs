//! What is assumed about locks that are simulated.

use super::Interpreter;

/// The overhead of a free-threaded build with one thread, unless it is measured. The Python documentation ("Python support
/// for free threading") gives about 40 % for 3.13, and 5 to 10 % for 3.14.
pub(crate) const OVERHEAD: f64 = 0.1;

/// The default of `sys.setcheckinterval` before 3.2.
pub(crate) const CHECKS: u32 = 100;

/// Returns how much longer one thread takes without a lock, from the speeds of one thread. Compares the first two
/// interpreters of the same version of which only one has a lock. `None` if there are no such two.
pub(crate) fn measured_overhead(speeds: &[(&Interpreter, f64)]) -> Option<f64> {
    let (locked, unlocked): (Vec<_>, Vec<_>) = speeds.iter().partition(|(interpreter, _)| interpreter.is_locked());
    unlocked.iter().find_map(|(free, free_speed)| {
        let twin = locked.iter().find(|(python, _)| python.feature_version() == free.feature_version())?;
        Some(twin.1 / free_speed - 1.0)
    })
}
