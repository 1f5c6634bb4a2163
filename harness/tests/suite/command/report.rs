//! The report: the page as it is written.

use std::path::Path;
use std::process::Command;

use scraper::{Html, Selector};

use super::{primelanes, refusal};
use crate::python;

/// The largest page.
const MAX_BYTES: usize = 2_000_000;

/// Writes a page with figures that mean nothing, and parses it.
fn written(arguments: &[&str]) -> (String, Html) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = primelanes(&["report", "--trial"]);
    let output = command.args(arguments).current_dir(&folder).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Wrote 'report.html'.\n");
    let text = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    let page = Html::parse_document(&text);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    (text, page)
}

fn count(page: &Html, selector: &str) -> usize {
    page.select(&Selector::parse(selector).unwrap()).count()
}

fn text(page: &Html, selector: &str) -> String {
    page.select(&Selector::parse(selector).unwrap()).flat_map(|element| element.text()).collect()
}

#[test]
fn a_report_is_one_page_with_every_picture() {
    let (html, page) = written(&[]);
    assert!(html.len() < MAX_BYTES, "{} bytes", html.len());
    assert!(!html.contains("Nothing was recorded") && !html.contains("NaN"), "a picture or a figure is missing");
    // One for each figure, and one for each simulated case.
    assert_eq!((count(&page, "figure:not(.case) svg"), count(&page, ".case svg")), (6, 54));
    assert!(count(&page, "svg .hold") > 100);
    assert!(count(&page, "#race-picture svg circle") > 10);
    assert!(text(&page, "#no-python").contains("No Python was measured."));
    assert_eq!(count(&page, ".wrong"), 0);
}

#[cfg(unix)]
#[test]
fn a_report_measures_an_interpreter_as_far_as_that_works() {
    if python::is_missing("a_report_measures_an_interpreter_as_far_as_that_works") {
        return;
    }
    // Some interpreters come without ctypes, which the native call needs.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("python <3>");
    let fail = "case \"$*\" in *stall.py*) echo 'no ctypes & co' >&2; exit 1;; esac";
    let script = format!("#!/bin/sh\n{fail}\nexec '{}' \"$@\"\n", executable());
    python::write_program(&program, &script);
    let (html, page) = written(&["--python", program.to_str().unwrap(), "--python", "python3"]);
    assert!(html.len() < MAX_BYTES, "{} bytes", html.len());
    assert_eq!((count(&page, "#no-python"), count(&page, "[id^=count-python] table")), (0, 2));
    let names = |section| ["python <3>", ": python3"].map(|name| text(&page, section).contains(name));
    for section in ["#count", "#threads", "#integrity", "#convoy-timeline", "#ways-out"] {
        assert_eq!(names(section), [true, true], "{section}");
    }
    // The other one is not left out.
    assert_eq!(names("#stall-timeline"), [false, true]);
    let warnings = text(&page, "#warnings");
    assert!(warnings.contains("python <3> could not run the experiment 'stall': "), "{warnings}");
    assert!(warnings.contains("python <3>' failed to run stall.py: no ctypes & co."), "{warnings}");
    assert_eq!(warnings.matches("could not run").count(), 1, "{warnings}");
}

/// The interpreter itself. Some systems have a slow script in its place.
#[cfg(unix)]
fn executable() -> String {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    String::from_utf8(asked.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_anything_is_measured() {
    for (out, said) in [("/no/such/folder/page.html", "No such file"), ("/", "Is a directory")] {
        let (code, text) = refusal(&["report", "--out", out]);
        assert!(code == Some(2) && text.lines().count() == 1 && text.contains(said), "{text}");
    }
    let (code, text) = refusal(&["report", "--trial", "--python", "/no/such"]);
    assert!(code == Some(2) && text.contains("cannot start '/no/such': No such file or directory"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_page_that_cannot_be_opened_is_written_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = primelanes(&["report", "--trial", "--open", "--out", "page.html"]);
    // There is no program that could open it.
    let output = command.current_dir(&folder).env("PATH", folder.path()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("cannot open 'page.html': ") && text.lines().count() == 1, "{text}");
    assert!(folder.path().join("page.html").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_a_report_at_any_moment_and_leaves_no_file() {
    use std::time::{Duration, Instant};

    let folder = tempfile::tempdir().unwrap();
    for moment in [0, 300, 1500, 3500, 5000, 7500, 10_000].map(Duration::from_millis) {
        let mut command = primelanes(&["report", "--quick"]);
        let mut child = command.current_dir(&folder).stderr(std::process::Stdio::piped()).spawn().unwrap();
        super::experiment::wait_until("start", || super::catches_interrupts(child.id()));
        std::thread::sleep(moment);
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
        assert!(sent.success());
        let since = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(since.elapsed() < Duration::from_secs(10), "after {moment:?}, the report does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(130), "error: cancelled\n"), "after {moment:?}");
        assert_eq!(files(folder.path()), 0, "after {moment:?}");
    }
}

#[cfg(target_os = "linux")]
fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
