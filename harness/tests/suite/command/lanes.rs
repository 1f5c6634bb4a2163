//! The list of lanes, and their verification.

use primelanes_harness::conformance::Law;

use super::{json, stdout};

#[test]
fn every_lane_is_verified_one_line_a_law() {
    let text = stdout(&["verify", "--cases", "2", "--seed", "7"]);
    assert_eq!(text.matches("(seed 7, 2 cases per law, declares at most ").count(), 5, "{text}");
    // Two laws observe tiles as they run, which is not possible in worker processes.
    assert_eq!(text.lines().filter(|line| line.starts_with("  ✓ ")).count(), 5 * Law::ALL.len() - 2, "{text}");
    assert_eq!(text.lines().count(), 5 * (1 + Law::ALL.len()), "{text}");
    let report = json(&["verify", "--backend", "rayon", "--cases", "2", "--json"]);
    assert_eq!((&report["passed"], report["backends"].as_array().unwrap().len()), (&true.into(), 1));
    let lane = &report["backends"][0];
    assert_eq!((&lane["backend"], &lane["cases"]), (&"rayon".into(), &2.into()));
    let laws = lane["laws"].as_array().unwrap();
    assert_eq!(laws.len(), Law::ALL.len());
    assert!(laws.iter().all(|law| law["verdict"] == "holds"), "{report}");
}

#[test]
fn laws_are_verified_by_name() {
    let text = stdout(&["verify", "--backend", "rayon", "--cases", "2", "--law", "seams,no-tiles", "--law", "seams"]);
    let laws: Vec<_> = text.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(laws, ["no-tiles", "seams"], "{text}");
}

#[test]
fn the_lanes_are_listed() {
    let lines = stdout(&["backends"]);
    let names: Vec<_> = lines.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"]);
    let list = json(&["backends", "--json"]);
    let listed: Vec<_> = list.as_array().unwrap().iter().map(|lane| lane["name"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
}
