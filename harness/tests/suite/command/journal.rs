//! Counts with a journal: where they go on, what is shown of them, and what is refused.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use primelanes_backends::Journal;
use serde_json::Value;
use tempfile::TempDir;

use super::{ended_by, json, primelanes, refusal, run, stdout};

const LANES: [&str; 5] = ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"];

/// Counts that do not end during a test.
const ENDLESS: [&[&str]; 2] = [&["count", "1e13", "--algorithm", "sieve"], &["count", "1e19"]];

/// A folder with a place for a journal.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("j")
    }

    fn name(&self) -> String {
        self.path().display().to_string()
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    /// Adds the journal to the arguments of a count.
    fn with<'a>(&self, name: &'a str, count: &[&'a str]) -> Vec<&'a str> {
        assert_eq!(name, self.name());
        [count, &["--journal", name]].concat()
    }

    /// Begins a count and ends it by Ctrl-C when some of it is done.
    fn begin(&self, count: &[&str]) -> Output {
        ended_by("INT", Duration::from_millis(700), &self.with(&self.name(), count))
    }

    /// Checks that a command fails with one line and code 2, and leaves the journal as it is. Returns the line.
    fn refused(&self, arguments: &[&str]) -> String {
        let bytes = fs::read(self.path()).ok();
        let (code, text) = refusal(arguments);
        assert_eq!((code, text.lines().count()), (Some(2), 1), "{arguments:?}: {text}");
        assert!(text.starts_with("error: "), "{arguments:?}: {text}");
        assert_eq!(fs::read(self.path()).ok(), bytes, "{arguments:?}");
        text
    }
}

/// Waits until a file holds a journal with something done.
fn wait_for_progress(path: &Path) {
    let since = Instant::now();
    while !Journal::read(path).unwrap().is_some_and(|journal| journal.phases().any(|phase| phase.done > 0)) {
        assert!(since.elapsed() < Duration::from_mins(1), "nothing is written to {}", path.display());
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_finished_count_is_answered_from_its_journal_whoever_asks() {
    let desk = Desk::new();
    let name = desk.name();
    let count = desk.with(&name, &["count", "1e9"]);
    assert_eq!(stdout(&count), "50847534\n");
    // A count that counts writes the file again, with a longer time.
    let bytes = desk.bytes();
    for lane in LANES {
        assert_eq!(stdout(&[&count[..], &["--backend", lane]].concat()), "50847534\n", "{lane}");
    }
    let answer = json(&[&count[..], &["--json", "--backend", "rayon", "--workers", "5"]].concat());
    assert_eq!((&answer["count"], &answer["workers"]), (&50_847_534.into(), &5.into()));
    assert!(answer["plan"]["combinatorial"]["y"].as_u64() > Some(100), "{answer}");
    let portable = primelanes(&count).env("PRIMELANES_CPU", "portable").output().unwrap();
    assert_eq!(portable.stdout, b"50847534\n");
    let copy = desk.0.path().join("copy");
    fs::copy(desk.path(), &copy).unwrap();
    assert_eq!(stdout(&["count", "10^9", "--journal", copy.to_str().unwrap()]), "50847534\n");
    assert_eq!(desk.bytes(), bytes);
}

#[test]
fn every_kind_of_count_keeps_a_journal() {
    for (count, expected) in [
        (&["count", "1e8", "--algorithm", "sieve"][..], "5761455\n"),
        (&["count", "1e6", "--algorithm", "trial-division"], "78498\n"),
        (&["count", "1e18", "1e18+1e6"], "24280\n"),
        (&["count", "10^20", "10^20+10^5"], "2115\n"),
        (&["count", "1e9", "1e11", "--algorithm", "combinatorial"], "4067207279\n"),
        (&["count", "1e10", "--double-check"], "455052511\n"),
        (&["count", "10"], "4\n"),
        (&["count", "10", "5"], "0\n"),
        (&["count", "1e8", "--algorithm", "sieve", "--backend", "scoped-threads", "--workers", "1000"], "5761455\n"),
    ] {
        let desk = Desk::new();
        let name = desk.name();
        for _ in 0..2 {
            assert_eq!(stdout(&desk.with(&name, count)), expected, "{count:?}");
        }
        assert_eq!(Journal::read(desk.path()).unwrap().unwrap().count(), Some(expected.trim().parse().unwrap()));
        assert_eq!(fs::read_dir(desk.0.path()).unwrap().count(), 1, "{count:?}: a temporary file is left");
    }
}

#[test]
fn a_count_goes_on_on_every_lane_after_a_kill() {
    let desk = Desk::new();
    let name = desk.name();
    let count = desk.with(&name, &["count", "3e10", "--algorithm", "sieve"]);
    let mut before = 0;
    for (lane, workers) in LANES.into_iter().zip(["1", "3", "2", "2", "1"]) {
        let mut command = primelanes(&[&count[..], &["--backend", lane, "--workers", workers]].concat());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(500));
        child.kill().unwrap();
        child.wait().unwrap();
        let journal = Journal::read(desk.path()).unwrap().unwrap();
        if journal.count().is_none() {
            let done = journal.phases().map(|phase| phase.done).sum();
            assert!(done >= before, "{lane}: {done} tiles are done after {before}");
            before = done;
        }
    }
    let output = primelanes(&count).env("PRIMELANES_CPU", "portable").output().unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"1300005926\n"[..], &b""[..]), "{output:?}");
}

#[test]
fn a_signal_has_the_journal_written_and_the_command_says_how_to_go_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        for count in ENDLESS {
            let desk = Desk::new();
            let name = desk.name();
            // The first result is written later if no signal comes.
            let output = ended_by(signal, Duration::from_millis(150), &desk.with(&name, count));
            assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(code), &b""[..]), "{output:?}");
            let said = format!("the same command goes on from the journal '{name}'\nerror: cancelled\n");
            assert_eq!(String::from_utf8(output.stderr).unwrap(), said);
            let journal = Journal::read(desk.path()).unwrap().unwrap();
            assert_eq!(journal.count(), None);
            assert!(journal.worked() > Duration::from_millis(100), "{journal:?}");
            assert_eq!(fs::read_dir(desk.0.path()).unwrap().count(), 1);
        }
    }
}

#[test]
fn a_journal_is_shown_in_words_and_as_json() {
    let desk = Desk::new();
    let name = desk.name();
    desk.begin(ENDLESS[0]);
    let text = stdout(&["journal", &name]);
    assert!(text.starts_with("range     0 to 10000000000000\nalgorithm sieve\nplan      sieve by"), "{text}");
    assert!(text.contains("\nworked    ") && text.contains("\nphase     sieve: 0."), "{text}");
    assert!(text.ends_with("\ncount     not finished\n"), "{text}");
    let shown = json(&["journal", &name, "--json"]);
    let fields = ["start", "stop", "algorithm", "double_check", "count"].map(|field| shown[field].clone());
    assert_eq!(fields, [0.into(), 10_000_000_000_000_u64.into(), "sieve".into(), false.into(), Value::Null]);
    assert!(shown["seconds"].as_f64() > Some(0.5) && shown["plan"]["sieve"]["wheel"].is_u64(), "{shown}");
    let phase = &shown["phases"][0];
    assert_eq!(phase["name"], "sieve");
    let [tiles, done, segments, bytes] =
        ["tiles", "done", "segments", "bytes"].map(|field| phase[field].as_u64().unwrap());
    assert!(0 < segments && segments <= done && done < tiles && 0 < bytes, "{shown}");

    let done = Desk::new();
    let name = done.name();
    stdout(&done.with(&name, &["count", "1e12", "1e12+1000", "--double-check"]));
    let shown = json(&["journal", &name, "--json"]);
    assert_eq!((&shown["count"], &shown["phases"]), (&37.into(), &Value::Array(Vec::new())));
    let text = stdout(&["journal", &name]);
    let range = "range     1000000000000 to 1000000001000\nalgorithm auto, with a double check\n";
    assert!(text.starts_with(range) && text.ends_with("\ncount     37\n"), "{text}");
}

#[test]
fn what_is_no_journal_is_refused_by_both_commands_and_left_alone() {
    let desk = Desk::new();
    let name = desk.name();
    let count = desk.with(&name, ENDLESS[0]);
    desk.begin(ENDLESS[0]);
    let bytes = desk.bytes();
    let (end, middle) = (bytes.len(), bytes.len() / 2);
    let mut flipped = bytes.clone();
    flipped[end - 1] ^= 4;
    let newer = [&bytes[..19], &[2], &bytes[20..]].concat();
    for (bytes, said) in [
        (b"455052511\n".to_vec(), "it is not a journal of primelanes"),
        (vec![0; 100_000], "it is not a journal of primelanes"),
        (bytes[..10].to_vec(), "it is not a journal of primelanes"),
        (bytes[..30].to_vec(), "it is cut off after 30 of at least 39 bytes"),
        (bytes[..middle].to_vec(), "it is cut off after "),
        ([&bytes[..], b"\n"].concat(), "it has "),
        (flipped, "its checksum is wrong"),
        (newer, "it has version 2."),
    ] {
        fs::write(desk.path(), bytes).unwrap();
        for arguments in [&count[..], &["journal", &name], &["journal", &name, "--json"]] {
            let text = desk.refused(arguments);
            assert!(text.starts_with(&format!("error: cannot use the journal '{name}': {said}")), "{text}");
        }
    }
}

#[test]
fn a_journal_of_another_count_is_refused_and_left_alone() {
    let desk = Desk::new();
    let name = desk.name();
    desk.begin(ENDLESS[0]);
    for (other, said) in [
        (&["count", "1e13+1", "--algorithm", "sieve"][..], "0 to 10000000000000, algorithm sieve\n"),
        (&["count", "1", "1e13", "--algorithm", "sieve"], "0 to 10000000000000, algorithm sieve\n"),
        (&["count", "1e13"], "0 to 10000000000000, algorithm sieve\n"),
        (&["count", "1e13", "--algorithm", "sieve", "--double-check"], "0 to 10000000000000, algorithm sieve\n"),
        (&["count", "7", "3"], "0 to 10000000000000, algorithm sieve\n"),
    ] {
        let text = desk.refused(&desk.with(&name, other));
        assert!(text.contains("it belongs to another count: ") && text.ends_with(said), "{text}");
    }
}

#[test]
fn a_file_that_is_in_use_is_refused() {
    let desk = Desk::new();
    let name = desk.name();
    let count = desk.with(&name, ENDLESS[0]);
    let mut first = primelanes(&count).stdout(Stdio::null()).spawn().unwrap();
    wait_for_progress(&desk.path());
    for _ in 0..20 {
        let (code, text) = refusal(&count);
        let said = format!("error: cannot use the journal '{name}': another process is using it\n");
        assert_eq!((code, text), (Some(2), said));
        // Looking is allowed.
        assert_eq!(json(&["journal", &name, "--json"])["count"], Value::Null);
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let output = desk.begin(ENDLESS[0]);
    assert_eq!(output.status.code(), Some(130), "the file is free again: {output:?}");
}

#[test]
fn a_journal_that_is_not_there_is_made_by_a_count_and_missed_by_a_look() {
    let desk = Desk::new();
    let name = desk.name();
    let missing = desk.refused(&["journal", &name]);
    assert!(missing.contains("there is no such file, or it is empty"), "{missing}");
    // What cannot be counted leaves no file behind.
    for count in [&["count", "2^80"][..], &["count", "1e18", "1e18+1e6", "--memory", "1e3"]] {
        desk.refused(&desk.with(&name, count));
    }
    assert!(!desk.path().exists());
    fs::write(desk.path(), "").unwrap();
    desk.refused(&["journal", &name]);
    assert_eq!(stdout(&desk.with(&name, &["count", "100"])), "25\n");
    let nowhere = desk.0.path().join("no/such/folder").display().to_string();
    for arguments in [&["journal", &nowhere][..], &["count", "100", "--journal", &nowhere]] {
        desk.refused(arguments);
    }
}

#[test]
fn only_a_file_can_be_a_journal() {
    let desk = Desk::new();
    let [pipe, folder, looped] = ["pipe", "folder", "loop"].map(|name| desk.0.path().join(name).display().to_string());
    let line = format!("mkfifo {pipe}; mkdir {folder}; ln -s {looped} {looped}");
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    for name in [pipe.as_str(), &folder, &looped, "/dev/null", "/dev/stdin", "/dev/full", ""] {
        for arguments in [&["journal", name][..], &["count", "100", "--journal", name]] {
            desk.refused(arguments);
        }
    }
}

#[test]
fn a_journal_may_be_behind_a_link_and_have_any_name() {
    let desk = Desk::new();
    let target = desk.0.path().join("target");
    std::os::unix::fs::symlink(&target, desk.path()).unwrap();
    let name = desk.name();
    for _ in 0..2 {
        assert_eq!(stdout(&desk.with(&name, &["count", "1e9"])), "50847534\n");
        assert!(desk.path().is_symlink());
        assert_eq!(Journal::read(&target).unwrap().unwrap().count(), Some(50_847_534));
    }
    for odd in [&b"non\xff"[..], b"two\nlines", b" ", "π".as_bytes(), b"-"] {
        let file = desk.0.path().join(OsStr::from_bytes(odd));
        let counted = primelanes(&["count", "1e9", "--journal"]).arg(&file).output().unwrap();
        assert_eq!((counted.stdout.as_slice(), counted.stderr.as_slice()), (&b"50847534\n"[..], &b""[..]));
        assert!(primelanes(&["journal"]).arg(&file).output().unwrap().status.success());
        let other = primelanes(&["count", "1e8", "--journal"]).arg(&file).output().unwrap();
        let text = String::from_utf8(other.stderr).unwrap();
        assert_eq!((other.status.code(), text.lines().count()), (Some(2), 1), "{text}");
    }
    // A name without a folder is in the current one.
    let here = primelanes(&["count", "1e9", "--journal", "here"]).current_dir(desk.0.path()).output().unwrap();
    assert_eq!((here.stdout.as_slice(), here.stderr.as_slice()), (&b"50847534\n"[..], &b""[..]));
    assert!(Journal::read(desk.0.path().join("here")).unwrap().is_some());
}

#[test]
fn the_plan_is_that_of_the_journal() {
    let desk = Desk::new();
    let name = desk.name();
    let plan = |output: &Output| {
        let text = String::from_utf8(output.stderr.clone()).unwrap();
        let lines = text.lines().skip_while(|line| !line.starts_with("plan"));
        lines.take_while(|line| !line.starts_with("memory")).collect::<Vec<_>>().join("\n")
    };
    // The bound makes for another plan than usual.
    let count = ["count", "1e19", "--explain"];
    let unbounded = plan(&ended_by("INT", Duration::ZERO, &count));
    let small = plan(&desk.begin(&[&count[..], &["--workers", "2", "--memory", "6e7"]].concat()));
    assert_ne!(small, unbounded);
    let resumed = ended_by("INT", Duration::ZERO, &desk.with(&name, &[&count[..], &["--workers", "7"]].concat()));
    assert_eq!(plan(&resumed), small);
    assert!(stdout(&["journal", &name]).contains(&small));
    // Less memory than the plan needs is refused, since it cannot be changed any more.
    let text = desk.refused(&desk.with(&name, &["count", "1e19", "--memory", "1e6"]));
    assert!(text.contains("bytes of memory, but the bound is 1000000"), "{text}");
}

#[test]
fn a_count_without_a_journal_writes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = primelanes(&["count", "1e9"]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success() && fs::read_dir(folder.path()).unwrap().next().is_none());
    let text = String::from_utf8(run(&["count", "1e9", "--journal"]).stderr).unwrap();
    assert!(text.contains("a value is required for '--journal <FILE>'"), "{text}");
}
