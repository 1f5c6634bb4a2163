//! The suite at work: one law after another, each under the watchdog.

use std::env;
use std::fmt::{self, Display};
use std::hash::{BuildHasher, RandomState};
use std::io::{Write, stderr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use primelanes_backends::Backend;

use super::subject::{Factory, Subject, Trial};
use super::watchdog::{self, Outcome};
use super::{Caps, Finding, Law, Report, Verdict, laws};

/// Random inputs to a law, unless it is said otherwise.
const CASES: u32 = 32;

/// Holds a backend to all laws.
///
/// `seed` and `cases` are as in [`Report`]. A law that takes longer than [`Caps::patience`] is broken and ends the suite,
/// for nobody can take back the thread that hangs.
///
/// # Panics
/// If `cases` is 0: a law that nothing is put to holds always.
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

/// The laws, a backend to hold to them, and the source of random inputs.
pub struct Suite<B> {
    factory: Arc<Factory<B>>,
    caps: Caps,
    trial: Trial,
}

impl<B: Backend + 'static> Suite<B> {
    /// For a backend that `factory` makes; `seed` and `cases` are as in [`Report`].
    ///
    /// # Panics
    /// If `cases` is 0.
    pub fn new<F>(factory: F, caps: Caps, seed: u64, cases: u32) -> Self
    where
        F: Fn(NonZeroUsize) -> B + Send + Sync + 'static,
    {
        assert!(cases > 0, "a law is put to one case at least");
        Self { factory: Arc::new(factory), caps, trial: Trial { seed, cases, source: None } }
    }

    /// Judges law after law and shows each finding to `go_on`, until that says no.
    pub fn judge_all(&self, mut go_on: impl FnMut(&Finding) -> bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut hangs = false;
        for law in Law::ALL {
            let (finding, hung) = if hangs { (unjudged(law), true) } else { self.judge(law) };
            hangs = hung;
            findings.push(finding);
            if !findings.last().is_some_and(&mut go_on) {
                break;
            }
        }
        findings
    }

    /// The findings with what they are about.
    pub fn report(&self, laws: Vec<Finding>) -> Report {
        let factory = Arc::clone(&self.factory);
        let label = watchdog::run(self.patience(), move || factory(NonZeroUsize::MIN).label().to_owned());
        let backend = match label {
            Outcome::Returned(label) => label,
            Outcome::Panicked(message) => format!("(a backend that cannot be made: {message})"),
            Outcome::Hung => "(a backend that cannot be made: that hangs)".to_owned(),
        };
        let (seed, cases) = (self.trial.seed, self.trial.cases);
        Report { backend, seed, cases, declared: self.caps.declared(), laws }
    }

    /// How long a law may take: what the backend is granted is for the usual number of cases.
    fn patience(&self) -> Duration {
        self.caps.get_patience() * self.trial.cases.div_ceil(CASES)
    }

    /// Judges one law; and whether the backend hangs in it.
    fn judge(&self, law: Law) -> (Finding, bool) {
        if let Some(&lacking) = law.needs().iter().find(|&&ability| !self.caps.has(ability)) {
            let verdict = Verdict::Declared(lacking);
            return (Finding { law, verdict, seconds: 0.0 }, false);
        }
        let (clock, patience) = (Instant::now(), self.patience());
        let (factory, caps, trial) = (Arc::clone(&self.factory), self.caps.clone(), self.trial.clone());
        let judged = watchdog::run(patience, move || {
            laws::check(law, &Subject { factory: &*factory, caps: &caps, trial: &trial })
        });
        let hung = matches!(judged, Outcome::Hung);
        let verdict = match judged {
            Outcome::Returned(Ok(())) => Verdict::Holds,
            Outcome::Returned(Err(broken)) => Verdict::Broken(broken.0),
            Outcome::Panicked(message) => Verdict::Broken(format!("the backend panics: {message}")),
            Outcome::Hung => Verdict::Broken(format!("the backend hangs: no answer within {patience:?}")),
        };
        (Finding { law, verdict, seconds: clock.elapsed().as_secs_f64() }, hung)
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

/// Holds a backend to one law: what a test of [`conformance!`](crate::conformance!) does.
///
/// `source` is the source file of the test, beside which failing cases are kept. Seed and cases come from the
/// environment: see the [module](super).
///
/// # Panics
/// If the law is broken, or if `PRIMELANES_SEED` or `PRIMELANES_CASES` is no number that will do.
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
    let (finding, _) = suite.judge(law);
    // Past the capture of a test's output: what is not asked is said.
    let say = |line: &dyn Display| drop(writeln!(stderr(), "{line}"));
    match finding.verdict {
        Verdict::Broken(why) => {
            panic!("the law '{law}' is broken: {why}; to repeat: PRIMELANES_SEED={seed} PRIMELANES_CASES={cases}")
        }
        Verdict::Declared(_) | Verdict::Unjudged => say(&finding),
        Verdict::Holds if law == Law::AnyWorkers => {
            suite.caps.declared_limit().iter().for_each(|limit| say(&format!("  - {law:<16} asked of {limit}")));
        }
        Verdict::Holds => {}
    }
}

/// Short enough to be typed again. Each [`RandomState`] has keys of its own.
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
