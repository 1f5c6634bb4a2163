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
        "--help",
        "fly",
    ] {
        let ended = shell(&format!("TERM=dumb script -qec \"$P {command}\" /dev/null"));
        assert!(!ended.stdout.is_empty() && !ended.stdout.contains('\u{1b}'), "{command}: {ended:?}");
    }
}
