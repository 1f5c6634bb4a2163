//! Cancellation by Ctrl-C.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The flag that the first Ctrl-C sets. The second one ends the process at once.
///
/// # Errors
/// If the handler cannot be installed.
pub(super) fn flag() -> anyhow::Result<&'static AtomicBool> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
    })?;
    Ok(&INTERRUPTED)
}
