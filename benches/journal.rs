//! What does a journal cost the process that keeps it? Results of the size of those of pi(10^24) go through a ledger and a
//! journal, one by one, as if workers of a cluster had sent them. Only the time for that is measured, not the time to make
//! the results. The memory is what the process takes at most, besides its tables.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::{Duration, Instant};

use primelanes_backends::algorithm::Parameters;
use primelanes_backends::{Backend, Control, Error, Journaled, Kernel, Ledger, Plan, PrimeCounter, Query, Wire};
use primelanes_benches::random_numbers;

/// How many results there are. A run takes about a second, so this is a day of one worker.
const RUNS: u64 = 100_000;

/// How many runs are in flight: two for each of 1, 100 and 1000 workers. They come back in any order.
const WINDOWS: [usize; 3] = [2, 200, 2000];

fn main() {
    // `cargo bench -- --test` only looks whether this runs.
    let runs = if std::env::args().any(|argument| argument == "--test") { 200 } else { RUNS };
    let (mean, most) = sizes(runs);
    println!("{runs} results of the size of those of pi(10^24): {mean:.2} MB on average, {most:.2} MB at most");
    println!("in flight  time per run  longest   memory   journal");
    for window in WINDOWS {
        let folder = tempfile::tempdir().expect("a folder for the journal");
        let path = folder.path().join("j");
        let lane = Synthetic { runs, window };
        let warn = |trouble: &Error| panic!("{trouble}");
        // The results are not those of this x, so there is no count at the end.
        let query = Query::up_to(X).plan(Plan::Combinatorial(parameters()));
        let ended = Journaled::new(lane, &path, warn).count(&query);
        assert_eq!(ended, Err(Error::Cancelled), "the lane ends so");
        println!("  {:5.1} MB", fs::metadata(&path).expect("it was written").len() as f64 / 1e6);
    }
}

/// Returns a line of what the system tells of this process, in megabytes.
fn memory(line: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this bench needs Linux");
    let size = status.lines().find_map(|text| text.strip_prefix(line)).expect("there is such a line");
    size.split_whitespace().next().and_then(|size| size.parse::<f64>().ok()).expect("it is a number of KiB") / 1e3
}

/// A number whose tables are small, but which has as many tiles as there are results.
const X: u128 = 10_u128.pow(20);

fn parameters() -> Parameters {
    let mut parameters = Parameters::for_x(X);
    parameters.tiles = 65_536;
    parameters
}

/// Returns about how many primes have hard leaves in a run at this fraction of all runs: those up to the fourth root of x,
/// and up to the square root of x / n for numbers n of this run. For x = 10^24, n goes up to x / y = 10^24 / 7.1e9.
fn known_primes(fraction: f64) -> f64 {
    let last = (7.1e9 / fraction.max(1e-9)).sqrt().min(1e6);
    last / (last.ln() - 1.0)
}

/// Returns the mean and the largest size of the results, in megabytes. The first are the largest.
fn sizes(runs: u64) -> (f64, f64) {
    let size = |run| result(run, runs).len() as f64 / 1e6;
    let sample: Vec<_> = (0..runs).step_by((runs / 100) as usize).map(size).collect();
    (sample.iter().sum::<f64>() / sample.len() as f64, size(0))
}

/// The bytes of a result with the layout of `CombinatorialSums`: plain sums, windows, and hard leaves.
fn result(run: u64, runs: u64) -> Vec<u8> {
    let known = known_primes(run as f64 / runs as f64) as u64;
    // Each takes seven bytes.
    let left: Vec<u64> = (1..=known).map(|b| (1 << 43) + b).collect();
    let weights: Vec<i64> = (1..=known).map(|b| (1 << 42) - b as i64).collect();
    let windows = (run, (u128::from(run), 1_u64), (u128::from(run), 1_u64));
    (i128::from(run), windows, (1_i128, left, weights)).encode().expect("numbers can be encoded")
}

/// A lane whose results come from nowhere, in any order within a window.
struct Synthetic {
    runs: u64,
    window: usize,
}

impl Backend for Synthetic {
    fn label(&self) -> &'static str {
        "synthetic"
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        assert!(tiles.end >= RUNS, "{} tiles", tiles.end);
        let tables = memory("VmRSS:");
        let watch = control.watch(kernel, &tiles);
        let ledger = Ledger::new(tiles.clone(), self.workers(), 1);
        let mut upcoming =
            (0..self.runs).map(|run| (run, run * tiles.end / self.runs..(run + 1) * tiles.end / self.runs));
        let mut in_flight: Vec<_> = upcoming.by_ref().take(self.window).collect();
        let mut randoms = random_numbers();
        let (mut sum, mut longest) = (Duration::ZERO, Duration::ZERO);
        while !in_flight.is_empty() {
            let place = (randoms.next().expect("there is no end") % in_flight.len() as u64) as usize;
            let (run, tiles) = in_flight.swap_remove(place);
            let bytes = result(run, self.runs);
            let clock = Instant::now();
            ledger.deposit(tiles.clone(), K::Partial::decode(&bytes)?)?;
            watch.record(tiles, &bytes)?;
            longest = longest.max(clock.elapsed());
            sum += clock.elapsed();
            in_flight.extend(upcoming.next());
        }
        let mean = sum.as_secs_f64() * 1e3 / self.runs as f64;
        let longest = longest.as_secs_f64() * 1e3;
        print!("{:9}  {mean:9.2} ms  {longest:4.0} ms  {:4.0} MB", self.window, memory("VmHWM:") - tables);
        Err(Error::Cancelled)
    }
}
