//! The file of a journal: locked by one process, and replaced as a whole.
//!
//! The lock belongs to the file and not to its name, so a new file is locked before it takes the place of the old one. A
//! process that opens the file just before that may lock the old one, so it looks at the name again.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use primelanes_core::Error;

use super::{Journal, bad_journal, format};

/// How often to look again if the file was replaced while it was opened. A replacement takes longer than a look.
const LOOKS: usize = 100;

/// A journal's file, which this process has locked.
#[derive(Debug)]
pub(super) struct JournalFile {
    /// Without symbolic links, so that their target is replaced, and not a link.
    path: PathBuf,
    /// Holds the lock.
    file: File,
    /// Whether it could be opened for writing.
    is_writable: bool,
}

impl JournalFile {
    /// Opens and locks a file, and reads it. Creates it, empty, if it does not exist. Calls `warn` if the file system has no
    /// locks.
    ///
    /// # Errors
    /// [`Error::BadJournal`] if that is not possible, if another process has locked the file, or if it is not a journal.
    pub(super) fn open(path: &Path, warn: impl Fn(&Error)) -> Result<(Self, Option<Journal>), Error> {
        let refused = |reason: &dyn ToString| bad_journal(path, reason.to_string());
        let (file, is_writable) = lock(path, warn)?;
        let metadata = file.metadata().map_err(|error| refused(&error))?;
        let journal = decode(&file, &metadata).map_err(|reason| refused(&reason))?;
        let path = path.canonicalize().map_err(|error| refused(&error))?;
        Ok((Self { path, file, is_writable }, journal))
    }

    /// Replaces the file with one that holds these bytes. If that fails, the old file stays as it was.
    ///
    /// # Errors
    /// [`Error::Storage`] if it fails, if the file is read-only, or if another file has taken its place.
    pub(super) fn replace(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.try_replace(bytes).map_err(|refusal| Error::Storage {
            action: "write the journal".into(),
            file: self.path.display().to_string(),
            reason: refusal.to_string(),
        })
    }

    fn try_replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.is_writable || self.file.metadata()?.permissions().readonly() {
            return Err(io::Error::other("the file is read-only"));
        }
        if self.path.exists() && !is_at(&self.file, &self.path)? {
            return Err(io::Error::other("another file has taken its place"));
        }
        let new = self.neighbour(".primelanes-new");
        let written = self.write_locked(&new, bytes).and_then(|file| fs::rename(&new, &self.path).map(|()| file));
        match written {
            Ok(file) => {
                self.file = file;
                self.sync_folder()
            }
            Err(error) => {
                // What is left of it, if anything, is removed by the next attempt.
                drop(fs::remove_file(&new));
                Err(error)
            }
        }
    }

    fn write_locked(&self, path: &Path, bytes: &[u8]) -> io::Result<File> {
        // Whatever is there was left by a process that was killed. It is not opened, since it may be a link or a pipe.
        drop(fs::remove_file(path));
        let mut file = File::create_new(path)?;
        // A file system without locks did not lock the old file either.
        drop(file.try_lock());
        file.set_permissions(self.file.metadata()?.permissions())?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(file)
    }

    /// Makes sure that the new name survives a crash of the system.
    fn sync_folder(&self) -> io::Result<()> {
        if !cfg!(unix) {
            return Ok(());
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }

    fn neighbour(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(suffix);
        name.into()
    }
}

/// Reads a journal without locking it, which is possible at any time, since the file is always whole.
pub(super) fn read(path: &Path) -> Result<Option<Journal>, Error> {
    let refused = |reason: &dyn ToString| bad_journal(path, reason.to_string());
    let file = match check_kind(path).and_then(|()| File::open(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| refused(&error))?,
    };
    let metadata = file.metadata().map_err(|error| refused(&error))?;
    decode(&file, &metadata).map_err(|reason| refused(&reason))
}

/// An empty file is one that was created, but not yet written.
fn decode(file: &File, metadata: &Metadata) -> Result<Option<Journal>, String> {
    if metadata.len() == 0 { Ok(None) } else { format::read(file, metadata.len()).map(Some) }
}

/// Opens and locks the file, and makes sure that it still has this name.
fn lock(path: &Path, warn: impl Fn(&Error)) -> Result<(File, bool), Error> {
    let refused = |reason: &dyn ToString| bad_journal(path, reason.to_string());
    for _ in 0..LOOKS {
        let (file, is_writable) = open(path).map_err(|error| refused(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(refused(&"another process is using it")),
            Err(TryLockError::Error(error)) => warn(&Error::Storage {
                action: "lock the journal".into(),
                file: path.display().to_string(),
                reason: error.to_string(),
            }),
        }
        if is_at(&file, path).unwrap_or(false) {
            return Ok((file, is_writable));
        }
    }
    Err(refused(&"another process is using it"))
}

/// Opens a file for reading, and for writing too if that is allowed. A lock may need both.
fn open(path: &Path) -> io::Result<(File, bool)> {
    check_kind(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    let writable = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    match writable {
        Ok(file) => Ok((file, true)),
        Err(refusal) => File::open(path).map(|file| (file, false)).map_err(|_| refusal),
    }
}

/// Refuses what is not a file. Opening a pipe would wait for its other end.
fn check_kind(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.is_file() { Ok(()) } else { Err(io::Error::other("it is not a regular file")) }
}

/// Returns whether the open file is the one that has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (open, named) = (file.metadata()?, fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}

/// Returns whether there is a file with this name, since files have no identity here.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}
