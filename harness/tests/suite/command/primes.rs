//! The commands that find primes, and tell whether numbers are prime.

use serde_json::Value;

use super::{json, primelanes, refusal, run, stdout};

#[test]
fn the_nth_prime_is_alone_on_standard_output() {
    for (n, prime) in [("1", "2"), ("10**6", "15485863"), ("1e9", "22801763489"), ("2*10^7", "373587883")] {
        assert_eq!(stdout(&["nth", n]), format!("{prime}\n"), "{n}");
    }
    for backend in ["single-thread", "rayon", "global-lock", "processes"] {
        assert_eq!(stdout(&["nth", "1e6", "--backend", backend]), "15485863\n", "{backend}");
    }
    let found = json(&["nth", "1e4", "--backend", "rayon", "--workers", "3", "--json"]);
    let fields = ["n", "prime", "backend", "workers"].map(|field| found[field].clone());
    assert_eq!(fields, [10_000.into(), 104_729.into(), "rayon".into(), Value::from(3)]);
    assert!(found["seconds"].as_f64().unwrap() > 0.0);
    let chosen = primelanes(&["nth", "5", "--json"]).env("PRIMELANES_BACKEND", "global-lock").output().unwrap();
    assert!(String::from_utf8(chosen.stdout).unwrap().contains(r#""prime":11,"backend":"global-lock""#));
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_search_shows_its_progress_and_ends_on_ctrl_c() {
    use std::time::Duration;

    let ended = super::stopped_after(Duration::from_secs(2), &["nth", "1e15", "--progress", "always"]);
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    let bar = String::from_utf8(ended.stderr).unwrap();
    assert!(bar.contains("pi(x) [") && bar.contains('%') && bar.ends_with("error: cancelled\n"), "{bar:?}");
}

#[test]
fn the_primes_next_to_a_number_are_found() {
    for (number, next, previous) in [
        ("90", "97", "89"),
        ("97", "101", "89"),
        ("3", "5", "2"),
        ("2^64", "18446744073709551629", "18446744073709551557"),
        ("10**20+7", "100000000000000000039", "99999999999999999989"),
    ] {
        assert_eq!(stdout(&["next", number]), format!("{next}\n"));
        assert_eq!(stdout(&["next", number, "--previous"]), format!("{previous}\n"));
    }
    assert_eq!(stdout(&["next", "0"]), "2\n");
    assert_eq!(stdout(&["next", "1e18", "--json"]), "{\"number\":1000000000000000000,\"prime\":1000000000000000003}\n");
    assert_eq!(stdout(&["next", "-p", "4", "--json"]), "{\"number\":4,\"prime\":3}\n");
}

#[test]
fn each_number_is_told_in_a_line_and_all_by_the_exit_code() {
    let told = |arguments: &[&str]| {
        let output = run(&[&["is-prime"], arguments].concat());
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(told(&["97"]), (0, "97 is prime\n".to_owned()));
    assert_eq!(told(&["2^61-1", "10**20+39"]).0, 0);
    let lines = "0 is neither prime nor composite\n1 is neither prime nor composite\n2 is prime\n\
        91 is composite: its least prime factor is 7\n4294967296 is composite: its least prime factor is 2\n";
    assert_eq!(told(&["0", "1", "2", "91", "2^32"]), (1, lines.to_owned()));
    // These factors are the last prime below 2^16, and the first above.
    let known = "4292870399 is composite: its least prime factor is 65519\n";
    assert_eq!(told(&["65519*65521"]), (1, known.to_owned()));
    assert_eq!(told(&["65537*65539"]), (1, "4295229443 is composite\n".to_owned()));
    assert_eq!(told(&["--quiet", "97", "91"]), (1, String::new()));
    assert_eq!(told(&["-q", "97", "89"]), (0, String::new()));
    let objects = "[{\"number\":18446744073709551557,\"prime\":true,\"factor\":null},\
        {\"number\":91,\"prime\":false,\"factor\":7},{\"number\":1,\"prime\":false,\"factor\":null}]\n";
    assert_eq!(told(&["--json", "2^64-59", "91", "1"]), (1, objects.to_owned()));
}

#[test]
fn numbers_that_cannot_be_answered_are_refused() {
    for (arguments, said) in [
        (&["nth", "0"][..], "n must be from 1 to 425656284035217743 for an nth prime below 2^64, not 0"),
        (&["nth", "425656284035217744"], "below 2^64, not 425656284035217744"),
        (&["nth", "2^64"], "above 2^64-1 = 18446744073709551615"),
        (&["nth", "-1"], "'-1' is -1, which is below 0"),
        (&["nth", "5", "--workers", "2", "--backend", "single-thread"], "at most 1 worker, not 2"),
        (&["next", "-5"], "'-5' is -5, which is below 0"),
        (&["next", "1e"], "at the end of '1e'"),
        (&["next", "1e25"], "proven up to 3317044064679887385961980, but not for 10000000000000000000000001"),
        (&["next", "2", "--previous"], "there is no prime below 2: with --previous, NUMBER must be at least 3"),
        (&["is-prime", "97", "x"], "expected a digit instead of 'x' at character 1 of 'x'"),
        (&["is-prime", "97", "2^128-1"], "but not for 340282366920938463463374607431768211455"),
        (&["is-prime", "-7"], "'-7' is -7, which is below 0"),
        (&["is-prime", "7", "--quiet", "--json"], "cannot be used with"),
        (&["is-prime"], "Usage: primelanes is-prime"),
        (&["next"], "Usage: primelanes next"),
        (&["next", "1", "2"], "Usage: primelanes next"),
        (&["nth"], "Usage: primelanes nth"),
    ] {
        let (code, text) = refusal(arguments);
        assert_eq!((code, text.lines().count()), (Some(2), 1), "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.contains(said), "{arguments:?}: {text}");
    }
}
