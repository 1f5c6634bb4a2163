//! Terminals that cannot do much.

use super::{is_missing, shell};

#[test]
fn a_dumb_terminal_gets_no_escape_sequences() {
    if is_missing("a terminal, which needs script", "script -qec true /dev/null") {
        return;
    }
    for command in [
        "count 3e9 --algorithm sieve --backend single-thread",
        "experiment --limit 1e6 --rounds 1 --lanes sequential,rayon",
        "gil calibrate",
        "gil cpu --seconds nan",
        "gil --help",
        "--help",
        "fly",
    ] {
        // In continuous integration, some libraries color their text for any terminal.
        for environment in ["CI=true", "CLICOLOR=1", "-u CI"] {
            let ended = shell(&format!("env {environment} TERM=dumb script -qec \"$P {command}\" /dev/null"));
            assert!(!ended.stdout.is_empty() && !ended.stdout.contains('\u{1b}'), "{command}: {ended:?}");
        }
    }
}

#[test]
fn a_bar_fits_in_a_line_of_the_terminal() {
    if is_missing("a terminal, which needs script", "script -qec true /dev/null") {
        return;
    }
    let count = "timeout -s INT 2 $P count 1e13 --algorithm sieve --backend single-thread";
    let ended = shell(&format!("script -qec \"stty cols 64; {count}\" /dev/null"));
    assert!(ended.stdout.contains("numbers/s, "), "{ended:?}");
    assert!(!ended.stdout.contains("\u{1b}[1A"), "the cursor moves up in a bar of several lines: {ended:?}");
}
