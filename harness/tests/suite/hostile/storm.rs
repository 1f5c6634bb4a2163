//! Counts with a journal that are killed at random moments, and go on each time on another lane.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use primelanes_backends::Journal;
use primelanes_backends::machine::Cpu;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

use super::{PRIMELANES, bare};

/// Sets the number of kills on each lane for each count of the long storm, in place of 200.
const KILLS: &str = "PRIMELANES_STORM_KILLS";

/// What a kill may cost at most.
const MOST_LOST: Duration = Duration::from_secs(5);

const LANES: [&str; 5] = ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"];

/// A folder in memory if there is one. A busy disk may take seconds for each write, and these tests are not about disks.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A count, its answer, and how long it runs at most before it is killed.
struct Target {
    count: &'static str,
    answer: &'static str,
    longest: Duration,
}

/// What came of a storm.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    /// The number of counts that were finished in spite of the kills.
    finished: usize,
    most_lost: Duration,
}

struct Storm<'a> {
    target: &'a Target,
    folder: TempDir,
    random: StdRng,
    tally: Tally,
}

/// How far the journal has come: how long the count has been running, and how many tiles are done.
type Mark = (Duration, u64);

impl Storm<'_> {
    fn path(&self) -> PathBuf {
        self.folder.path().join("j")
    }

    /// Starts the count on this lane, with any number of workers and any instruction set.
    fn start(&mut self, lane: &str) -> Child {
        let workers = if lane == "single-thread" { 1 } else { self.random.random_range(1..=5) }.to_string();
        let cpus: Vec<_> = Cpu::available().map(Cpu::name).collect();
        let cpu = cpus[self.random.random_range(0..cpus.len())];
        let mut command = bare(&[PRIMELANES, "count"]);
        command.args(self.target.count.split(' ')).args(["--backend", lane, "--workers", &workers]);
        command.arg("--journal").arg(self.path()).env("PRIMELANES_CPU", cpu);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Reads what a process left behind.
    fn mark(&self) -> Mark {
        let journal = Journal::read(self.path()).unwrap();
        journal
            .map_or((Duration::ZERO, 0), |journal| (journal.worked(), journal.phases().map(|phase| phase.done).sum()))
    }

    fn assert_answered(&self, output: &Output) {
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), self.target.answer, "{output:?}");
    }

    /// Has the count go on on this lane, and kills it. Begins another one whenever it ends before.
    fn rage(&mut self, lane: &str) {
        loop {
            let before = self.mark();
            // Often soon, and sometimes late.
            let delay = self.target.longest.mul_f64(self.random.random::<f64>().powi(2));
            let since = Instant::now();
            let mut count = self.start(lane);
            sleep(delay);
            count.kill().unwrap();
            let ran = since.elapsed();
            let output = count.wait_with_output().unwrap();
            if output.status.code().is_none() {
                self.tally.kills += 1;
                return self.compare(before, ran);
            }
            self.assert_answered(&output);
            self.finish();
        }
    }

    /// Compares the journals before and after a process that ran for this long.
    fn compare(&mut self, before: Mark, ran: Duration) {
        if Journal::read(self.path()).unwrap().is_some_and(|journal| journal.count().is_some()) {
            // The kill came after the last write.
            return;
        }
        let after = self.mark();
        assert!(after >= before && after.1 >= before.1, "from {before:?} back to {after:?}");
        let lost = ran.saturating_sub(after.0.saturating_sub(before.0));
        assert!(lost <= MOST_LOST, "{lost:?} of {ran:?} are lost");
        self.tally.most_lost = lost.max(self.tally.most_lost);
    }

    /// Finishes the count, checks that it stays finished, and begins a new journal.
    fn finish(&mut self) {
        for _ in 0..2 {
            let lane = LANES[self.random.random_range(0..LANES.len())];
            let output = self.start(lane).wait_with_output().unwrap();
            self.assert_answered(&output);
        }
        self.tally.finished += 1;
        fs::remove_file(self.path()).unwrap();
    }
}

/// Kills a count this many times on each lane, in random order.
fn storm(target: &Target, kills: usize, seed: u64) -> Tally {
    // The test runner shows it if the test fails.
    eprintln!("seed {seed}");
    let mut storm = Storm { target, folder: folder(), random: StdRng::seed_from_u64(seed), tally: Tally::default() };
    let mut lanes = LANES.repeat(kills);
    while !lanes.is_empty() {
        let lane = lanes.swap_remove(storm.random.random_range(0..lanes.len()));
        storm.rage(lane);
    }
    storm.finish();
    storm.tally
}

#[test]
fn a_kill_at_any_moment_costs_little_and_no_count_is_wrong() {
    for (count, answer, longest, kills) in [
        ("2e10 --algorithm sieve", "882206716", 900, 2),
        ("1e16", "279238341033925", 900, 2),
        ("1e6 --algorithm trial-division --double-check", "78498", 300, 2),
        // The first write, and the last one.
        ("1e9", "50847534", 15, 4),
        ("1e9 1e11 --algorithm combinatorial", "4067207279", 60, 2),
    ] {
        let tally = storm(&Target { count, answer, longest: Duration::from_millis(longest) }, kills, 20_261_126);
        assert_eq!(tally.kills, kills * LANES.len());
    }
}

#[test]
fn no_moment_is_far_from_the_last_write() {
    let longest = Duration::from_secs(18);
    let target = Target { count: "1e13 --algorithm sieve", answer: "346065536839", longest };
    let random = StdRng::seed_from_u64(1);
    let mut storm = Storm { target: &target, folder: folder(), random, tally: Tally::default() };
    let since = Instant::now();
    let mut count = storm.start("processes");
    while since.elapsed() < longest {
        let ran = since.elapsed();
        let lost = ran.saturating_sub(storm.mark().0);
        assert!(lost <= MOST_LOST, "{lost:?} would be lost after {ran:?}");
        sleep(Duration::from_millis(20));
    }
    count.kill().unwrap();
    count.wait().unwrap();
    assert!(storm.mark().1 > 0);
}

#[test]
#[ignore = "it takes more than an hour"]
fn storm_of_kills() {
    let kills = std::env::var(KILLS).map_or(200, |kills| kills.parse().expect(KILLS));
    for (count, answer, longest) in [("1e15", "29844570422669", 1.5), ("3e11 --algorithm sieve", "11818439135", 9.0)] {
        let target = Target { count, answer, longest: Duration::from_secs_f64(longest) };
        let tally = storm(&target, kills, rand::random());
        drop(writeln!(std::io::stderr(), "count {count}: {tally:?}"));
    }
}
