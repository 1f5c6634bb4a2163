//! Every command in every environment: the answer is right, or the failure is one line.

use super::{Ended, is_missing, shell};

/// The environments that this system allows, each as a line of shell before the command.
pub(super) fn environments() -> Vec<String> {
    let folder = std::env::temp_dir().join(format!("primelanes-gone-{}", std::process::id()));
    let gone = format!("mkdir -p {0}; cd {0}; rmdir {0};", folder.display());
    let lines = [
        "ulimit -n 4;",
        "ulimit -n 9;",
        "ulimit -s 300;",
        "ulimit -v 60000;",
        "ulimit -v 600000;",
        "ulimit -f 0;",
        "exec <&-;",
        "exec 2>&-;",
        "export TMPDIR=/no/such HOME=/no/such TERM=no-such COLUMNS=-1 LANG=no.such;",
        "umask 777;",
        "trap '' INT TERM HUP PIPE CHLD USR1;",
        &gone,
    ];
    lines.into_iter().filter(|line| !is_missing(line, &format!("{line} $P --version"))).map(str::to_owned).collect()
}

/// Short commands, and what their answer contains.
const COMMANDS: [(&str, &str); 18] = [
    ("count 1e7 --algorithm sieve --backend single-thread", "664579\n"),
    ("count 1e7 --algorithm sieve --backend scoped-threads --workers 3", "664579\n"),
    ("count 1e9 --backend rayon --workers 3", "50847534\n"),
    ("count 1e7 --algorithm sieve --backend global-lock --workers 3", "664579\n"),
    ("count 1e9 --backend processes --workers 3", "50847534\n"),
    ("count 1e6 --double-check", "78498\n"),
    ("list 1e6 --backend single-thread", "\n999983\n"),
    ("list 1e6 --backend scoped-threads --workers 3", "\n999983\n"),
    ("list 1e6 --backend rayon --workers 3", "\n999983\n"),
    ("list 1e6 --backend global-lock --workers 3", "\n999983\n"),
    ("list 1e6 --backend processes --workers 3", "\n999983\n"),
    ("backends", "single-thread "),
    ("race 1e6 --algorithm sieve --rounds 1 --workers 1,2", "every count is right."),
    ("experiment --limit 1e4 --rounds 1", "every count is right."),
    ("experiment --limit 1e3 --rounds 1 --lanes python-processes --python python3", "168 ✓"),
    ("verify --cases 1 --law any-workers,agreement,counts-at-once", "  ✓ agreement "),
    ("gil cpu --seconds 0.02", "Throughput"),
    ("gil whatif --seconds 0.02 --json", "\"experiment\":\"whatif\""),
];

/// Checks that an answer is right, or that a failure is one line.
pub(super) fn assert_right_or_refused(what: &str, expected: &str, ended: &Ended) {
    let lines = ended.stderr.lines().count();
    match ended.code {
        Some(0) => assert!(ended.stdout.contains(expected) && lines == 0, "{what}: {ended:?}"),
        // Standard error may be closed.
        Some(1 | 2) => {
            assert!(lines <= 1 && (lines == 0 || ended.stderr.starts_with("error: ")), "{what}: {ended:?}");
        }
        _ => panic!("{what}: {ended:?}"),
    }
    assert!(!ended.stdout.contains('✗'), "{what}: {ended:?}");
}

#[test]
fn every_command_answers_or_refuses_in_every_environment() {
    for environment in environments() {
        for (command, expected) in COMMANDS {
            let line = format!("{environment} exec $P {command}");
            assert_right_or_refused(&line, expected, &shell(&line));
        }
    }
}
