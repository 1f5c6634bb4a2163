//! How a user names an interpreter: a program, perhaps with options.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program and its options.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    program: PathBuf,
    options: Vec<String>,
    /// What the user wrote.
    text: OsString,
}

impl Invocation {
    /// Whether both start the same program with the same options, however they are written.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.program, &self.options) == (&other.program, &other.options)
    }

    /// Splits the text into words, as a shell does. The name of a file may contain spaces too.
    pub(super) fn parse(text: &OsStr) -> Self {
        let words = text.to_str().filter(|_| !Path::new(text).exists()).and_then(shlex::split).unwrap_or_default();
        let (program, options) = match &words[..] {
            [program, options @ ..] => (PathBuf::from(program), options.to_vec()),
            [] => (PathBuf::from(text), Vec::new()),
        };
        Self { program, options, text: text.to_owned() }
    }

    /// Returns the start of a command line, which still lacks what is run.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.options);
        command
    }
}

/// What the user wrote.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Vec<String>) {
        let invocation = Invocation::parse(OsStr::new(text));
        assert_eq!(invocation.to_string(), text);
        (invocation.program.display().to_string(), invocation.options)
    }

    #[test]
    fn options_follow_the_program() {
        assert_eq!(parts("python3"), ("python3".into(), vec![]));
        assert_eq!(parts("python3.14 -X gil=1"), ("python3.14".into(), vec!["-X".into(), "gil=1".into()]));
        assert_eq!(parts("'/my python/bin/python' -O"), ("/my python/bin/python".into(), vec!["-O".into()]));
        assert_eq!(parts(""), (String::new(), vec![]));
        assert_eq!(parts("an 'open quote"), ("an 'open quote".into(), vec![]));
    }

    #[test]
    fn a_file_may_have_spaces_in_its_name() {
        let folder = tempfile::Builder::new().prefix("two words").tempdir().unwrap();
        let text = folder.path().to_str().unwrap();
        assert_eq!(parts(text), (text.into(), vec![]));
    }
}
