//! Output files that the user names.

use std::fmt::Display;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use primelanes_backends::Error;

use super::Stdout;
use crate::command::exit;

/// An output file. It was checked before the work begins, and is written after it.
#[derive(Clone, Debug)]
pub(in crate::command) struct OutputFile {
    path: PathBuf,
    place: Place,
}

/// Where the bytes of a file go.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// To a file that exists: its device and number.
    #[cfg(unix)]
    Inode(u64, u64),
    /// To a file that does not exist yet, or on a system without such numbers.
    Path(PathBuf),
    /// To where standard output goes, as with `/dev/stdout`.
    Stdout,
    /// To a pipe or a device.
    Stream,
}

/// Parses the path of an output file, which need not be UTF-8, and checks that the file can be written.
pub(in crate::command) fn output_file() -> impl TypedValueParser<Value = OutputFile> {
    PathBufValueParser::new().try_map(OutputFile::check)
}

/// Refuses two options that name the same file, because the second text would overwrite the first one.
///
/// # Errors
/// Names the options and the file.
pub(in crate::command) fn refuse_same_file(files: [(&str, Option<&OutputFile>); 2]) -> Result<(), clap::Error> {
    let [(first, Some(one)), (second, Some(other))] = files else { return Ok(()) };
    if one.place != other.place || matches!(one.place, Place::Stdout | Place::Stream) {
        return Ok(());
    }
    Err(exit::usage(&format!("{first} and {second} name the same file '{}'", one.path.display())))
}

impl OutputFile {
    fn check(path: PathBuf) -> io::Result<Self> {
        let place = Place::of(&path)?;
        Ok(Self { path, place })
    }

    /// Returns the path, as the user named it.
    pub(in crate::command) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the bytes end up in a file, rather than in a pipe, a device or standard output.
    pub(in crate::command) fn is_file(&self) -> bool {
        !matches!(self.place, Place::Stdout | Place::Stream)
    }

    /// Writes a text.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub(in crate::command) fn write(&self, text: &dyn Display) -> Result<(), Error> {
        self.write_with(|out| write!(out, "{text}"))
    }

    /// Opens the file and lets `write` write to it.
    ///
    /// # Errors
    /// Names the file and the reason.
    pub(in crate::command) fn write_with(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let open = || -> io::Result<Box<dyn Write>> {
            Ok(if self.place == Place::Stdout { Box::new(Stdout) } else { Box::new(File::create(&self.path)?) })
        };
        let written = open().and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out).and_then(|()| out.flush())
        });
        written.map_err(|refusal| Error::Storage {
            action: "write".into(),
            file: self.path.display().to_string(),
            reason: refusal.to_string(),
        })
    }
}

impl Place {
    /// Returns where the bytes of a file will go, and checks that it can be written. Leaves no new file behind.
    fn of(path: &Path) -> io::Result<Self> {
        if is_stdout(path) {
            return Ok(Self::Stdout);
        }
        let existing = path.metadata();
        if existing.as_ref().is_ok_and(|file| !file.is_file() && !file.is_dir()) {
            // If a pipe is opened and closed, its reader sees the end of the file. So it is opened only once.
            return may_write(path).map(|()| Self::Stream);
        }
        let opened = OpenOptions::new().append(true).create(true).open(path)?;
        let canonical = path.canonicalize()?;
        if existing.is_err() {
            fs::remove_file(&canonical)?;
            return Ok(Self::Path(canonical));
        }
        Ok(Self::of_file(&opened.metadata()?, canonical))
    }

    #[cfg(unix)]
    fn of_file(file: &Metadata, _: PathBuf) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self::Inode(file.dev(), file.ino())
    }

    #[cfg(not(unix))]
    fn of_file(_: &Metadata, canonical: PathBuf) -> Self {
        Self::Path(canonical)
    }
}

#[cfg(unix)]
fn may_write(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?)
}

#[cfg(not(unix))]
fn may_write(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns whether a path leads to where standard output goes.
#[cfg(unix)]
fn is_stdout(path: &Path) -> bool {
    use rustix::fs::{fstat, stat};
    let (Ok(file), Ok(stdout)) = (stat(path), fstat(io::stdout())) else { return false };
    (file.st_dev, file.st_ino) == (stdout.st_dev, stdout.st_ino)
}

#[cfg(not(unix))]
fn is_stdout(_: &Path) -> bool {
    false
}
