//! The thread that writes the file, so that no worker waits for a disk.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use primelanes_core::Error;

use super::file::JournalFile;

/// Writes the latest bytes that were submitted. If a write fails, it warns, but only once.
pub(super) struct Writer<'a> {
    disk: Mutex<Disk>,
    mail: Mutex<Mail>,
    news: Condvar,
    warn: &'a (dyn Fn(&Error) + Sync),
}

struct Disk {
    file: JournalFile,
    has_warned: bool,
}

#[derive(Default)]
struct Mail {
    /// What is to be written next. If the disk is slow, later bytes replace earlier ones.
    latest: Option<Vec<u8>>,
    has_thread: bool,
    is_closed: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(file: JournalFile, warn: &'a (dyn Fn(&Error) + Sync)) -> Self {
        let disk = Mutex::new(Disk { file, has_warned: false });
        Self { disk, mail: Mutex::default(), news: Condvar::new(), warn }
    }

    /// Writes what is submitted, until the writer is closed.
    pub(super) fn serve(&self) {
        loop {
            let mut mail = self.mail();
            while mail.latest.is_none() && !mail.is_closed {
                mail = self.news.wait(mail).unwrap_or_else(PoisonError::into_inner);
            }
            if mail.is_closed {
                return;
            }
            let latest = mail.latest.take();
            drop(mail);
            if let Some(bytes) = latest {
                self.write(&bytes);
            }
        }
    }

    /// Says whether a thread serves. If the system could not start one, the workers write the file.
    pub(super) fn has_thread(&self, has_thread: bool) {
        self.mail().has_thread = has_thread;
    }

    /// Takes the bytes of the whole file.
    pub(super) fn submit(&self, bytes: Vec<u8>) {
        let mut mail = self.mail();
        if mail.has_thread {
            mail.latest = Some(bytes);
            self.news.notify_one();
        } else {
            drop(mail);
            self.write(&bytes);
        }
    }

    /// Ends the thread when the result is dropped, even if a backend panics. What the thread has not begun to write is
    /// dropped.
    pub(super) fn close_later(&self) -> Closing<'_> {
        Closing(self)
    }

    /// Writes the bytes of the whole file now.
    pub(super) fn write(&self, bytes: &[u8]) {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(trouble) = disk.file.replace(bytes)
            && !std::mem::replace(&mut disk.has_warned, true)
        {
            (self.warn)(&trouble);
        }
    }

    fn mail(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes a writer when it is dropped.
pub(super) struct Closing<'a>(&'a Writer<'a>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.mail().is_closed = true;
        self.0.news.notify_one();
    }
}
