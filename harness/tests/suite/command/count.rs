//! Counts, and how they are explained.

use serde_json::Value;

use super::{json, primelanes, stdout};

#[test]
fn a_count_is_alone_on_standard_output() {
    assert_eq!(stdout(&["count", "1e6"]), "78498\n");
    assert_eq!(stdout(&["count", "10**6", "--algorithm", "trial-division", "--backend", "global-lock"]), "78498\n");
    assert_eq!(stdout(&["count", "2", "3"]), "2\n");
    assert_eq!(stdout(&["count", "10", "5"]), "0\n");
    assert_eq!(stdout(&["count", "2*(10^3)/2"]), "168\n");
    assert_eq!(stdout(&["count", "10", "--distance", "90"]), "21\n");
    assert_eq!(stdout(&["count", "1e12", "-d", "1e6"]), stdout(&["count", "1e12", "1e12+1e6"]));
    assert_eq!(stdout(&["count", "10**20", "10**20+10**5"]), "2115\n");
    assert_eq!(stdout(&["count", "2^64-58", "2^64-50", "--algorithm", "trial-division"]), "0\n");
}

#[test]
fn a_bound_on_the_memory_is_a_number_or_a_size() {
    for size in ["1e9", "2^30", "1GB", "1 GiB", "2^64", "1e30"] {
        assert_eq!(stdout(&["count", "1e9", "--memory", size]), "50847534\n", "{size}");
    }
}

#[test]
fn a_count_as_json_says_what_was_done() {
    let counted =
        json(&["count", "1_000", "2e3", "--algorithm", "sieve", "--backend", "rayon", "--workers", "3", "--json"]);
    let fields = ["start", "stop", "count", "algorithm", "backend", "workers"].map(|field| counted[field].clone());
    assert_eq!(fields, [1000.into(), 2000.into(), 135.into(), "sieve".into(), "rayon".into(), Value::from(3)]);
    assert!(counted["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_count_explains_how_it_is_done() {
    let explained = |arguments: &[&str], cpu: &str| {
        let output = primelanes(arguments).arg("--explain").env("PRIMELANES_CPU", cpu).output().unwrap();
        (output.status.code(), [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()))
    };
    for (range, chosen) in [
        (["count", "1e9", "1e9+1e6"], "sieve by all primes"),
        (["count", "1e18", "1e18+100"], "sieve by primes up to 65536"),
        (["count", "1e24", "1e24+100"], "sieve by primes up to 65536"),
        (["count", "0", "1e7"], "pi(x) by the combinatorial method\ny         "),
    ] {
        let (code, [count, plan]) = explained(&range, "portable");
        assert_eq!((code, count), (Some(0), stdout(&range)));
        assert!(plan.starts_with("cpu       portable of portable"), "{plan:?}");
        assert!(plan.contains(&format!("\nplan      {chosen}")), "{plan:?}");
        let fault = "unknown instruction set 'sse9': expected one of portable, avx2, avx512";
        let (code, [count, error]) = explained(&range, "sse9");
        assert_eq!((code, count.as_str()), (Some(2), ""));
        assert_eq!(
            error,
            format!("error: invalid value 'sse9' for the environment variable PRIMELANES_CPU: {fault}\n")
        );
    }
}

#[test]
fn a_count_shows_its_plan_and_numbers_in_full() {
    let counted = json(&["count", "0", "1e6", "--algorithm", "sieve", "--json"]);
    assert_eq!(counted["plan"]["sieve"]["wheel"], 30);
    assert!(json(&["count", "1e7", "--json"])["plan"]["combinatorial"]["y"].as_u64() > Some(100));
    assert_eq!(json(&["count", "1000", "--json"])["plan"], "table");
    assert_eq!(json(&["count", "1e12", "1e12+100", "--json"])["plan"], "sieve-and-test");
    let empty = stdout(&["count", "2^128-1", "7", "--json"]);
    assert!(empty.starts_with(r#"{"start":340282366920938463463374607431768211455,"stop":7,"count":0,"#), "{empty}");
    assert!(empty.contains(r#""plan":"empty""#), "{empty}");
}
