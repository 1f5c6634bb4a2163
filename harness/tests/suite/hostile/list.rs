//! Lists that are longer than any memory, with slow readers, little memory, terminals and full disks.

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use primelanes_backends::{primes, primes_from};

use super::{bare, is_missing, shell};

const LANES: [&str; 5] = ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"];

/// The most memory that a process of a list ever takes, in kilobytes.
const MOST: u64 = 300_000;

/// What the system says about the memory of a process.
fn kilobytes(process: &str, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB"));
    value.unwrap().parse().unwrap()
}

#[test]
fn a_reader_that_has_enough_ends_the_list_quietly() {
    for lane in LANES {
        for (list, expected) in [
            (format!("list 2^64-1 --backend {lane} | head -3"), "2\n3\n5\n"),
            (format!("list 1e12 2^64-1 --backend {lane} | head -1"), "1000000000039\n"),
            (
                format!("list 2^64-1 --json --backend {lane} | head -c 50"),
                r#"{"start":0,"stop":18446744073709551615,"primes":["#,
            ),
        ] {
            let ended = shell(&format!("$P {list}; exit ${{PIPESTATUS[0]}}"));
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{list}: {ended:?}");
            assert!(ended.stdout.starts_with(expected), "{list}: {ended:?}");
        }
    }
}

#[test]
fn a_long_list_that_cannot_be_written_is_a_failure_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out").display().to_string();
    for lane in LANES {
        for options in ["", "--json"] {
            let list = format!("$P list 2^64-1 {options} --backend {lane}");
            let full = format!("{list} > /dev/full");
            shell(&full).assert_refusal(&full, "cannot write to standard output: No space left on device");
            // The first megabyte fits.
            let limited = format!("ulimit -f 1024; {list} > {file}");
            shell(&limited).assert_refusal(&limited, "cannot write to standard output: File too large");
            assert_eq!(fs::metadata(&file).unwrap().len(), 1 << 20, "{limited}");
        }
    }
}

/// A list up to 2^64 would take terabytes.
#[test]
fn the_memory_of_a_list_does_not_grow_with_its_length() {
    for lane in LANES {
        let workers = if lane == "single-thread" { 1 } else { 2 };
        let line = format!("ulimit -v 1000000; exec $P list 2^64-1 --backend {lane} --workers {workers}");
        let mut command = bare(&["bash", "-c", &line]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut piece = vec![0; 1 << 20];
        for _ in 0..150 {
            stdout.read_exact(&mut piece).unwrap();
            sleep(Duration::from_millis(10));
        }
        let peak = kilobytes(&child.id().to_string(), "VmHWM:");
        assert!(peak < MOST, "{lane} takes {peak} kB");
        drop(stdout);
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{lane}: {ended:?}");
    }
}

#[test]
fn a_list_without_enough_memory_is_right_or_a_failure_in_one_line() {
    // With less, the system cannot even start the command.
    let sizes = [12_000, 20_000, 40_000, 60_000, 80_000, 100_000, 140_000, 200_000, 300_000, 450_000];
    let sizes: Vec<_> = sizes
        .into_iter()
        .filter(|size| !is_missing("a limit of the memory", &format!("ulimit -v {size}; $P --version")))
        .collect();
    for (list, expected) in [("list 3e7", "1857859\n"), ("list 1e17 1e17+2e7", "510836\n")] {
        // What worker processes send is decoded by a library that does not survive a lack of memory.
        for lane in &LANES[..4] {
            // With less, the standard library may have no room for the first words of a thread, and abort.
            let least = if *lane == "single-thread" { 0 } else { 40_000 };
            for kilobytes in sizes.iter().filter(|&&size| size >= least) {
                let line = format!("ulimit -v {kilobytes}; set -o pipefail; $P {list} --backend {lane} | wc -l");
                let ended = shell(&line);
                if ended.code == Some(0) {
                    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (expected, ""), "{line}");
                } else {
                    ended.assert_refusal(&line, "");
                }
            }
        }
    }
}

/// So far out, a tile has millions of primes, and the answer of a worker process has a hundred megabytes.
#[test]
fn a_wide_list_far_out_begins_on_every_lane() {
    for lane in LANES {
        let ended = shell(&format!("$P list 1e15 2^64-1 --backend {lane} | head -1; exit ${{PIPESTATUS[0]}}"));
        let expected = (Some(0), "1000000000000037\n", "");
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), expected, "{lane}");
    }
}

/// Sets how many more megabytes a process may take.
const MORE: &str = "PRIMELANES_TEST_MEGABYTES";

/// Some sizes are enough for the set-up of a sieve, and not for the sieve.
#[test]
fn an_iterator_without_enough_memory_tests_every_number() {
    let test = std::env::current_exe().unwrap().display().to_string();
    for megabytes in [5, 60, 170, 185, 230, 270] {
        let read = "--exact hostile::list::an_iterator_far_out --ignored --test-threads 1";
        let ended = shell(&format!("{MORE}={megabytes} exec {test} {read}"));
        assert_eq!(ended.code, Some(0), "{megabytes} MB: {ended:?}");
        assert!(ended.stdout.contains("1 passed"), "{megabytes} MB: {ended:?}");
    }
}

#[test]
#[ignore = "another test runs it in a process with little memory"]
fn an_iterator_far_out() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let more: u64 = std::env::var(MORE).expect(MORE).parse().unwrap();
    let mut limit = getrlimit(Resource::As);
    limit.current = Some(1024 * (kilobytes("self", "VmSize:") + 1000 * more));
    setrlimit(Resource::As, limit).unwrap();
    assert_eq!(primes_from(1_000_000_000_000_000_000).nth(150_000), Some(1_000_000_000_006_199_921));
    assert_eq!(primes(0..=u64::MAX).nth_back(150_000), Some(18_446_744_073_702_886_759));
}

#[test]
fn a_bar_is_shown_beside_a_list_only_if_the_list_goes_elsewhere() {
    if is_missing("a terminal, which needs script", "script -qec true /dev/null") {
        return;
    }
    let terminal = |list: &str| {
        let ended = shell(&format!("TERM=xterm script -qec \"timeout -s INT 3 $P {list}\" /dev/null"));
        ended.stdout
    };
    let elsewhere = terminal("list 1e13 > /dev/null");
    assert!(elsewhere.contains("list [") && elsewhere.contains(" %"), "{elsewhere:?}");
    for without in ["list 30", "list 3e6", "list 1e13 --progress never > /dev/null"] {
        let shown = terminal(without);
        assert!(!shown.contains("list [") && !shown.contains('\u{1b}'), "{without}: {shown:?}");
    }
    let primes = terminal("list 1e6");
    assert!(primes.starts_with("2\r\n3\r\n") && primes.ends_with("999983\r\n"), "{} bytes", primes.len());
    let always = terminal("list 1e13 --progress always | tail -1");
    assert!(always.contains("list ["), "{always:?}");
}
