//! The backend in front of the one that counts. It runs only what the journal lacks, and records the results.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use primelanes_core::{Backend, Control, Crew, Error, JobSpec, Kernel, Monoid, Recorder, Wire};

use super::contents::{Journal, Segment, Step};
use super::writer::Writer;
use super::{bad_journal, format};
use crate::Ledger;

/// The shortest and the longest time between two writes. In between, it is a quarter of the time that the count has been
/// running, so that little of a short count is lost too. Results arrive from each worker about every half second, so a kill
/// also loses what a worker did in the last half second before a write, and what arrived just too early for the next write.
/// Together, that is less than five seconds.
const FIRST_INTERVAL: Duration = Duration::from_millis(250);
const LAST_INTERVAL: Duration = Duration::from_millis(3500);

/// A count with its journal.
pub(super) struct Session<'a> {
    path: &'a Path,
    journal: Mutex<Journal>,
    pub(super) writer: Writer<'a>,
    begun: Instant,
    worked_before: Duration,
    /// When the journal was last submitted.
    submitted: Mutex<Instant>,
}

impl<'a> Session<'a> {
    pub(super) fn new(path: &'a Path, journal: Journal, writer: Writer<'a>) -> Self {
        let (begun, worked_before) = (Instant::now(), journal.worked());
        Self { path, journal: Mutex::new(journal), writer, begun, worked_before, submitted: Mutex::new(begun) }
    }

    /// Writes the journal on this thread.
    pub(super) fn write_now(&self) {
        // A journal can always be encoded, since its results were encoded before.
        let bytes = self.encode().expect("a journal can be encoded");
        self.writer.write(&bytes);
    }

    /// Writes the journal for the last time, with the result if there is one.
    pub(super) fn end(&self, count: Option<u128>) {
        if let Some(count) = count {
            self.journal().set_count(count);
        }
        self.write_now();
    }

    /// Returns what is recorded of a fold.
    fn recorded(&self, spec: &JobSpec, tiles: &Range<u64>) -> Vec<Segment> {
        let journal = self.journal();
        let step = journal.steps.iter().find(|step| step.spec == *spec && step.tiles == *tiles);
        step.map(|step| step.segments.clone()).unwrap_or_default()
    }

    /// Records all of a fold.
    fn put(&self, step: Step) {
        let mut journal = self.journal();
        let place = journal.steps.iter().position(|other| other.spec == step.spec && other.tiles == step.tiles);
        match place {
            Some(place) => journal.steps[place] = step,
            None => journal.steps.push(step),
        }
    }

    /// Has the journal written with this step, if a write is due and no other worker is doing that.
    fn submit_if_due(&self, step: impl FnOnce() -> Result<Step, Error>) -> Result<(), Error> {
        let Ok(mut submitted) = self.submitted.try_lock() else { return Ok(()) };
        let interval = (self.begun.elapsed() / 4).clamp(FIRST_INTERVAL, LAST_INTERVAL);
        if submitted.elapsed() >= interval {
            *submitted = Instant::now();
            self.put(step()?);
            self.writer.submit(self.encode()?);
        }
        Ok(())
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut journal = self.journal();
        journal.set_worked(self.worked_before + self.begun.elapsed());
        format::encode(&journal)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Folds on another backend what the journal lacks.
pub(super) struct Recording<'a, B> {
    backend: &'a B,
    session: &'a Session<'a>,
}

impl<'a, B: Backend> Recording<'a, B> {
    pub(super) const fn new(backend: &'a B, session: &'a Session<'a>) -> Self {
        Self { backend, session }
    }
}

impl<B: Backend> Backend for Recording<'_, B> {
    fn label(&self) -> &str {
        self.backend.label()
    }

    fn workers(&self) -> NonZeroUsize {
        self.backend.workers()
    }

    fn crew(&self) -> Crew {
        self.backend.crew()
    }

    fn fold_run<K: Kernel>(&self, kernel: &K, tiles: Range<u64>, control: &Control<'_>) -> Result<K::Partial, Error> {
        let Some(spec) = kernel.spec() else { return self.backend.fold_run(kernel, tiles, control) };
        let step = Fold {
            session: self.session,
            ledger: Ledger::new(tiles.clone(), NonZeroUsize::MIN, 1),
            empty: Step { spec, phase: kernel.phase().to_owned(), tiles, segments: Vec::new() },
        };
        step.resume()?;
        let folded = step.fold_gaps(self.backend, kernel, control);
        // What was done before a failure is kept too.
        self.session.put(step.so_far()?);
        folded?;
        step.ledger.whole()
    }

    fn time_elsewhere(&self) -> Duration {
        self.backend.time_elsewhere()
    }
}

/// A fold of the count: all that is recorded of it, from earlier processes and from this one.
pub(super) struct Fold<'a, P> {
    session: &'a Session<'a>,
    ledger: Ledger<P>,
    /// The step without its segments, which are in the ledger.
    empty: Step,
}

impl<P: Monoid + Wire + Send> Fold<'_, P> {
    /// Takes over what the journal holds.
    fn resume(&self) -> Result<(), Error> {
        let recorded = self.session.recorded(&self.empty.spec, &self.empty.tiles);
        let deposit = |Segment { run, partial }| self.ledger.deposit(run, P::decode(&partial)?);
        recorded.into_iter().try_for_each(deposit).map_err(|fault| bad_journal(self.session.path, fault))
    }

    /// Runs the tiles between the segments.
    fn fold_gaps<K: Kernel<Partial = P>>(
        &self,
        backend: &impl Backend,
        kernel: &K,
        control: &Control<'_>,
    ) -> Result<(), Error> {
        let all = length(&self.empty.tiles).max(1) as f64;
        let mut gaps = self.gaps();
        if gaps.is_empty() {
            return control.report_step(kernel.phase());
        }
        while let Some(gap) = gaps.first().cloned() {
            let missing: u64 = gaps.iter().map(length).sum();
            let [from, to] = [missing, missing - length(&gap)].map(|missing| 1.0 - missing as f64 / all);
            let folded = backend.fold_run(kernel, gap.clone(), &control.part(from, to).record(self))?;
            gaps = self.gaps();
            // A backend that passes nothing to the recorder is recorded here.
            if gaps.contains(&gap) {
                self.ledger.deposit(gap, folded)?;
                gaps.remove(0);
            }
        }
        Ok(())
    }

    /// Returns the runs of tiles that are not recorded, in order.
    fn gaps(&self) -> Vec<Range<u64>> {
        let tiles = &self.empty.tiles;
        let runs = self.ledger.segments(|_| ());
        let starts = [tiles.start].into_iter().chain(runs.iter().map(|(run, ())| run.end));
        let ends = runs.iter().map(|(run, ())| run.start).chain([tiles.end]);
        starts.zip(ends).map(|(start, end)| start..end).filter(|gap| !gap.is_empty()).collect()
    }

    fn so_far(&self) -> Result<Step, Error> {
        let encoded = self.ledger.segments(Wire::encode);
        let segments = encoded.into_iter().map(|(run, partial)| Ok(Segment { run, partial: partial? }));
        Ok(Step { segments: segments.collect::<Result<_, Error>>()?, ..self.empty.clone() })
    }
}

impl<P: Monoid + Wire + Send> Recorder for Fold<'_, P> {
    fn record(&self, run: Range<u64>, partial: &[u8]) -> Result<(), Error> {
        self.ledger.deposit(run, P::decode(partial)?)?;
        self.session.submit_if_due(|| self.so_far())
    }
}

const fn length(run: &Range<u64>) -> u64 {
    run.end - run.start
}
