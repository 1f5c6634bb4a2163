//! The conformance suite: runs one law after another, each under a watchdog.

use std::env;
use std::fmt::{self, Display};
use std::hash::{BuildHasher, RandomState};
use std::io::{Write, stderr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use primelanes_backends::Backend;

use super::subject::{Factory, Subject, Trial};
use super::watchdog::{self, Outcome};
use super::{Caps, Finding, Law, Report, Verdict, laws};

/// The default number of random inputs per law.
const CASES: u32 = 32;

/// Checks a backend against all laws.
///
/// `seed` and `cases` are as in [`Report`]. A law that takes longer than [`Caps::timeout`] is broken and ends the
/// suite, because a thread that hangs cannot be stopped.
///
/// # Panics
/// If `cases` is 0, since every law would then hold.
///
/// ```
/// use primelanes_backends::ScopedThreads;
/// use primelanes_harness::conformance::{Caps, check};
///
/// let report = check(ScopedThreads::new, Caps::full(), 42, 2);
/// assert!(report.passed(), "{report}");
/// ```
pub fn check<B, F>(factory: F, caps: Caps, seed: u64, cases: u32) -> Report
where
    B: Backend + 'static,
    F: Fn(NonZeroUsize) -> B + Send + Sync + 'static,
{
    let suite = Suite::new(factory, caps, seed, cases);
    let laws = suite.judge_all(|_| true);
    suite.report(laws)
}

/// A backend to check against the laws, and the source of random inputs.
pub struct Suite<B> {
    factory: Arc<Factory<B>>,
    caps: Caps,
    trial: Trial,
    laws: Vec<Law>,
    cancel: Option<&'static AtomicBool>,
}

impl<B: Backend + 'static> Suite<B> {
    /// Creates a suite for the backend that `factory` creates. `seed` and `cases` are as in [`Report`].
    ///
    /// # Panics
    /// If `cases` is 0.
    pub fn new<F>(factory: F, caps: Caps, seed: u64, cases: u32) -> Self
    where
        F: Fn(NonZeroUsize) -> B + Send + Sync + 'static,
    {
        assert!(cases > 0, "a law needs at least one case");
        let trial = Trial { seed, cases, source: None };
        Self { factory: Arc::new(factory), caps, trial, laws: Law::ALL.to_vec(), cancel: None }
    }

    /// Sets the laws to check, in place of all.
    #[must_use]
    pub fn laws(mut self, laws: impl Into<Vec<Law>>) -> Self {
        self.laws = laws.into();
        self
    }

    /// Ends the suite soon after the flag becomes true. The law that is being checked then has no finding, and its thread
    /// stays until its work or the process ends.
    #[must_use]
    pub const fn cancel(mut self, flag: &'static AtomicBool) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Checks one law after another. Calls `go_on` with each finding, and stops when it returns `false`.
    pub fn judge_all(&self, mut go_on: impl FnMut(&Finding) -> bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut hangs = false;
        for &law in &self.laws {
            let Some((finding, hung)) = (if hangs { Some((unjudged(law), true)) } else { self.judge(law) }) else {
                break;
            };
            hangs = hung;
            findings.push(finding);
            if !findings.last().is_some_and(&mut go_on) {
                break;
            }
        }
        findings
    }

    /// Creates a report of the findings.
    pub fn report(&self, laws: Vec<Finding>) -> Report {
        let factory = Arc::clone(&self.factory);
        let label = watchdog::run(self.timeout(), self.cancel, move || factory(NonZeroUsize::MIN).label().to_owned());
        let backend = match label {
            Outcome::Returned(label) => label,
            Outcome::Panicked(message) => format!("(a backend that cannot be made: {message})"),
            Outcome::Hung | Outcome::Cancelled => "(a backend that cannot be made: its factory hangs)".to_owned(),
        };
        let (seed, cases) = (self.trial.seed, self.trial.cases);
        Report { backend, seed, cases, declared: self.caps.declared(), laws }
    }

    /// Returns the timeout for a law. [`Caps::timeout`] applies to the default number of cases.
    fn timeout(&self) -> Duration {
        self.caps.get_timeout() * self.trial.cases.div_ceil(CASES)
    }

    /// Checks one law. Also returns whether the backend hung. Returns `None` if the suite was cancelled.
    fn judge(&self, law: Law) -> Option<(Finding, bool)> {
        if let Some(&lacking) = law.needs().iter().find(|&&ability| !self.caps.has(ability)) {
            let verdict = Verdict::Declared(lacking);
            return Some((Finding { law, verdict, seconds: 0.0 }, false));
        }
        let (clock, timeout) = (Instant::now(), self.timeout());
        let (factory, caps, trial) = (Arc::clone(&self.factory), self.caps.clone(), self.trial.clone());
        let judged = watchdog::run(timeout, self.cancel, move || {
            laws::check(law, &Subject { factory: &*factory, caps: &caps, trial: &trial })
        });
        let hung = matches!(judged, Outcome::Hung);
        let verdict = match judged {
            Outcome::Returned(Ok(())) => Verdict::Holds,
            Outcome::Returned(Err(broken)) => Verdict::Broken(broken.0),
            Outcome::Panicked(message) => Verdict::Broken(format!("the backend panics: {message}")),
            Outcome::Hung => Verdict::Broken(format!("the backend hangs: no answer within {timeout:?}")),
            Outcome::Cancelled => return None,
        };
        Some((Finding { law, verdict, seconds: clock.elapsed().as_secs_f64() }, hung))
    }
}

impl<B> fmt::Debug for Suite<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("caps", &self.caps).field("trial", &self.trial).finish_non_exhaustive()
    }
}

const fn unjudged(law: Law) -> Finding {
    Finding { law, verdict: Verdict::Unjudged, seconds: 0.0 }
}

/// Checks a backend against one law, as a test of [`conformance!`](crate::conformance!) does.
///
/// `source` is the source file of the test. Failing cases are kept next to it. The seed and the number of cases come
/// from environment variables: see the [module](super).
///
/// # Panics
/// If the law is broken, or if `PRIMELANES_SEED` or `PRIMELANES_CASES` is invalid.
#[track_caller]
pub fn assert_law<B, F>(law: Law, factory: F, caps: Caps, source: &'static str)
where
    B: Backend + 'static,
    F: Fn(NonZeroUsize) -> B + Send + Sync + 'static,
{
    let seed = variable("PRIMELANES_SEED").unwrap_or_else(random_seed);
    let cases = variable::<NonZeroU32>("PRIMELANES_CASES").map_or(CASES, NonZeroU32::get);
    let mut suite = Suite::new(factory, caps, seed, cases);
    suite.trial.source = Some(source);
    let (finding, _) = suite.judge(law).expect("the suite has no cancel flag");
    // Write to the real standard error, which the test harness does not capture, so that laws that were not checked are
    // visible.
    let print = |line: &dyn Display| drop(writeln!(stderr(), "{line}"));
    match finding.verdict {
        Verdict::Broken(why) => {
            panic!("the law '{law}' is broken: {why}; to repeat: PRIMELANES_SEED={seed} PRIMELANES_CASES={cases}")
        }
        Verdict::Declared(_) | Verdict::Unjudged => print(&finding),
        Verdict::Holds if law == Law::AnyWorkers => {
            suite.caps.declared_limit().iter().for_each(|limit| print(&format!("  - {law:<16} checked with {limit}")));
        }
        Verdict::Holds => {}
    }
}

/// A seed that is short enough to type. Each [`RandomState`] has different keys.
fn random_seed() -> u64 {
    RandomState::new().hash_one(()) >> 32
}

fn variable<T: FromStr<Err: Display>>(name: &str) -> Option<T> {
    let text = env::var(name).ok().filter(|text| !text.is_empty())?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => panic!("invalid value '{text}' for the environment variable {name}: {error}"),
    }
}
