//! Who asked for the lock, and what came of it.

use std::fmt::Write;

use primelanes_backends::global_lock::trace::{Entry, Recording, Request, What};

use super::BOX_HEIGHT;
use super::element::{Px, Svg};
use super::scale::{Length, Scale};

/// In pixels: the radius of a mark. It stands before its time, in the wait, so that it hides nothing of what follows.
pub(super) const MARK: f64 = 2.6;

/// More in a panel, and nobody can tell which arrow leads where.
const MOST_MARKS: usize = 160;

/// In pixels: how far above the boxes an arrow rises, and how far into the box of the answer it lands. An answer that
/// comes at once would have no arrow to be seen.
const RISE: f64 = 11.0;
const LANDING: f64 = 3.5;

/// Draws the requests of a recording, or none of them if they are too many, and returns how many were not drawn; `top`
/// gives the top of a thread's boxes.
pub(super) fn draw(svg: &mut Svg, scale: &Scale, recording: &Recording, top: &dyn Fn(usize) -> f64) -> usize {
    let refrained = recording.entries.iter().filter(|entry| entry.what == What::Refrains && scale.shows(entry.at));
    let mut requests = recording.requests();
    requests.retain(|request| scale.shows(request.at));
    let marks = requests.len() + refrained.clone().count();
    if marks > MOST_MARKS {
        return marks;
    }
    let mark = |at, thread| ((scale.x(at) - MARK).max(scale.pixels().start), top(thread) + f64::from(BOX_HEIGHT) / 2.0);
    for &Entry { at, thread, .. } in refrained {
        let tip = format!("{} does not ask, {}", recording.threads[thread], Length(at));
        svg.circle("refrained", mark(at, thread), MARK, Some(&tip));
    }
    for Request { at, by, answer } in requests {
        let mut tip = format!("{} asks, {}", recording.threads[by], Length(at));
        if let Some((answered, taker)) = answer {
            let to = (scale.x(answered).min(scale.pixels().end), top(taker));
            svg.path("arrow", &curve(mark(at, by), to, by == taker), None);
            let (taker, later) = (&recording.threads[taker], Length(answered.saturating_sub(at)));
            write!(tip, "; {taker} takes the lock {later} later").expect("a string takes it");
        }
        svg.circle("request", mark(at, by), MARK, Some(&tip));
    }
    0
}

/// From a mark to the box that begins at `to`, given by its upper corner: an arc over the row, or an S from row to row.
fn curve(mark: (f64, f64), to: (f64, f64), same_row: bool) -> String {
    let height = f64::from(BOX_HEIGHT);
    let points = if same_row {
        let (above, landing) = (to.1 - RISE, to.0 + LANDING);
        [mark, (mark.0, above), (landing, above), (landing, to.1 + 2.0)]
    } else {
        let end = if to.1 > mark.1 { to.1 } else { to.1 + height };
        let bend = 0.6 * (end - mark.1);
        [mark, (mark.0, mark.1 + bend), (to.0, end - bend), (to.0, end)]
    };
    let [start, first, second, end] = points.map(|(x, y)| format!("{} {}", Px(x), Px(y)));
    format!("M{start}C{first} {second} {end}")
}
