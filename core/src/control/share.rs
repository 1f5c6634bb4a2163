//! The progress of a count that needs several folds.

use crate::{Control, Progress};

/// A part of a count that needs several folds, in millionths of the count.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) from: u64,
    to: u64,
    /// Whether `from` has been reported, as the beginning of the count or the end of the share before.
    pub(super) is_continued: bool,
}

impl Share {
    const WHOLE: Self = Self { from: 0, to: 1_000_000, is_continued: false };

    fn at(&self, fraction: f64) -> u64 {
        self.from + ((self.to - self.from) as f64 * fraction) as u64
    }

    /// Returns the progress of the count when `done` of the `total` tiles of this share's fold are finished.
    pub(super) fn progress(&self, phase: &'static str, done: u64, total: u64) -> Progress {
        let fraction = if total == 0 { 1.0 } else { done as f64 / total as f64 };
        Progress::new(phase, self.at(fraction), Self::WHOLE.to)
    }
}

impl Control<'_> {
    /// Returns the control for a step from one fraction of this control's progress to another. The steps must be taken in
    /// order, and each must begin where the last one ended.
    #[must_use]
    pub fn part(&self, from: f64, to: f64) -> Self {
        let whole = self.share.unwrap_or(Share::WHOLE);
        let end = if to < 1.0 { whole.at(to) } else { whole.to };
        let share = Share { from: whole.at(from), to: end, is_continued: whole.is_continued || from > 0.0 };
        Self { share: Some(share), ..*self }
    }

    /// Returns a control for each step of a count, in order. Each step is a fold, or is split in turn. Together, their
    /// reports grow once from nothing to the whole, and a step moves them on in proportion to its weight.
    pub(crate) fn split<const STEPS: usize>(&self, weights: [f64; STEPS]) -> [Self; STEPS] {
        let whole = self.share.unwrap_or(Share::WHOLE);
        let sum: f64 = weights.iter().sum();
        let (mut before, mut begun) = (0.0, whole.from);
        let mut is_continued = whole.is_continued;
        weights.map(|weight| {
            before += weight;
            // If no step has any weight, the first step is all of it.
            let end = if sum > 0.0 { whole.at(before / sum) } else { whole.to };
            let share = Share { from: begun, to: end, is_continued };
            (begun, is_continued) = (end, true);
            Self { share: Some(share), ..*self }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Mutex;
    use std::thread;

    use super::*;
    use crate::control::watch::REPORT_INTERVAL;
    use crate::probe::Probe;

    /// Returns what an observer receives if each step of this weight is a fold over this many tiles.
    fn told_of_steps<const STEPS: usize>(steps: [(f64, u64); STEPS]) -> Vec<u64> {
        let told = Mutex::new(Vec::new());
        let observer = |progress: Progress| {
            assert_eq!((progress.phase, progress.total), ("probe", 1_000_000));
            told.lock().unwrap().push(progress.done);
            ControlFlow::Continue(())
        };
        let control = Control::new().progress(&observer);
        for (control, (_, tiles)) in control.split(steps.map(|(weight, _)| weight)).into_iter().zip(steps) {
            control.watch(&Probe::new(tiles), &(0..tiles)).finish().unwrap();
        }
        told.into_inner().unwrap()
    }

    #[test]
    fn the_steps_of_a_count_are_reported_as_one() {
        assert_eq!(told_of_steps([(1.0, 7), (2.0, 9), (1.0, 3)]), [0, 250_000, 750_000, 1_000_000]);
        assert_eq!(told_of_steps([(0.0, 7), (0.3, 9), (0.0, 3)]), [0, 1_000_000]);
        assert_eq!(told_of_steps([(0.0, 7), (0.0, 9)]), [0, 1_000_000]);
        // A fold without tiles is complete at once.
        assert_eq!(told_of_steps([(1.0, 0), (1.0, 0)]), [500_000, 1_000_000]);
        // Sums that are not exact end at the whole too.
        assert_eq!(told_of_steps([(0.1, 1); 10]).last(), Some(&1_000_000));
    }

    #[test]
    fn a_step_can_be_split_in_turn() {
        let told = Mutex::new(Vec::new());
        let observer = |progress: Progress| {
            told.lock().unwrap().push(progress.done);
            ControlFlow::Continue(())
        };
        let [first, second] = Control::new().progress(&observer).split([1.0, 1.0]);
        for control in first.split([1.0, 4.0]).into_iter().chain(second.split([1.0, 1.0])) {
            control.report_step("step").unwrap();
        }
        assert_eq!(told.into_inner().unwrap(), [0, 100_000, 500_000, 750_000, 1_000_000]);
    }

    #[test]
    fn finished_tiles_of_a_step_are_reported_after_a_while() {
        let told = Mutex::new(Vec::new());
        let observer = |progress: Progress| {
            told.lock().unwrap().push(progress.done);
            ControlFlow::Continue(())
        };
        let [_, second] = Control::new().progress(&observer).split([1.0, 1.0]);
        let watch = second.watch(&Probe::new(4), &(0..4));
        thread::sleep(REPORT_INTERVAL);
        watch.advance(1);
        watch.report();
        watch.advance(1);
        watch.report();
        watch.finish().unwrap();
        assert_eq!(told.into_inner().unwrap(), [625_000, 1_000_000]);
    }
}
