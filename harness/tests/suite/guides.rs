//! The command lines in the README and the guides: all are valid, and the result is the one that is shown beside them.

use std::fs;
use std::path::Path;
use std::process::Command;

use primelanes_harness::command;

use super::python;

/// A command line of a guide, without the comment after it.
struct Line {
    page: String,
    arguments: Vec<String>,
    /// The comment.
    expected: String,
}

/// The lines of all shell blocks that run the command, without the name of the program.
fn lines() -> Vec<Line> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guides = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = [root.join("README.md"), root.join(".github/CONTRIBUTING.md"), root.join("python/README.md")];
    let mut lines = Vec::new();
    for page in pages.into_iter().chain(guides).filter(|page| page.extension().is_some_and(|kind| kind == "md")) {
        let text = fs::read_to_string(&page).unwrap();
        let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        lines.extend(blocks.flat_map(str::lines).filter_map(|line| parsed(&page, line)));
    }
    lines
}

fn parsed(page: &Path, line: &str) -> Option<Line> {
    let (command, comment) = line.split_once(" #").unwrap_or((line, ""));
    let arguments = command.strip_prefix("primelanes ").or_else(|| command.strip_prefix("cargo run --release -- "))?;
    Some(Line {
        page: page.file_name().unwrap().to_string_lossy().into_owned(),
        arguments: shlex::split(arguments).unwrap(),
        expected: comment.to_owned(),
    })
}

#[test]
fn every_command_line_is_valid() {
    let lines = lines();
    assert!(lines.len() > 20, "only {} command lines in all guides", lines.len());
    let folder = tempfile::tempdir().unwrap();
    let without_python = python::is_missing("the command lines with an interpreter");
    for Line { page, arguments, .. } in lines {
        if without_python && arguments.iter().any(|word| word == "--python") {
            continue;
        }
        // Parsing checks that an output file can be written, so it must lie in the temporary folder.
        let elsewhere = |word: &String| {
            let is_file = [".svg", ".csv", ".json", ".html"].iter().any(|ending| word.ends_with(ending));
            if is_file { folder.path().join(word).display().to_string() } else { word.clone() }
        };
        let mut words: Vec<_> = arguments.iter().map(elsewhere).collect();
        // Parsing asks an interpreter what it is, and not every machine has the one that the guide names.
        for place in 1..words.len() {
            if words[place - 1] == "--python" {
                let options = words[place].split_once(' ').map_or(String::new(), |(_, options)| format!(" {options}"));
                words[place] = format!("python3{options}");
            }
        }
        let checked = command::check(["primelanes"].into_iter().chain(words.iter().map(String::as_str)));
        assert!(checked.is_ok(), "{page}: primelanes {}: {}", arguments.join(" "), checked.unwrap_err());
    }
}

#[test]
fn every_number_is_what_stands_beside_it() {
    let numbers = lines().into_iter().filter(|line| ["count", "list", "nth", "next"].contains(&&*line.arguments[0]));
    let numbers: Vec<_> = numbers.filter(|line| !line.expected.trim().is_empty()).collect();
    assert!(numbers.len() > 5, "only {} numbers with a result in all guides", numbers.len());
    for Line { page, arguments, expected } in numbers {
        let output = Command::new(env!("CARGO_BIN_EXE_primelanes")).args(&arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        // All primes of a list stand there. Other words may follow a single number.
        let shown = if arguments[0] == "list" { usize::MAX } else { 1 };
        let expected: Vec<_> = expected.split_whitespace().take(shown).collect();
        assert_eq!(
            printed.split_whitespace().collect::<Vec<_>>(),
            expected,
            "{page}: primelanes {}",
            arguments.join(" ")
        );
    }
}
