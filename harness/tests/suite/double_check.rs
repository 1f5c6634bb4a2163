//! `primelanes count --double-check` as a user meets it.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn count(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_primelanes"));
    command.arg("count").args(arguments).env_remove("PRIMELANES_BACKEND").env_remove("PRIMELANES_WORKERS");
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_slice(&count(&[arguments, &["--json"]].concat()).stdout).unwrap()
}

fn standard_error(arguments: &[&str]) -> String {
    String::from_utf8(count(arguments).stderr).unwrap()
}

#[test]
fn every_algorithm_is_double_checked_on_every_lane() {
    for backend in ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"] {
        for algorithm in ["auto", "trial-division", "sieve", "combinatorial"] {
            let arguments = ["3e5", "1e6", "--algorithm", algorithm, "--backend", backend, "--double-check"];
            let checked = json(&arguments);
            assert_eq!((&checked["count"], &checked["double_checked"]), (&52_501.into(), &true.into()), "{checked}");
        }
    }
    assert_eq!(json(&["1e6"])["double_checked"], false);
}

#[test]
fn a_double_check_is_explained() {
    let check = "check     count again with other parameters, then find whether the count is odd or even\n";
    let explained = standard_error(&["1e6", "--algorithm", "combinatorial", "--explain", "--double-check"]);
    assert!(explained.starts_with("cpu       ") && explained.ends_with(check), "{explained}");
    assert!(
        explained.contains("\ncaches    ") && explained.contains("\nplan      pi(x) by the combinatorial method\n"),
        "{explained}"
    );
    assert!(!standard_error(&["1e6", "--explain"]).contains("check"));
    assert_eq!(standard_error(&["1e3", "--explain"]), "plan      look up in a table\n");
}

#[test]
fn its_bar_shows_how_much_is_done_but_no_rate() {
    let bar = standard_error(&["1e15", "--double-check", "--progress", "always", "--backend", "single-thread"]);
    assert!(bar.contains("parity [") && bar.contains(" %, ") && bar.contains(" left"), "{bar:?}");
    assert!(!bar.contains("/s"), "{bar:?}");
}
