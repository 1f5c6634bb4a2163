//! Races, and the files that they leave.

use serde_json::Value;

use super::{json, stdout};

#[test]
fn a_race_ends_with_who_won_and_by_how_much() {
    let text = stdout(&["race", "1e4", "--algorithm", "trial-division", "--workers", "1,2", "--rounds", "6"]);
    assert!(text.starts_with("1229 primes up to 10000 by trial-division, 6 rounds on "), "{text}");
    for lane in ["single-thread/1", "scoped-threads/1", "scoped-threads/2", "rayon/2", "global-lock/2"] {
        assert_eq!(text.lines().filter(|line| line.starts_with(&format!(" {lane} "))).count(), 1, "{lane}: {text}");
    }
    assert!(!text.contains("single-thread/2"), "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.contains(" times as fast as ") && last.ends_with("; every count is right."), "{text}");
    let markdown = stdout(&["race", "1e3", "--rounds", "1", "--warmup", "0", "--backends", "rayon", "--markdown"]);
    assert!(markdown.contains("\n| rayon/1 "), "{markdown}");
}

#[test]
fn a_race_leaves_all_its_samples() {
    let folder = std::env::temp_dir().join(format!("primelanes-race-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let [csv, svg] = ["race.csv", "race.svg"].map(|name| folder.join(name).to_str().unwrap().to_owned());
    let common = ["race", "1e4", "--backends", "rayon,processes", "--workers", "1,1,100", "--rounds", "3", "--json"];
    let report = json(&[&common[..], &["--csv", &csv, "--svg", &svg]].concat());
    assert_eq!((&report["stop"], &report["expected"], &report["rounds"]), (&10_000.into(), &1229.into(), &3.into()));
    let lanes = report["lanes"].as_array().unwrap();
    assert_eq!(lanes.len(), 4);
    for lane in lanes {
        assert_eq!(
            (lane["seconds"].as_array().unwrap().len(), lane["counts"] == Value::from(vec![1229; 3])),
            (3, true)
        );
        assert_eq!(lane["oversubscribed"], lane["workers"] == 100);
        assert_eq!(lane["median"]["interval"], Value::Null, "three rounds are too few");
    }
    assert_eq!(report["amdahl"], Value::from(Vec::<Value>::new()));
    let [csv, svg] = [csv, svg].map(|file| std::fs::read_to_string(file).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(csv.lines().count(), 1 + 4 * 3);
    assert!(svg.contains("rayon/100 *") && svg.trim_end().ends_with("</svg>"), "{svg}");
}
