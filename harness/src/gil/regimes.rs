//! What is assumed about locks that are simulated.

use super::Interpreter;

/// The overhead of a free-threaded build with one thread, unless it is measured. The Python documentation ("Python support
/// for free threading") gives about 40 % for 3.13, and 5 to 10 % for 3.14.
pub(crate) const OVERHEAD: f64 = 0.1;

/// The default of `sys.setcheckinterval` before 3.2.
pub(crate) const CHECKS: u32 = 100;

/// Returns how much longer one thread takes without a lock, from the speeds of one thread. Compares the first two
/// interpreters of the same version of which only one has a lock, and cannot do without. `None` if there are no such two.
pub(crate) fn measured_overhead(speeds: &[(&Interpreter, f64)]) -> Option<f64> {
    speeds.iter().filter(|(python, _)| !python.is_locked()).find_map(|(free, free_speed)| {
        let is_twin = |python: &Interpreter| {
            !python.is_free_threaded_build() && python.is_locked() && python.feature_version() == free.feature_version()
        };
        let (_, locked_speed) = speeds.iter().find(|(python, _)| is_twin(python))?;
        Some(locked_speed / free_speed - 1.0)
    })
}
