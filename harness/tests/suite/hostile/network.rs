//! A system without a network.

use serde_json::Value;

use super::{Ended, is_missing, shell};

/// Runs a line of shell where there is not even a loopback interface.
fn isolated(line: &str) -> Ended {
    shell(&format!("unshare --user --net --map-root-user bash -c '{line}'"))
}

#[test]
fn without_a_network_everything_but_a_socket_works() {
    if is_missing("no network, which needs unshare", "unshare --user --net --map-root-user true") {
        return;
    }
    let calibrated = isolated("$P gil calibrate --json");
    let costs: Value = serde_json::from_str(&calibrated.stdout).unwrap();
    assert!(costs["send_us"].is_null() && costs["echo_us"].is_null(), "{costs}");
    assert!(costs["timer_us"].as_f64().is_some_and(|cost| cost > 0.0), "{costs}");
    let text = isolated("$P gil calibrate").stdout;
    assert!(text.ends_with("\nsending takes      unknown, since there is no loopback interface\n"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("costs.json");
    std::fs::write(&file, calibrated.stdout).unwrap();
    let costs = format!("--costs {}", file.display());
    for experiment in ["cpu", "convoy", "stall", "integrity", "whatif"] {
        let ended = isolated(&format!("$P gil {experiment} --seconds 0.01 {costs}"));
        assert!(ended.code == Some(0) && ended.stderr.is_empty(), "{experiment}: {ended:?}");
    }
    assert_eq!(isolated("$P gil integrity --seconds 0.01").code, Some(0));
    isolated("$P gil io").assert_refusal("io", "cannot connect through the loopback interface: Network is unreachable");
    let missing = "the costs have no send_us and no echo_us, which io needs: measure them where there is a loopback";
    shell(&format!("$P gil io {costs}")).assert_refusal("io", missing);
}
