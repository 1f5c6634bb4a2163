//! What chooses how the command runs, and how it refuses what it cannot use.

use std::process::Output;

use serde_json::Value;

use super::{primelanes, refusal};

#[test]
fn the_environment_chooses_and_an_argument_wins() {
    let count = |backend: &str, workers: &str, arguments: &[&str]| {
        let mut command = primelanes(&["count", "10", "--json"]);
        command.args(arguments).env("PRIMELANES_BACKEND", backend).env("PRIMELANES_WORKERS", workers);
        command.output().unwrap()
    };
    let chosen = |output: Output| {
        let counted: Value = serde_json::from_slice(&output.stdout).unwrap();
        format!("{}/{}", counted["backend"].as_str().unwrap(), counted["workers"])
    };
    assert_eq!(chosen(count("global-lock", "5", &[])), "global-lock/5");
    assert_eq!(chosen(count("global-lock", "5", &["--backend", "rayon", "--workers", "3"])), "rayon/3");
    assert_eq!(chosen(count("global-lock", "5", &["--backend", "single-thread"])), "single-thread/1");
    assert_eq!(chosen(count("", "", &["--workers", "2"])), "scoped-threads/2");
    for (backend, workers, said) in
        [("gpu", "1", "PRIMELANES_BACKEND: unknown backend 'gpu'"), ("rayon", "-3", "'-3' is -3, which is below 0")]
    {
        let refused = count(backend, workers, &[]);
        let text = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), text.lines().count()), (Some(2), 1), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_bad_value_is_one_line_and_code_2() {
    for (arguments, said) in [
        (&["count", ""][..], "found nothing"),
        (&["count", "-1"], "'-1' is -1, which is below 0"),
        (&["count", "1e"], "at the end of '1e'"),
        (&["count", "1.5"], "not a whole number"),
        (&["count", "0x10"], "instead of 'x' at character 2"),
        (&["count", "1e39"], "above 2^128-1 = 340282366920938463463374607431768211455"),
        (&["count", "2^128"], "above 2^128-1 = 340282366920938463463374607431768211455"),
        (&["count", "0", "10**30", "--algorithm", "sieve"], "sieve counts up to 18446744073709551615"),
        (
            &["count", "2^64", "--algorithm", "sieve"],
            "18446744073709551615, but the range ends at 18446744073709551616",
        ),
        (&["count", "2^80"], "1208925819614629174706175, but the range ends at 1208925819614629174706176"),
        (&["count", "2^128-1", "2^128-1"], "the range ends at 340282366920938463463374607431768211455"),
        (&["count", "2^64", "--algorithm", "trial-division"], "trial-division counts up to 18446744073709551615"),
        (&["race", "2^64"], "above 2^64-1 = 18446744073709551615"),
        (&["count", "nan"], "instead of 'n'"),
        (&["count", "10", "--workers", "0"], "0 is below the minimum of 1"),
        (&["count", "10", "--workers", "2", "--backend", "single-thread"], "at most 1 worker, not 2"),
        (&["count", "10", "--workers", "1e9", "--backend", "rayon"], "at most 1024 workers, not 1000000000"),
        (&["count", "10", "--backend", "gpu"], "single-thread, scoped-threads, rayon, global-lock, processes"),
        (
            &["count", "10", "--workers", "257", "--backend", "processes"],
            "processes takes at most 256 workers, not 257",
        ),
        (&["count", "10", "--algorithm", "quadratic"], "auto, trial-division, sieve"),
        (&["count", "10", "--progress", "maybe"], "[possible values: auto, always, never]"),
        (&["experiment", "--lanes", "sequential,gil"], "unknown lane 'gil'"),
        (&["experiment", "--lanes", "sequential,rayon,sequential"], "the lane sequential is named twice"),
        (&["experiment", "--rounds", "0"], "0 is below the minimum of 1"),
        (
            &["experiment", "--lanes", "rayon,python-threads"],
            "the lane python-threads needs a Python interpreter: name one with --python",
        ),
        (&["experiment", "--python", "/no/such"], "cannot start '/no/such': No such file or directory"),
        (&["--python", "true"], "'true' is not Python 3.8 or newer: it printed nothing"),
        (&["experiment", "--tasks", "1e5", "--limit", "10"], "scoped-threads takes at most 1024 workers, not 100000"),
        (&["--limit", "2^65"], "above 2^64-1"),
        (&["race", "-1"], "'-1' is -1, which is below 0"),
        (&["race", "10", "--workers", "1,0"], "0 is below the minimum of 1"),
        (
            &["race", "10", "--backends", "rayon,single-thread", "--workers", "2"],
            "single-thread takes at most 1 worker",
        ),
        (&["race", "10", "--backends", "rayon,gpu"], "unknown backend 'gpu'"),
        (&["race", "1e12", "--csv", "/no/such/folder/file"], "'/no/such/folder/file' for '--csv <FILE>': No such file"),
        (&["race", "1e12", "--svg", "/"], "'/' for '--svg <FILE>': Is a directory"),
        (&["race", "10", "--rounds", "2^64-1"], "18446744073709551615 is above the maximum of 100000"),
        (&["race", "10", "--warmup", "1e6"], "1000000 is above the maximum of 100000"),
        (&["race", "10", "--warmup", "-1"], "'-1' is -1, which is below 0"),
        (&["verify", "--backend", "gpu"], "unknown backend 'gpu'"),
        (&["verify", "--cases", "0"], "0 is below the minimum of 1"),
        (&["verify", "--cases", "1e10"], "10000000000 is above the maximum of 4294967295"),
        (&["verify", "--seed", "-1"], "'-1' is -1, which is below 0"),
    ] {
        let (code, text) = refusal(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.contains(said), "{arguments:?}: {text}");
    }
}

#[test]
fn misuse_is_a_short_message_and_code_2() {
    for arguments in [&["count"][..], &["count", "1", "2", "3"], &["fly"], &["count", "1", "--wings"]] {
        let (code, text) = refusal(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains("Usage: primelanes") && text.lines().count() <= 8, "{arguments:?}: {text}");
    }
}
