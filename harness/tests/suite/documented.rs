//! The backends in the documentation of `Backend` and of `Ledger` obey every law.
#![expect(clippy::unnecessary_literal_bound, reason = "the documentation shows what is shortest")]

use std::num::NonZeroUsize;
use std::ops::Range;

use primelanes_backends::{Backend, Control, Error, Kernel, Ledger, guard};
use primelanes_harness::conformance::{Caps, check};

// As the documentation shows them, word for word.
include!("documented/plain.rs");
include!("documented/my_threads.rs");

#[test]
fn they_are_those_of_the_documentation() {
    for (documentation, code) in [
        (include_str!("../../../core/src/backend.rs"), include_str!("documented/plain.rs")),
        (include_str!("../../../backends/src/ledger.rs"), include_str!("documented/my_threads.rs")),
    ] {
        let lines: Vec<_> = documentation.lines().map(|line| line.trim_start_matches("///").trim_end()).collect();
        let shown = code.lines().map(|line| format!(" {line}").trim_end().to_owned()).collect::<Vec<_>>();
        assert!(lines.windows(shown.len()).any(|lines| lines == shown), "not in the documentation:\n{code}");
    }
}

#[test]
fn they_obey_every_law() {
    let plain = check(|_| Plain, Caps::full().at_most(1), 1, 16);
    assert!(plain.passed(), "{plain}");
    let threads = check(MyThreads, Caps::full(), 1, 16);
    assert!(threads.passed(), "{threads}");
}
