//! Standard output and standard error that are closed, full, or open in unusual ways.

use super::shell;

/// One line for each command that prints.
const PRINTING: [&str; 11] = [
    "count 100",
    "count 100 --json",
    "list 100",
    "list 100 --json",
    "backends",
    "--help",
    "gil cpu --help",
    "--version",
    "race 1e3 --rounds 1 --warmup 0 --backends single-thread",
    "experiment --limit 1e3 --rounds 1 --lanes sequential",
    "verify --backend single-thread --cases 1 --law no-tiles",
];

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    for arguments in PRINTING {
        for (stdout, said) in [
            (">&-", "cannot write to standard output: Bad file descriptor"),
            ("1</dev/null", "cannot write to standard output: Bad file descriptor"),
            (">/dev/full", "cannot write to standard output: No space left on device"),
        ] {
            let line = format!("$P {arguments} {stdout}");
            shell(&line).assert_refusal(&line, said);
        }
    }
}

#[test]
fn a_null_device_takes_any_answer() {
    for stdout in [">/dev/null", "1<>/dev/null"] {
        assert_eq!(shell(&format!("$P count 100 {stdout}")).code, Some(0), "{stdout}");
    }
}

#[test]
fn an_answer_does_not_need_standard_error() {
    for arguments in ["count 1e6 --explain", "count 3e9 --algorithm sieve --progress always", "count 1e6"] {
        let expected = if arguments.contains("3e9") { "144449537\n" } else { "78498\n" };
        for stderr in ["2>/dev/full", "2>&-", "2</dev/null", "2> >(exec true)"] {
            let line = format!("$P {arguments} {stderr}");
            let ended = shell(&line);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), expected), "{line}: {ended:?}");
        }
    }
    assert_eq!(shell("$P count 1e 2>/dev/full").code, Some(2));
    assert_eq!(shell("$P count 1e >&- 2>&- <&-").code, Some(2));
}

#[test]
fn all_streams_may_be_closed_while_others_work() {
    assert_eq!(shell("$P count 1e6 <&- 2>&-").stdout, "78498\n");
    assert_eq!(shell("$P count 1e6 --backend processes <&- 2>&-").stdout, "78498\n");
    assert_eq!(shell("$P race 1e3 --rounds 1 --csv /dev/stderr <&- >/dev/null").stderr.lines().count(), 10);
}

#[test]
fn a_pipe_that_another_process_made_non_blocking_is_written_in_full() {
    // The report is longer than a pipe holds, and its reader is slow.
    let make = "import fcntl, os; fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK)";
    if super::is_missing("a non-blocking pipe, which needs python3", "command -v python3") {
        return;
    }
    let race = "race 1e3 --rounds 1 --warmup 0 --backends scoped-threads --workers $(seq -s, 1 500) --json";
    let ended = shell(&format!("{{ python3 -c '{make}'; $P {race}; echo $? >&2; }} | {{ sleep 2; wc -c; }}"));
    assert_eq!(ended.stderr, "0\n", "{ended:?}");
    assert!(ended.stdout.trim().parse::<usize>().unwrap() > 70_000, "{ended:?}");
}
