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
        (&["count", "1e20", "4e24", "--algorithm", "sieve"], "sieve counts up to 118446744073709551615"),
        (&["count", "4e24", "4e24"], "sieve counts up to 3317044064679887385961980"),
        (&["count", "2^80", "2^80", "--double-check"], "combinatorial counts up to 1208925819614629174706175"),
        (&["count", "2^80"], "1208925819614629174706175, but the range ends at 1208925819614629174706176"),
        (&["count", "2^128-1", "2^128-1"], "the range ends at 340282366920938463463374607431768211455"),
        (&["count", "2^64", "--algorithm", "trial-division"], "trial-division counts up to 18446744073709551615"),
        (&["race", "2^64"], "above 2^64-1 = 18446744073709551615"),
        (&["count", "nan"], "instead of 'n'"),
        (&["count", "7/(2-2)"], "division by zero at character 2 of '7/(2-2)'"),
        (&["count", "(2^20"], "expected a digit, an operator or ')' at the end of '(2^20'"),
        (&["count", "1", "2", "--distance", "3"], "--distance needs START alone, without STOP"),
        (&["count", "2^128-1", "-d", "1"], "START + D is above 2^128-1 = 340282366920938463463374607431768211455"),
        (&["count", "10", "--workers", "0"], "0 is below the minimum of 1"),
        (&["count", "10", "--workers", "-1"], "'-1' is -1, which is below 0"),
        (&["race", "10", "--workers", "2,-1"], "'-1' is -1, which is below 0"),
        (&["race", "10", "--rounds", "-1"], "'-1' is -1, which is below 0"),
        (&["experiment", "--tasks", "-1"], "'-1' is -1, which is below 0"),
        (&["experiment", "--rounds", "-1"], "'-1' is -1, which is below 0"),
        (&["gil", "cpu", "--threads", "-1"], "'-1' is -1, which is below 0"),
        (&["count", "10", "--workers", "2", "--backend", "single-thread"], "at most 1 worker, not 2"),
        (&["count", "10", "--workers", "1e9", "--backend", "rayon"], "at most 1024 workers, not 1000000000"),
        (&["count", "10", "--backend", "gpu"], "single-thread, scoped-threads, rayon, global-lock, processes"),
        (
            &["count", "10", "--workers", "257", "--backend", "processes"],
            "processes takes at most 256 workers, not 257",
        ),
        (
            &["count", "10", "--memory", "5 XB"],
            "'5 XB' for '--memory <SIZE>': expected a number of bytes, or a size such",
        ),
        (&["count", "10", "--memory", "-1"], "'-1' for '--memory <SIZE>': expected a number of bytes, or a size such"),
        (&["count", "10", "--memory", ""], "'' for '--memory <SIZE>': expected a number of bytes, or a size such"),
        (&["count", "1e18", "1e18+1e6", "--memory", "1e3"], "bytes of memory, but the bound is 1000"),
        (
            &["gil", "whatif", "--costs", "/dev/zero"],
            "'/dev/zero' for '--costs <FILE>': not the output of 'gil calibrate",
        ),
        (&["count", "10", "--algorithm", "quadratic"], "auto, trial-division, sieve"),
        (&["count", "10", "--progress", "maybe"], "[possible values: auto, always, never]"),
        (&["experiment", "--lanes", "sequential,gil"], "unknown lane 'gil'"),
        (&["experiment", "--lanes", "sequential,rayon,sequential"], "the lane sequential is named twice"),
        (&["experiment", "--rounds", "0"], "0 is below the minimum of 1"),
        (
            &["experiment", "--lanes", "rayon,python-threads"],
            "the lane python-threads needs a Python interpreter: name one with --python <PROGRAM>",
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
        (&["verify", "--law", "seams,any"], "unknown law 'any': expected one of any-workers, each-tile-once, "),
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
fn misuse_is_one_line_and_code_2() {
    for arguments in [
        &["count"][..],
        &["count", "1", "2", "3"],
        &["fly"],
        &["count", "1", "--wings"],
        &["--lanes", "rayon", "count", "5"],
        &["race"],
        &["race", "5", "--json", "--markdown"],
        &["gil"],
        &["gil", "fly"],
    ] {
        let (code, text) = refusal(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains("Usage: primelanes") && text.lines().count() == 1, "{arguments:?}: {text}");
    }
}

#[test]
fn what_the_user_wrote_is_shown_escaped_and_cut() {
    let nines = "9".repeat(100_000);
    let short = format!("'{}..'", "9".repeat(40));
    for (arguments, said) in [
        (&["count", "10\r"][..], r"instead of '\r' at character 3 of '10\r'"),
        (&["count", "\u{1b}[31m"], r"instead of '\u{1b}' at character 1 of '\u{1b}[31m'"),
        (&["count", "1\n\n2"], r"invalid value '1\n\n2' for '<NUMBER>...'"),
        (&["\u{202e}fly"], r"unrecognized subcommand '\u{202e}fly'. Usage: "),
        (&["count", "1", "--\n\nwings"], r"unexpected argument '--\n\nwings' found. Usage: "),
        (&["count", &nines], &short),
        (&["count", "1", "--workers", &nines], &short),
        (&["count", "1", "--backend", &nines], &short),
        (&["gil", "cpu", "--seconds", &nines], &short),
        (&[&nines], &short),
    ] {
        let (code, text) = refusal(arguments);
        assert!(code == Some(2) && text.len() < 1_000, "{code:?}: {text}");
        let is_clean = text.lines().count() == 1 && !text.trim_end().contains(char::is_control);
        assert!(is_clean && text.contains(said), "{text:?}");
    }
    for variable in ["PRIMELANES_BACKEND", "PRIMELANES_WORKERS", "PRIMELANES_CPU"] {
        let output = primelanes(&["count", "1e7"]).env(variable, "\u{1b}[2J\n").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.lines().count() == 1, "{text:?}");
        assert!(text.contains(r"invalid value '\u{1b}[2J\n' for the environment variable "), "{text:?}");
        assert_eq!(primelanes(&["count", "1e7"]).env(variable, "").output().unwrap().stdout, b"664579\n", "{variable}");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_may_hold_any_bytes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    for variable in ["PRIMELANES_BACKEND", "PRIMELANES_WORKERS", "PRIMELANES_CPU"] {
        let output = primelanes(&["count", "1e7"]).env(variable, OsStr::from_bytes(b"\xff1")).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.lines().count() == 1 && text.contains(variable), "{text:?}");
    }
}

#[test]
fn an_instruction_set_that_the_machine_lacks_is_named_with_those_that_it_has() {
    use primelanes_backends::machine::Cpu;

    let available: Vec<_> = Cpu::available().map(Cpu::name).collect();
    for name in Cpu::NAMES.iter().filter(|name| !available.contains(name)) {
        for arguments in [&["count", "1e7"][..], &["count", "1e7", "--backend", "processes"], &["verify"]] {
            let output = primelanes(arguments).env("PRIMELANES_CPU", name).output().unwrap();
            let only = format!("{name} is not available: this CPU supports only {}\n", available.join(", "));
            let text = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(2) && text.lines().count() == 1 && text.ends_with(&only), "{text:?}");
        }
    }
}
