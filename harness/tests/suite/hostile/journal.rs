//! Journals on full disks, under tight limits, and in files that change under a count. The count goes on.

use std::fs;
use std::path::PathBuf;
use std::thread;

use primelanes_backends::Journal;
use tempfile::TempDir;

use super::matrix::environments;
use super::{Ended, is_missing, shell};

/// A count that takes a second or more, and its answer.
const COUNT: &str = "$P count 1e10 --algorithm sieve --backend single-thread";
const ANSWER: &str = "455052511\n";

/// A folder with a place for a journal.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("j")
    }

    /// Runs a line of shell in which `$C` is the count with its journal, `$J` the journal, and `$D` its folder.
    fn shell(&self, line: &str) -> Ended {
        shell(&self.line(line))
    }

    fn line(&self, line: &str) -> String {
        let folder = self.0.path().display();
        format!("export D={folder} J={folder}/j C=\"{COUNT} --journal {folder}/j\"; {line}")
    }

    /// Checks that the count can be finished from what is left.
    fn assert_goes_on(&self, what: &str) {
        let ended = self.shell("exec $C");
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), ANSWER, ""), "{what}");
        assert_eq!(Journal::read(self.path()).unwrap().unwrap().count(), Some(455_052_511), "{what}");
    }
}

/// Checks that a count was right, with one warning.
fn assert_warned(line: &str, said: &str, ended: &Ended) {
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.lines().count()),
        (Some(0), ANSWER, 1),
        "{line}: {ended:?}"
    );
    assert!(ended.stderr.starts_with("warning: cannot write the journal '"), "{line}: {ended:?}");
    assert!(ended.stderr.contains(said), "{line}: {ended:?}");
    assert!(ended.stderr.ends_with("; the count goes on\n"), "{line}: {ended:?}");
}

/// Checks that a count was right, without a word.
fn assert_quiet(line: &str, ended: &Ended) {
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), ANSWER, ""), "{line}: {ended:?}");
}

#[test]
fn whatever_happens_to_the_file_the_count_goes_on_with_one_warning() {
    for (spoil, said) in [
        ("rm -r $D", "No such file or directory"),
        ("echo another >$D/k; mv $D/k $J", "another file has taken its place"),
        ("rm $J; mkdir $J", "another file has taken its place"),
        ("rm $J; mkfifo $J", "another file has taken its place"),
        ("rm $J; ln -s /dev/full $J", "another file has taken its place"),
        ("mkdir $J.primelanes-new", "File exists"),
        ("chmod 444 $J", "the file is read-only"),
    ] {
        let desk = Desk::new();
        let line = format!("$C & sleep 0.3; {spoil}; wait $!");
        assert_warned(&line, said, &desk.shell(&line));
        if spoil.starts_with("echo") {
            assert_eq!(fs::read(desk.path()).unwrap(), b"another\n", "{line}");
        }
    }
}

#[test]
fn what_a_kill_left_and_what_lies_in_the_way_is_replaced() {
    for prepare in [
        "head -c 1000 /dev/urandom >$J.primelanes-new",
        "mkfifo $J.primelanes-new",
        "echo precious >$D/other; ln -s $D/other $J.primelanes-new",
        "echo precious >$D/other; ln $D/other $J.primelanes-new",
        "{ sleep 0.3; rm $J; } & true",
    ] {
        let desk = Desk::new();
        let line = format!("{prepare}; $C; wait");
        assert_quiet(&line, &desk.shell(&line));
        assert_eq!(Journal::read(desk.path()).unwrap().unwrap().count(), Some(455_052_511), "{line}");
        assert!(!desk.0.path().join("j.primelanes-new").exists(), "{line}");
        assert!(
            fs::read(desk.0.path().join("other")).is_ok_and(|text| text == b"precious\n") || !line.contains("other")
        );
    }
}

#[test]
fn a_file_that_cannot_be_written_from_the_start_costs_one_warning() {
    let desk = Desk::new();
    let line = "touch $J; chmod 444 $J; exec $C";
    assert_warned(line, "the file is read-only", &desk.shell(line));
    let line = "chmod 644 $J; ulimit -f 0; exec $C";
    assert_warned(line, "File too large", &desk.shell(line));
    assert_eq!(fs::read(desk.path()).unwrap(), b"", "the old file is left as it was");
    // The journal is the first file that is opened, and its replacement is the second.
    let line = "ulimit -n 4; exec $C";
    assert_warned(line, "Too many open files", &desk.shell(line));
    desk.assert_goes_on("after all that");
}

#[test]
fn a_limit_on_the_size_of_files_may_come_later() {
    if is_missing("a limit that comes later, which needs prlimit", "prlimit --fsize=0 true") {
        return;
    }
    let desk = Desk::new();
    let line = "$C & sleep 0.4; prlimit --fsize=0 --pid $!; wait $!";
    assert_warned(line, "File too large", &desk.shell(line));
    assert_eq!(Journal::read(desk.path()).unwrap().unwrap().count(), None, "the last journal that fitted is left");
    desk.assert_goes_on(line);
}

#[test]
fn a_full_disk_costs_one_warning() {
    let desk = Desk::new();
    let mounted = |line: &str| {
        let line = format!("mount -t tmpfs -o size=64k none $D && touch $J || exit; {line}");
        format!("unshare -rm bash -c {}", quoted(&line))
    };
    if is_missing("a full disk, which needs unshare", &desk.line(&mounted("test -e $J"))) {
        return;
    }
    for line in [
        "head -c 65536 /dev/zero >$D/fill 2>/dev/null; exec $C",
        "$C & sleep 0.3; head -c 65536 /dev/zero >$D/fill 2>/dev/null; wait $!",
    ] {
        assert_warned(line, "No space left on device", &desk.shell(&mounted(line)));
    }
    // A disk that has room again is used again.
    let line = "$C & sleep 0.3; head -c 65536 /dev/zero >$D/fill 2>/dev/null; sleep 0.5; rm $D/fill; wait $!; $P journal $J | tail -n 1";
    let ended = desk.shell(&mounted(line));
    assert_eq!(ended.stdout, format!("{ANSWER}count     {ANSWER}"), "{ended:?}");
    let line = "mount -o remount,ro $D && exec $C";
    assert_warned(line, "the file is read-only", &desk.shell(&mounted(line)));
}

/// A line of shell as one word of another.
fn quoted(line: &str) -> String {
    format!("'{}'", line.replace('\'', r"'\''"))
}

#[test]
fn a_user_without_rights_is_told() {
    if shell("id -u").stdout != "0\n" || is_missing("another user, which needs setpriv", &as_nobody("true")) {
        return;
    }
    let desk = Desk::new();
    let folder = desk.0.path().display();
    assert_eq!(shell(&format!("chmod 755 {folder}")).code, Some(0));
    // Nothing can be made in the folder.
    let ended = desk.shell(&as_nobody("exec $C"));
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(2), 1), "{ended:?}");
    assert!(ended.stderr.contains("Permission denied"), "{ended:?}");
    // The file can be written, but not replaced.
    shell(&format!("touch {folder}/j; chmod 666 {folder}/j"));
    assert_warned("a folder of another user", "Permission denied", &desk.shell(&as_nobody("exec $C")));
    // The file can be read, and is finished.
    desk.assert_goes_on("by its owner");
    shell(&format!("chmod 644 {folder}/j"));
    assert_quiet("a finished journal of another user", &desk.shell(&as_nobody("exec $C")));
    shell(&format!("chmod 600 {folder}/j"));
    let ended = desk.shell(&as_nobody("exec $C"));
    assert!(ended.code == Some(2) && ended.stderr.contains("Permission denied"), "{ended:?}");
}

fn as_nobody(line: &str) -> String {
    format!("setpriv --reuid 65534 --regid 65534 --clear-groups bash -c {}", quoted(line))
}

#[test]
fn a_journal_needs_no_second_thread() {
    let desk = Desk::new();
    // The superuser may start any number of threads.
    let is_root = shell("id -u").stdout == "0\n";
    let limited = |line: &str| {
        let line = format!("ulimit -u 1; {line}");
        if is_root { as_nobody(&line) } else { format!("bash -c {}", quoted(&line)) }
    };
    shell(&format!("chmod 777 {}", desk.0.path().display()));
    if is_missing("a limit of one thread", &limited("exec $P --version")) {
        return;
    }
    let ended = desk.shell(&limited("exec timeout -s KILL 0.8 $C"));
    // `timeout` needs a process of its own, so the count may not have begun.
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert_quiet("on one thread", &desk.shell(&limited("exec $C")));
    assert_eq!(Journal::read(desk.path()).unwrap().unwrap().count(), Some(455_052_511));
}

#[test]
fn a_journal_is_kept_or_the_count_refused_with_little_memory() {
    for kilobytes in (8_000..80_000).step_by(6_000).chain([200_000, 600_000]) {
        let desk = Desk::new();
        let line = format!("ulimit -v {kilobytes}; exec timeout 20 $C");
        let ended = desk.shell(&line);
        if ended.code == Some(0) {
            assert_quiet(&line, &ended);
        }
        // Too little memory to load the program is the loader's to say.
        desk.assert_goes_on(&line);
    }
}

#[test]
fn a_count_with_a_journal_answers_or_refuses_in_every_environment() {
    for environment in environments() {
        for lane in ["single-thread", "scoped-threads", "processes"] {
            let desk = Desk::new();
            let line = format!("{environment} exec $P count 1e8 --algorithm sieve --backend {lane} --journal $J");
            let ended = desk.shell(&line);
            let is_one_of = |starts: &[&str]| {
                ended.stderr.is_empty()
                    || ended.stderr.lines().count() == 1 && starts.iter().any(|start| ended.stderr.starts_with(start))
            };
            match ended.code {
                Some(0) => assert!(ended.stdout == "5761455\n" && is_one_of(&["warning: "]), "{line}: {ended:?}"),
                Some(1 | 2) => assert!(ended.stdout.is_empty(), "{line}: {ended:?}"),
                _ => panic!("{line}: {ended:?}"),
            }
            let again = desk.shell("chmod 600 $J 2>/dev/null; exec $P count 1e8 --algorithm sieve --journal $J");
            assert_eq!((again.code, again.stdout.as_str()), (Some(0), "5761455\n"), "{line}: {again:?}");
        }
    }
}

#[test]
fn of_several_counts_at_once_each_answers_or_is_refused() {
    let desk = Desk::new();
    for round in 0..10 {
        let ended: Vec<_> = thread::scope(|scope| {
            let line = "exec $P count 1e9 --algorithm sieve --journal $J";
            let counts = [(); 4].map(|()| scope.spawn(|| desk.shell(line)));
            counts.into_iter().map(|count| count.join().unwrap()).collect()
        });
        let (right, refused): (Vec<_>, Vec<_>) = ended.into_iter().partition(|ended| ended.code == Some(0));
        assert!(!right.is_empty() && right.iter().all(|ended| ended.stdout == "50847534\n"), "{round}: {right:?}");
        assert!(right.iter().all(|ended| ended.stderr.is_empty()), "{round}: {right:?}");
        for ended in refused {
            assert!(ended.code == Some(2) && ended.stderr.ends_with("another process is using it\n"), "{ended:?}");
        }
        fs::remove_file(desk.path()).unwrap();
    }
}

#[test]
fn no_flipped_byte_and_no_cut_leads_to_a_wrong_count() {
    for count in ["count 1e13 --algorithm sieve", "count 1e17"] {
        let desk = Desk::new();
        let ended = desk.shell(&format!("timeout -s INT 1 $P {count} --journal $J"));
        assert_eq!(ended.code, Some(124), "{ended:?}");
        let bytes = fs::read(desk.path()).unwrap();
        let journal = Journal::read(desk.path()).unwrap().unwrap();
        let is_refused = |changed: &[u8]| {
            fs::write(desk.path(), changed).unwrap();
            Journal::read(desk.path()).is_err()
        };
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(is_refused(&flipped), "{count}: byte {at} of {journal:?}");
            // An empty file is none.
            assert!(at == 0 || is_refused(&bytes[..at]), "{count}: the first {at} bytes of {journal:?}");
        }
        // What the reader refuses, the command refuses.
        for length in (1..bytes.len()).step_by(1 + bytes.len() / 30) {
            fs::write(desk.path(), &bytes[..length]).unwrap();
            let ended = desk.shell(&format!("exec $P {count} --journal $J"));
            assert_eq!((ended.code, ended.stderr.lines().count()), (Some(2), 1), "{ended:?}");
        }
    }
}
