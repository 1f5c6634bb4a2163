//! Output files that the user names.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use primelanes_backends::Error;

/// Checks that a file can be written before the work begins, not after it.
///
/// # Errors
/// The reason why it cannot.
pub(super) fn writable(name: &str) -> io::Result<PathBuf> {
    let file = PathBuf::from(name);
    let fresh = file.symlink_metadata().is_err();
    OpenOptions::new().append(true).create(true).open(&file)?;
    if fresh {
        fs::remove_file(&file)?;
    }
    Ok(file)
}

/// Writes a file.
///
/// # Errors
/// Names the file and the reason.
pub(super) fn write(file: &Path, text: &dyn Display) -> Result<(), Error> {
    fs::write(file, text.to_string()).map_err(|refusal| cannot_write(file, &refusal))
}

/// The error of a file that could not be written.
pub(super) fn cannot_write(file: &Path, refusal: &io::Error) -> Error {
    Error::Storage { action: "write".into(), file: file.display().to_string(), reason: refusal.to_string() }
}
