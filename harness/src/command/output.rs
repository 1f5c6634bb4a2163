//! Files that the user names for results.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A file that can be written, known before the work and not after it.
///
/// # Errors
/// Why not.
pub(super) fn writable(name: &str) -> io::Result<PathBuf> {
    let file = PathBuf::from(name);
    let fresh = file.symlink_metadata().is_err();
    OpenOptions::new().append(true).create(true).open(&file)?;
    if fresh {
        fs::remove_file(&file)?;
    }
    Ok(file)
}

/// Writes it.
///
/// # Errors
/// Why not, naming the file.
pub(super) fn write(file: &Path, text: &dyn Display) -> anyhow::Result<()> {
    fs::write(file, text.to_string()).with_context(|| format!("cannot write '{}'", file.display()))
}
