//! The command that lists primes.

use std::ops::RangeInclusive;

use primelanes_harness::oracle;
use serde_json::Value;

use super::{json, primelanes, refusal, stdout};

const LANES: [&str; 5] = ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"];

const EIGHTEEN: u64 = 1_000_000_000_000_000_000;

fn lines(primes: &[u64]) -> String {
    primes.iter().fold(String::new(), |text, prime| text + &prime.to_string() + "\n")
}

#[test]
fn every_lane_prints_the_primes_of_a_range_one_per_line() {
    let ranges: [RangeInclusive<u64>; 7] = [
        0..=1_000_000,
        2..=2,
        97..=97,
        9_999..=10_007,
        4_294_900_000..=4_295_000_000,
        EIGHTEEN..=EIGHTEEN + 200_000,
        u64::MAX - 100_000..=u64::MAX,
    ];
    for range in ranges {
        let expected = lines(&oracle::primes(range.clone()));
        let [start, stop] = [range.start(), range.end()].map(u64::to_string);
        for lane in LANES {
            assert!(stdout(&["list", &start, &stop, "--backend", lane]) == expected, "{range:?} on {lane}");
        }
    }
}

#[test]
fn a_range_begins_at_0_unless_it_is_told_otherwise_and_may_hold_no_primes() {
    assert_eq!(stdout(&["list", "13"]), "2\n3\n5\n7\n11\n13\n");
    assert_eq!(stdout(&["list", "10", "2*10"]), "11\n13\n17\n19\n");
    for nothing in [&["list", "1"][..], &["list", "0"], &["list", "24", "28"], &["list", "9", "3"]] {
        assert_eq!(stdout(nothing), "", "{nothing:?}");
    }
}

#[test]
fn the_first_primes_of_a_range_are_as_many_as_asked() {
    for (arguments, expected) in [
        (&["-n", "5"][..], "2\n3\n5\n7\n11\n"),
        (&["--count", "1"], "2\n"),
        (&["-n", "0"], ""),
        (&["-n", "0", "1e18"], ""),
        (&["-n", "3", "90"], "97\n101\n103\n"),
        (&["-n", "3", "90", "100"], "97\n"),
        (&["-n", "2", "90", "101"], "97\n101\n"),
        (&["-n", "7", "100", "90"], ""),
        (&["-n", "2", "1e18"], "1000000000000000003\n1000000000000000009\n"),
        (&["-n", "5", "2^64-100"], "18446744073709551521\n18446744073709551533\n18446744073709551557\n"),
        (&["-n", "2^64-1", "2^64-60"], "18446744073709551557\n"),
        (&["-n", "9", "2^64-1"], ""),
    ] {
        assert_eq!(stdout(&[&["list"], arguments].concat()), expected, "{arguments:?}");
    }
    for lane in LANES {
        let many = stdout(&["list", "-n", "2e5", "--backend", lane]);
        assert!((many.lines().count(), many.ends_with("\n2750159\n")) == (200_000, true), "{lane}");
        let far = stdout(&["list", "-n", "3e3", "1e18", "--backend", lane]);
        let expected = oracle::primes(EIGHTEEN..=EIGHTEEN + 200_000);
        assert!(far == lines(&expected[..3_000]), "{lane}");
    }
}

#[test]
fn json_is_one_object_with_the_primes_and_their_number() {
    for (arguments, start, stop, primes) in [
        (&["30"][..], 0, 30, &[2, 3, 5, 7, 11, 13, 17, 19, 23, 29][..]),
        (&["8", "11"], 8, 11, &[11]),
        (&["24", "28"], 24, 28, &[]),
        (&["9", "3"], 9, 3, &[]),
        (&["-n", "2"], 0, u64::MAX, &[2, 3]),
        (&["-n", "2", "90"], 90, u64::MAX, &[97, 101]),
        (&["-n", "2", "90", "100"], 90, 100, &[97]),
        (&["-n", "0", "90", "100"], 90, 100, &[]),
        (&["-n", "1", "2^64-59"], u64::MAX - 58, u64::MAX, &[u64::MAX - 58]),
    ] {
        let listed = json(&[&["list", "--json"], arguments].concat());
        let fields = ["start", "stop", "count"].map(|field| listed[field].clone());
        assert_eq!(fields, [start, stop, primes.len() as u64].map(Value::from), "{arguments:?}");
        assert_eq!(listed["primes"], Value::from(primes), "{arguments:?}");
        assert!(listed["seconds"].as_f64().unwrap() >= 0.0, "{arguments:?}");
        assert_eq!(listed.as_object().unwrap().len(), 7, "{arguments:?}");
    }
    for lane in LANES {
        let workers = if lane == "single-thread" { "1" } else { "3" };
        let listed = json(&["list", "1e6", "--json", "--backend", lane, "--workers", workers]);
        assert_eq!((listed["backend"].as_str(), listed["workers"].to_string()), (Some(lane), workers.to_owned()));
        assert!(listed["primes"] == Value::from(oracle::primes(0..=1_000_000)), "{lane}");
    }
    let chosen = primelanes(&["list", "5", "--json"]).env("PRIMELANES_BACKEND", "global-lock").output().unwrap();
    assert!(
        String::from_utf8(chosen.stdout).unwrap().contains(r#""primes":[2,3,5],"count":3,"backend":"global-lock""#)
    );
}

#[test]
fn a_range_that_cannot_be_listed_is_refused_in_one_line() {
    for (arguments, said) in [
        (&["list", "2^64"][..], "above 2^64-1 = 18446744073709551615"),
        (&["list", "0", "2^64"], "above 2^64-1 = 18446744073709551615"),
        (&["list", "1e39"], "above 2^64-1"),
        (&["list", "-5"], "'-5' is -5, which is below 0"),
        (&["list", "1.5"], "not a whole number"),
        (&["list", "-n", "-1"], "'-1' is -1, which is below 0"),
        (&["list", "-n", "2^64"], "above 2^64-1"),
        (&["list", "-n", "x", "5"], "instead of 'x'"),
        (&["list"], "Usage: primelanes list"),
        (&["list", "1", "2", "3"], "Usage: primelanes list"),
        (&["list", "10", "--workers", "2", "--backend", "single-thread"], "at most 1 worker, not 2"),
        (&["list", "10", "--backend", "gpu"], "unknown backend 'gpu'"),
        (&["list", "10", "--json", "--wings"], "Usage: primelanes list"),
    ] {
        let (code, text) = refusal(arguments);
        assert_eq!((code, text.lines().count()), (Some(2), 1), "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.contains(said), "{arguments:?}: {text}");
    }
    for arguments in [&["list", "1e7"][..], &["list", "1e7", "--json"], &["list", "-n", "5", "1e18"]] {
        let output = primelanes(arguments).env("PRIMELANES_CPU", "sse9").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{arguments:?}: {text}");
        assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_a_list_that_nobody_reads_and_leaves_no_gap() {
    use std::time::Duration;

    let expected = lines(&oracle::primes(0..=1_000_000));
    for lane in LANES {
        for delay in [0, 1500] {
            // The reader waits for the end, so the pipe is soon full.
            let ended = super::stopped_after(Duration::from_millis(delay), &["list", "1e14", "--backend", lane]);
            assert_eq!(ended.status.code(), Some(130), "{lane} after {delay} ms: {:?}", ended.stderr);
            assert_eq!(String::from_utf8(ended.stderr).unwrap(), "error: cancelled\n", "{lane}");
            assert!(expected.as_bytes().starts_with(&ended.stdout), "{lane}: {} bytes", ended.stdout.len());
        }
    }
}
