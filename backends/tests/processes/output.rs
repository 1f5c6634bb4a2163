//! What workers write to their standard output and standard error, which do not belong to the protocol.

use std::process::Command;

use primelanes_backends::probe::{Probe, Trouble};
use primelanes_backends::{Backend, Control, Error, Processes};

use super::system::{sieve, workers};

super::trials! {
    a_worker_may_print_anything,
    a_worker_that_prints_without_end_counts,
    the_last_lines_of_a_program_that_ends_are_quoted,
    the_last_lines_of_a_lost_worker_are_quoted,
    a_worker_that_was_killed_may_have_lacked_memory,
    a_worker_that_fails_to_allocate_says_so,
}

/// A worker that first runs this script. `$0` is this program.
fn after(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{script}\nexec \"$0\" worker")]).arg(std::env::current_exe().unwrap());
    command
}

fn refusal(script: &str) -> String {
    let error = Processes::with_command(workers(1), after(script)).unwrap_err().to_string();
    let start = "processes is not available: '/bin/sh' is not a worker that this program can use: ";
    error.strip_prefix(start).unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn a_worker_may_print_anything() {
    let lane = Processes::with_command(workers(2), after("echo hello; echo world >&2")).unwrap();
    assert_eq!((sieve(&lane, 1_000_000), lane.replaced()), (Ok(78_498), 0));
}

/// It would wait forever if nobody read what it prints.
fn a_worker_that_prints_without_end_counts() {
    let lane = Processes::with_command(workers(2), after("yes & yes >&2 &\nhead -c 1000000 /dev/zero")).unwrap();
    assert_eq!((sieve(&lane, 1_000_000), lane.replaced()), (Ok(78_498), 0));
}

fn the_last_lines_of_a_program_that_ends_are_quoted() {
    assert_eq!(refusal("echo hello; exit 3"), "it ended: exit status: 3; its last output: hello");
    let long = "for line in 1 2 3 4 5; do echo \"line $line\" >&2; done; exit 3";
    assert_eq!(refusal(long), "it ended: exit status: 3; its last output: line 3 | line 4 | line 5");
}

fn the_last_lines_of_a_lost_worker_are_quoted() {
    let lane = Processes::with_command(workers(1), after("echo ready >&2")).unwrap();
    let probe = Probe { trouble: Some(Trouble::Exit(0)), ..Probe::new(1) };
    match lane.fold(&probe, &Control::new()) {
        Err(Error::WorkersLost { reason, .. }) => {
            assert_eq!(reason, "it ended: exit status: 70; its last output: ready");
        }
        other => panic!("{other:?}"),
    }
}

fn a_worker_that_was_killed_may_have_lacked_memory() {
    let killed = "it ended: signal: 9 (SIGKILL); the system may have run out of memory";
    assert_eq!(refusal("kill -KILL $$"), killed);
}

fn a_worker_that_fails_to_allocate_says_so() {
    let said = refusal("echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$");
    assert!(said.starts_with("it ended: signal: 6 (SIGABRT)"), "{said}");
    assert!(said.ends_with("; its last output: memory allocation of 64 bytes failed"), "{said}");
}
