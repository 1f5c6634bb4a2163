//! Output files: pipes, odd names, the same file twice, and full disks.

use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use super::{PRIMELANES, bare, is_missing, shell};

const RACE: &str = "$P race 1e3 --rounds 1 --warmup 0 --backends single-thread";
const GIL: &str = "$P gil cpu --seconds 0.02 --interval 1";

#[test]
fn a_pipe_passes_on_all_that_is_written_to_it() {
    for (command, option, first, last) in [
        (RACE, "--csv", "stop,algorithm,backend", ",168\n"),
        (RACE, "--svg", "<svg", "</svg>\n"),
        (GIL, "--svg", "<svg", "</svg>\n"),
        (GIL, "--trace", "{\"displayTimeUnit\"", "]}\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe").display().to_string();
        let line = format!("mkfifo {pipe}; cat {pipe} & {command} {option} {pipe} >/dev/null; echo $? >&2; wait");
        let ended = shell(&line);
        assert_eq!(ended.stderr.lines().last(), Some("0"), "{line}: {ended:?}");
        assert!(ended.stdout.starts_with(first) && ended.stdout.ends_with(last), "{line}: {ended:?}");
    }
}

#[test]
fn ctrl_c_ends_a_command_that_waits_for_the_reader_of_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe").display().to_string();
    for command in [format!("{RACE} --csv {pipe}"), format!("{GIL} --svg {pipe}")] {
        // The report comes before the files, so the command waits for a reader when `head` has read it.
        let line = format!(
            "mkfifo {pipe} 2>/dev/null; {{ exec {command}; }} > >(head -c 1 >/dev/null; sleep 0.3; kill -INT $$)"
        );
        let since = Instant::now();
        let ended = shell(&format!("{line} # the last command"));
        assert_eq!(ended.code, Some(130), "{command}: {ended:?}");
        assert!(since.elapsed() < Duration::from_secs(30), "{command}");
    }
}

#[test]
fn a_name_may_consist_of_any_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["--csv", "--svg"] {
        let file = folder.path().join(std::ffi::OsStr::from_bytes(b"non\xff.out"));
        let mut race = bare(&[PRIMELANES, "race", "1e3", "--rounds", "1", "--backends", "single-thread", option]);
        let output = race.arg(&file).output().unwrap();
        assert!(output.status.success(), "{option}: {output:?}");
        assert!(file.metadata().unwrap().len() > 0);
    }
    let costs = folder.path().join(std::ffi::OsStr::from_bytes(b"costs\xff"));
    let calibrated = bare(&[PRIMELANES, "gil", "calibrate", "--json"]).output().unwrap();
    std::fs::write(&costs, calibrated.stdout).unwrap();
    let mut whatif = bare(&[PRIMELANES, "gil", "whatif", "--seconds", "0.05", "--costs"]);
    let output = whatif.arg(&costs).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_same_file_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).display().to_string();
    let [old, link, hard, dangling, new, dotted] = ["old", "link", "hard", "dangling", "new", "./new"].map(name);
    shell(&format!("touch {old}; ln -s {old} {link}; ln {old} {hard}; ln -s {new} {dangling}"));
    for (one, other) in [(&new, &new), (&new, &dotted), (&old, &old), (&old, &link), (&hard, &old), (&dangling, &new)] {
        for (command, options) in [(RACE, ["--csv", "--svg"]), (GIL, ["--trace", "--svg"])] {
            let command_line = format!("{command} {} {one} {} {other}", options[0], options[1]);
            let ended = shell(&command_line);
            assert_eq!((ended.code, ended.stderr.lines().count()), (Some(2), 1), "{command_line}: {ended:?}");
            let said = format!("error: {} and {} name the same file '{one}'\n", options[0], options[1]);
            assert_eq!((ended.stderr, ended.stdout), (said, String::new()), "{command_line}");
        }
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 4, "the files that were refused are not created");
    for (one, other) in [("/dev/null", "/dev/null"), ("/dev/stdout", "/dev/stdout"), (old.as_str(), new.as_str())] {
        let ended = shell(&format!("{RACE} --csv {one} --svg {other}"));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{one} {other}");
    }
}

#[test]
fn what_goes_to_standard_output_is_appended_to_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out").display().to_string();
    for csv in ["/dev/stdout", &file] {
        let ended = shell(&format!("{RACE} --csv {csv} >{file}; cat {file}"));
        let (report, csv) = ended.stdout.split_once("every count is right.\n").unwrap();
        assert!(report.starts_with("168 primes up to 1000") && csv.starts_with("stop,algorithm,"), "{ended:?}");
    }
}

#[test]
fn a_full_disk_is_a_failure_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().display().to_string();
    let mount = format!("mount -t tmpfs -o size=8k none {disk} && head -c 8192 /dev/zero >{disk}/fill; ");
    let line = |command: &str| format!("unshare -rm bash -c '{mount} {command}'");
    if is_missing("a full disk, which needs unshare", &line(&format!("test -e {disk}/fill"))) {
        return;
    }
    for (command, option) in [(RACE, "--csv"), (RACE, "--svg"), (GIL, "--trace"), (GIL, "--svg")] {
        let line = line(&format!("{command} {option} {disk}/out >/dev/null"));
        shell(&line).assert_refusal(&line, &format!("cannot write '{disk}/out': No space left on device"));
    }
    let line = line(&format!("$P count 100 >{disk}/out"));
    shell(&line).assert_refusal(&line, "cannot write to standard output: No space left on device");
}
